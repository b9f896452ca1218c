"""What the product must not do, and what it must: each red line with a test that can fail."""

import ast
import io
import re
import tomllib
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image
from sqlalchemy import select
from tests.exports import table_of
from tests.office import Office, open_office
from tests.stories.telling import messages

import wangge
from wangge.records.catalogue import CATALOGUE
from wangge.reports import figures
from wangge.reports.photos import clean
from wangge.rules.calendar import TOWN_ZONE, WorkCalendar, week_of
from wangge.rules.loop import LOOP
from wangge.rules.policy import Policy, Reminders
from wangge.rules.window import leaves_at
from wangge.scheduler.due import Kind, Subjects, due_at
from wangge.storage import audit, tables
from wangge.storage.database import Transaction
from wangge.texts import TEXTS, say

SUNDAY_20 = datetime(2026, 11, 1, 20, 0, tzinfo=TOWN_ZONE)
PRESSING = ("请尽快", "尽快", "逾期", "未完成", "催办", "限时", "抓紧")
FORMAL = (
    "打卡",
    "签到",
    "定位打卡",
    "排名",
    "排行",
    "倒数",
    "后五名",
    "名次",
    "积分",
    "得分",
    "评比",
    "点赞",
    "通报批评",
)
WATCHING = ("在线", "已读", "未读", "回复速度", "响应时间", "活跃", "安装率", "使用率", "轨迹")
COUNTING = ("照片数", "日均上报", "上报任务", "上报指标", "每人每天")
DEMANDING = ("必须拍照", "请拍照上传", "需上传照片", "水印", "请上传", "至少一张")
TO_ADMINISTRATORS = ("cli.", "alarm.", "policy.", "sheet.", "areas.", "roster.")


PHONE = "13812345678"


def policy_of_the_town(**reminders: bool) -> Policy:
    """Return the policy of a town that has changed nothing, but for these switches."""
    text = resources.files("wangge.rules").joinpath("town.toml").read_text(encoding="utf-8")
    written = tomllib.loads(text)
    return Policy.model_validate({**written, "reminders": {**written["reminders"], **reminders}})


def calendar_of_the_town() -> WorkCalendar:
    """Return the calendar of a town that has changed nothing."""
    return WorkCalendar.of(policy_of_the_town())


@pytest.mark.parametrize("word", [*PRESSING, *FORMAL, *WATCHING, *COUNTING, *DEMANDING])
def test_words_that_no_cadre_reads(word: str) -> None:
    """No text that people read presses, ranks, watches, counts or demands pictures."""
    found = [name for name, text in TEXTS.items() if word in text and not name.startswith(TO_ADMINISTRATORS)]
    assert found == []


def test_nobody_is_ordered_by_figures() -> None:
    """Tables of villages stand in the order of their codes: no text speaks of first or last."""
    assert not [
        name for name, text in TEXTS.items() if re.search("第[一二三四五]名|最[多少快慢差好]的", text)
    ]


def test_nothing_about_presence_is_stored() -> None:
    """No table can hold who was online, who has read what, where somebody went, or how fast he answered."""
    columns = {
        f"{table.name}.{column.name}" for table in tables.metadata.tables.values() for column in table.columns
    }
    watched = re.compile(
        r"online|last_seen|seen_at|read_at|is_read|latitude|longitude|track|score|rank|point|speed|device"
    )
    assert not [name for name in columns if watched.search(name)]


def test_no_field_demands_a_picture_or_a_position() -> None:
    """Neither photo nor video nor position is ever required; a record holds at most one position."""
    for kind in CATALOGUE.values():
        asked = [field for field in kind.asks() if kind.is_asked(field)]
        assert not {"photo", "photos", "position", "video", "phone", "id_number", "sex"} & set(asked)
        positions = [name for name, info in kind.model_fields.items() if "Position" in str(info.annotation)]
        assert len(positions) <= 1


def test_everything_can_be_changed_and_withdrawn() -> None:
    """Whoever wrote something may change it and take it back as long as nobody works on it."""
    for verb in ("amend", "withdraw"):
        assert {"reported", "returned", "self_handled"} <= {
            state for act in LOOP if act.verb == verb for state in act.states
        }
    assert say("button.amend")
    assert say("button.withdraw")


def test_any_reminder_can_be_switched_off() -> None:
    """The unit may switch off each scheduled message in its own file.

    Then only work on the data is left, of which nobody hears: the night's purge, the month's closing.
    """
    switches = [name for name, info in Reminders.model_fields.items() if info.annotation is bool]
    assert "unanswered_card" in switches  # no plan of the calendar: tests/storage/test_scheduled.py
    off = policy_of_the_town(**dict.fromkeys(switches, False))
    since, everybody = SUNDAY_20.astimezone(UTC), Subjects(("1",), ("2",))
    calendar = calendar_of_the_town()
    kinds = [
        {each.kind for each in due_at(since + timedelta(days=60), since, policy, calendar, everybody)}
        for policy in (policy_of_the_town(), off)
    ]
    assert kinds == [set(get_args(Kind)), {"purge", "month_close"}]


def test_nothing_else_is_scheduled_or_counted() -> None:
    """No plan and no figure is about use, speed or a single person; whoever adds one passes by here."""
    assert set(get_args(Kind)) == {
        *("weekly_todo", "month_end_todo", "digest", "evening_brief", "handover", "purge", "month_close"),
    }
    assert set(figures.CATALOGUE) == {
        *("reported", "valid", "valid_rate", "closed", "closed_rate", "open", "overdue", "late_closed"),
        *("limits", "met", "met_rate", "solved", "passed_on", "unsolvable", "untrue"),
        *("critical", "late_entry", "rated", "satisfied", "satisfied_rate"),
    }


def test_nobody_owes_a_number_of_events() -> None:
    """The only numbers a town can set for people are visits a month; none for events, photos or likes."""
    parts = {name: info.annotation for name, info in Policy.model_fields.items()}
    numbers = {
        f"{name}.{key}"
        for name, part in parts.items()
        for key, info in getattr(part, "model_fields", {}).items()
        if info.annotation in (int, float)
    }
    assert numbers == {"visits.per_month", "desk.sample", "reports.close_day"}, (
        "neither a share that the desk checks nor a day of the month is anybody's quota"
    )


def test_one_function_decides_when_each_message_may_leave() -> None:
    """Only one place writes messages to be sent, and it asks `leaves_at`."""
    written = [
        ast.unparse(node)
        for file in Path(wangge.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Letter", "outbox.Letter"}
    ]
    assert len(written) == 1
    assert "ready_at=leaves_at(" in written[0]


def test_a_photo_keeps_no_place_and_no_device() -> None:
    """Where, when and with what a picture was taken is removed before it is stored."""
    taken, out = Image.new("RGB", (8, 8)), io.BytesIO()
    marks = taken.getexif()
    marks[0x0110] = "some telephone"
    marks.get_ifd(0x8825)[2] = (36.0, 5.0, 0.0)
    taken.save(out, "JPEG", exif=marks)
    assert Image.open(io.BytesIO(out.getvalue())).getexif()
    assert not Image.open(io.BytesIO(clean(out.getvalue()))).getexif()


def test_no_unasked_message_leaves_outside_the_open_hours() -> None:
    """Whenever it is written, an unasked message leaves within the open hours; 特急 and answers at once."""
    calendar = calendar_of_the_town()
    for hours in range(24 * 35):
        now = SUNDAY_20 + timedelta(hours=hours, minutes=hours % 60)
        at = leaves_at(now, calendar, asked=False, urgent=False, edit_only=False, not_before=None)
        assert at >= now
        assert calendar.is_open(at)
        for how in ({"asked": True, "urgent": False}, {"asked": False, "urgent": True}):
            assert leaves_at(now, calendar, **how, edit_only=False, not_before=None) == now


async def test_a_month_of_quiet(template: Path, tmp_path: Path) -> None:
    """In five weeks nobody gets a message outside the open hours, nor two scheduled ones in a week."""
    async with open_office(template, tmp_path / "data", SUNDAY_20) as here:
        cadres = [await here.person(number) for number in (1, 17, 33, 41, 50, 51)]
        await cadres[2].says("上周五去了东桥村张家，都好")
        await cadres[2].taps("保存")
        began = (await here.town.events())[-1].seq
        for hours in range(13, 24 * 35, 13):  # comes to every hour of the day
            await here.town.clock_to(SUNDAY_20 + timedelta(hours=hours))
        calendar = calendar_of_the_town()
        for person in cadres:
            came = messages(await here.town.events(since=began, chat_id=person.id))
            moments = [datetime.fromisoformat(message.at).astimezone(TOWN_ZONE) for message in came]
            assert all(calendar.is_open(moment) for moment in moments)
            todos = [
                week_of(moment.date())[0]
                for moment, message in zip(moments, came, strict=True)
                if "请留意" in message.words
            ]
            assert len(todos) == len(set(todos)), person.name
        owing = messages(await here.town.events(since=began, chat_id=cadres[2].id))
        assert any("请留意" in message.words for message in owing)
        for number in (0, 1, 4, 5):  # they owe nothing and have nothing in hand
            assert messages(await here.town.events(since=began, chat_id=cadres[number].id)) == []


async def test_nothing_has_to_be_reported_daily(here: Office) -> None:
    """Zero reports are thanked for and never asked for."""
    worker = await here.person(1)
    await worker.says("今天没啥事，都好着哩")
    assert say("nothing") in (await worker.last()).words
    began = (await here.town.events())[-1].seq
    for _ in range(7):
        await here.town.forward(days=1)
    assert messages(await here.town.events(since=began, chat_id=worker.id)) == []


async def test_rehearsal_says_so(here: Office) -> None:
    """In the mode 演练 every greeting says not to enter real personal data."""
    for number in (1, 45, 47, 49, 50, 51):
        person = await here.person(number)
        await person.says("/start")
        assert "演练，请勿填写真实个人信息" in (await person.last()).words


async def test_whoever_is_on_leave_is_left_alone(template: Path, tmp_path: Path) -> None:
    """本周待办 does not go to people on leave, and 这周不再提醒 is kept."""
    async with open_office(template, tmp_path / "data", SUNDAY_20) as here:
        away, muted = await here.person(33), await here.person(34)
        leader, other = await here.person(47), await here.person(48)
        await away.says("请假 11-2到11-6")
        await leader.says("请假 11-2到11-6")
        await here.town.clock_to(datetime(2026, 11, 2, 9, 0, tzinfo=TOWN_ZONE))
        assert "请留意" not in (await away.last()).words
        assert "平安周报" not in (await leader.last()).words
        assert "平安周报" in (await other.last()).words
        assert "请留意" in (await muted.last()).words
        await muted.taps("这周不再提醒")
        seen = len(await muted.screen())
        await here.town.clock_to(datetime(2026, 11, 6, 18, 0, tzinfo=TOWN_ZONE))
        assert len(await muted.screen()) == seen


async def test_groups_see_nothing_of_protected_matters(here: Office) -> None:
    """Family disputes, persons at risk, cults and public mood never reach a group."""
    worker, officer, leader = await here.person(1), await here.person(45), await here.person(41)
    group = await here.town.group("东桥村群", [worker, officer, leader])
    for words in ("老张两口子闹离婚", "老李家小子犯病了", "有人发邪教传单", "几户联名要去县里上访"):
        await worker.says(words)
        await worker.taps("上报")
        await worker.says(words, chat=group)
        await officer.says("值班台", chat=group)
        await leader.says("周报", chat=group)
    assert messages(await here.town.events(chat_id=group)) == []


async def test_a_complaint_can_be_made(here: Office) -> None:
    """意见反馈 is offered in the help and arrives."""
    worker, clerk = await here.person(1), await here.person(49)
    await worker.says("帮助")
    assert "意见反馈" in (await worker.last()).words
    await worker.says("意见反馈 每天问太烦")
    assert "每天问太烦" in (await clerk.last()).words


async def test_phones_are_hidden_on_every_card_of_an_event(here: Office) -> None:
    """A mobile number in a report is masked for whoever reads the event or a workbook of it."""
    worker, officer, cadre = await here.person(1), await here.person(45), await here.person(17)
    await worker.says(f"桥头有人骗钱，号码是{PHONE}")
    await worker.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    for person in (worker, officer, cadre):
        await person.says("1123-101")
    await worker.says("我的")
    visitor = await here.person(18)
    await visitor.says(f"今天去了张家、刘家，电话{PHONE}，都好")
    await visitor.taps("保存")
    await visitor.says("我的")
    clerk = await here.person(49)
    await visitor.says(f"意见反馈 值班打不通，我的电话{PHONE}")
    chats = [(await person.screen()) for person in (worker, officer, cadre, visitor, clerk)]
    bot = [message for chat in chats for message in chat if message.from_bot]
    shown = [message.words for message in bot] + [
        label for each in bot for row in each.labels for label in row
    ]
    assert any("5678" in words for words in shown)
    assert not [words for words in shown if PHONE in words]
    rows = await here.database.snapshot(export_of_events)
    assert "138****5678" in str(rows)
    assert not {PHONE, "李二牛"} & set(re.findall(r"\d{11}|李二牛", str(rows)))


def export_of_events(tx: Transaction) -> object:
    """Return all rows of the workbook of events."""
    return table_of(tx, CATALOGUE["event"])[1]


async def test_whoever_looks_behind_a_mask_says_why_and_is_noted(here: Office) -> None:
    """A leader reads names masked; 看全部 asks for the reason first, and who, when and why is kept."""
    worker, leader = await here.person(1), await here.person(47)
    await worker.says("桥头的坑越来越大")
    await worker.taps("上报")
    await leader.says("1123-101")
    assert "李*" in (await leader.last()).words
    await leader.taps("看全部")
    assert "为什么要看" in (await leader.last()).words
    assert await here.database.snapshot(lambda tx: audit.notes_on(tx, "event:1")) == []
    await leader.taps("要督办")
    notes = await here.database.snapshot(lambda tx: audit.notes_on(tx, "event:1"))
    assert [(act, reason) for _, act, reason in notes] == [("unmask", "要督办")]


async def test_raw_messages_are_forgotten_after_72_hours(here: Office) -> None:
    """What somebody sent is kept as a message for three days after it was handled; the record stays."""
    worker = await here.person(1)
    await worker.says("桥头的坑越来越大")
    await worker.taps("上报")

    def bodies(tx: Transaction) -> list[bytes | None]:
        return list(tx.execute(select(tables.inbox.c.body)).scalars())

    await here.town.forward(days=2)
    assert all(await here.database.snapshot(bodies))
    await here.town.forward(days=2)
    assert not any(await here.database.snapshot(bodies))
    await worker.says("1123-101")
    assert "桥头的坑" in (await worker.last()).words
