"""From a tick to what lies in the outbox: claimed once, composed, said to whom it is for."""

import random
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import wangge.rules
from wangge.handlers import digest, drilldown, figures, progress, reminders
from wangge.handlers.context import Context, Outgoing, Worlds, policy_json
from wangge.handlers.message import Inbound
from wangge.records.draft import Draft
from wangge.rules.calendar import TOWN_ZONE, local_day
from wangge.rules.errors import PersonError
from wangge.rules.policy import Policy
from wangge.scheduler import tick
from wangge.storage import areas, conversations, inbox, jobs, people, records
from wangge.storage.conversations import Conversation
from wangge.storage.database import Database, Transaction, seal_of
from wangge.storage.tables import due as due_table
from wangge.storage.tables import outbox as outbox_table
from wangge.storage.tables import people as people_table
from wangge.storage.tables import posts as posts_table

RULES = Path(wangge.rules.__file__).parent / "town.toml"
POLICY = Policy.model_validate(tomllib.loads(RULES.read_text(encoding="utf-8")))
TOWN = POLICY.town.code
EAST, WEST = f"{TOWN}200", f"{TOWN}201"
MONDAY_9 = "2026-11-16 09:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOWN_ZONE).astimezone(UTC)


class Town:
    """Four people and two villages, and what is in their chats."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.worlds = Worlds()
        self.dice = random.Random(4)
        areas.add_policy(tx, policy_json(POLICY), at("2026-11-01 08:00"))
        rows = [
            (TOWN, "清河镇", "990101", "town"),
            (EAST, "东桥村", TOWN, "village"),
            (WEST, "西桥村", TOWN, "village"),
        ]
        areas.save_areas(
            tx, [dict(zip(("code", "name", "parent", "level"), row, strict=True)) for row in rows]
        )
        self.cadre = self.person("C1", "王小", "stationed_cadre", EAST)
        self.leader = self.person("L1", "李大", "town_leader", TOWN)
        self.area_leader = self.person("L2", "赵二", "area_leader", WEST)
        self.desk = self.person("D1", "孙值", "desk_officer", TOWN)
        self.admin = self.person("A1", "周管", "administrator", TOWN)

    def person(self, staff_no: str, name: str, role: str, area: str) -> int:
        seal = seal_of(self.tx)
        row = {
            "staff_no": staff_no,
            "name": seal.close(name),
            "phone": seal.close("1"),
            "phone_mark": staff_no,
        }
        made = self.tx.execute(people_table.insert().values(row).returning(people_table.c.id))
        person: int = made.scalar_one()
        self.tx.execute(posts_table.insert().values(person=person, role=role, area=area))
        people.link_account(self.tx, "telegram", staff_no, staff_no, person, at("2026-11-01 08:00"))
        return person

    def save(self, kind: str, when: str, **changes: Any) -> records.Stored:
        moment = at(when)
        values: dict[str, Any] = {
            "kind": kind, "origin": f"t:{self.dice.random()}", "author": self.cadre, "area": EAST, "klass": "R" if kind == "event" else "",
            "happened_on": local_day(moment), "reported_at": moment, "recorded_at": moment, "state": "reported" if kind == "event" else "filed",
            "urgency": "usual", "quantity": 1, "accept_by": moment + timedelta(hours=7), "policy": 1,
            "values": {"what": "路冲塌了", "village": EAST} if kind == "event"
            else {"village": EAST, "households": ["甲家", "乙家"], "content": "都好", "seen_on": f"{local_day(moment)}"},
        }  # fmt: skip
        new = records.New(**{**values, **changes})
        return records.save(self.tx, new, lambda: self.dice.randrange(10**6), local_day(moment))[0]

    def tick(self, when: str) -> int:
        """Tick, and run the jobs it asks for as the programme does."""
        decided = tick.tick_in(self.tx, self.worlds.current(self.tx), at(when))
        while job := jobs.take(self.tx, 0):
            if job.kind not in {"purge", "month_close"}:
                outgoing = self.outgoing(when)
                reminders.compose(outgoing, job.kind, job.arguments["subject"], job.arguments["period"])
                outgoing.post()
            jobs.mark_done(self.tx, job)
        return decided

    def outgoing(self, when: str) -> Outgoing:
        return Outgoing(self.tx, self.worlds.current(self.tx), at(when))

    def context(self, person: int, when: str) -> Context:
        speaker = people.by_id(self.tx, person, local_day(at(when)))
        assert speaker is not None
        message = Inbound(channel="telegram", key="1", chat=speaker.staff_no, sort="choice", sent_at=at(when))
        return Context(
            self.tx, self.worlds.current(self.tx), at(when), inbound=message, person=speaker,
            conversation=Conversation(), draw=lambda: 1, album_wait=0.0,
        )  # fmt: skip

    def said(self) -> dict[str, list[dict[str, Any]]]:
        """Return what waits for each chat, and forget it."""
        seal, found = seal_of(self.tx), dict[str, list[dict[str, Any]]]()
        rows = self.tx.execute(
            select(outbox_table).where(outbox_table.c.state == "waiting").order_by(outbox_table.c.id)
        )
        for row in rows:
            found.setdefault(row.chat, []).append({"ready_at": row.ready_at, **seal.open_json(row.body)})
        self.tx.execute(outbox_table.update().values(state="sent"))
        return found

    def asked(self, act: Callable[[Context], None], person: int, when: str) -> dict[str, Any]:
        """Return the only answer to what a person does."""
        ctx = self.context(person, when)
        act(ctx)
        (letter,) = ctx.letters
        answer: dict[str, Any] = letter.body
        return answer


def payloads(message: dict[str, Any]) -> list[str]:
    return [choice["payload"] for choice in message["choices"]]


async def in_town(database: Database, story: Callable[[Town], None]) -> None:
    await database.transaction(lambda tx: story(Town(tx)))


async def test_monday_brings_each_one_message_and_once(database: Database) -> None:
    def story(town: Town) -> None:
        town.save("visit", "2026-11-10 10:00")
        town.save("event", "2026-11-10 10:00")
        town.tick("2026-11-15 23:00")
        town.said()
        town.tick("2026-11-16 08:30")
        found = town.said()
        assert sorted(found) == ["D1", "L1", "L2"]
        assert found["D1"][0]["text"].startswith("**今天还是您值班**\n待受理 1")
        assert found["L1"][0]["text"].split("\n")[0] == "**需关注：超期1件** · 清河镇平安周报 11-09至11-15"
        assert found["L2"][0]["text"].split("\n")[0] == "**平稳** · 西桥村平安周报 11-09至11-15"
        assert "您自己这周请留意：\n西桥村 11月还差2次走访" in found["L2"][0]["text"]
        assert "您自己这周" not in found["L1"][0]["text"]
        town.tick(MONDAY_9)
        found = town.said()
        assert sorted(found) == ["C1"]  # L2 owes visits too: he has read it at the end of his digest
        (todo,) = found["C1"]
        assert todo["text"] == (
            "王小好，这周请留意：\n东桥村 11月还差1次走访（已记1次，还有11个工作日）\n"
            "走过了没记？回一句就行：昨天去了甲家，都好"
        )
        assert payloads(todo) == ["todo_visit:0:0", "progress:list.202611.0:0", "mute:todo.20261116:0"]
        assert todo["ready_at"] == at(MONDAY_9)
        for moment in (MONDAY_9, "2026-11-16 09:01", "2026-11-15 12:00", "2026-11-16 12:00"):
            assert town.tick(moment) == 0
        assert town.said() == {}

    await in_town(database, story)


@pytest.mark.parametrize("why", ["met", "leave", "muted"])
async def test_who_owes_nothing_is_away_or_wants_none_gets_none(database: Database, why: str) -> None:
    def story(town: Town) -> None:
        if why == "met":
            town.save("visit", "2026-11-10 10:00")
            town.save("visit", "2026-11-11 10:00")
        elif why == "leave":
            people.take_leave(town.tx, town.cadre, date(2026, 11, 16), date(2026, 11, 17))
        else:
            town.asked(lambda ctx: progress.mute(ctx, "todo", "20261116"), town.cadre, "2026-11-16 08:00")
        town.tick("2026-11-16 08:59")
        town.tick(MONDAY_9)
        assert "C1" not in town.said()

    await in_town(database, story)


async def test_an_event_due_this_week_is_in_the_weekly_message_in_neutral_words(database: Database) -> None:
    def story(town: Town) -> None:
        for day in (10, 11):
            town.save("visit", f"2026-11-{day} 10:00")
        record = town.save("event", "2026-11-12 10:00")
        records.change(
            town.tx, record, "assign", town.desk, at("2026-11-12 11:00"),
            state="assigned", holder=town.cadre, accepted_at=at("2026-11-12 11:00"), due_at=at("2026-11-19 11:00"),
        )  # fmt: skip
        town.tick("2026-11-16 08:59")
        town.tick(MONDAY_9)
        (todo,) = town.said()["C1"]
        assert (
            todo["text"]
            == f"王小好，这周请留意：\n手上有1件事这周到时间：{record.number}（周四 11-19 11:00）"
        )
        assert not any(word in todo["text"] for word in ("请尽快", "逾期", "未完成", "超期"))
        assert payloads(todo) == [f"open:{record.id}:0", "mute:todo.20261116:0"]

    await in_town(database, story)


async def test_the_months_end_takes_the_place_of_the_weekly_message(database: Database) -> None:
    def story(town: Town) -> None:
        town.tick("2026-11-29 12:00")
        town.tick("2026-11-30 09:00")
        found = town.said()
        assert found["C1"][0]["text"].startswith(
            "王小好，月底了，请留意：\n东桥村 11月还差2次走访（已记0次，还有1个工作日）"
        )
        assert len(found["C1"]) == 1
        town.tick("2026-12-01 09:00")
        assert "C1" not in town.said()

    await in_town(database, story)


async def test_forty_days_later_only_what_is_still_of_use_is_said(database: Database) -> None:
    def story(town: Town) -> None:
        town.tick("2026-11-09 12:00")
        town.tick("2026-12-19 12:00")
        found = town.said()
        assert [message["text"].split("\n")[0] for message in found["L1"]] == [
            "**平稳** · 清河镇平安周报 12-07至12-13"
        ]
        assert "C1" not in found  # Saturday: the week's message is over
        skipped = town.tx.execute(select(due_table.c.kind).where(due_table.c.decision == "skipped")).scalars()
        assert {
            "weekly_todo_skipped",
            "month_end_todo_skipped",
            "digest_skipped",
            "evening_brief_skipped",
        } <= set(skipped)
        town.tick("2026-11-16 09:30")  # the clock was wrong and turns back
        assert "C1" in town.said()

    await in_town(database, story)


async def test_the_evening_brief_names_what_made_no_card(database: Database) -> None:
    def story(town: Town) -> None:
        town.tick("2026-11-17 12:00")
        assert reminders.evening_brief(town.outgoing("2026-11-17 17:40")) is None
        record = town.save("event", "2026-11-17 10:00", state="self_handled")
        town.save("event", "2026-11-17 11:00")
        town.tick("2026-11-17 17:40")
        found = town.said()
        assert list(found) == ["D1"]
        assert found["D1"][0]["text"].split("\n")[2:] == ["自办即结1件：", f"{record.number} 东桥村 路冲塌了"]
        town.tick("2026-11-18 00:01")
        assert not jobs.is_decided(town.tx, "evening_brief_skipped", "desk", "20261117")
        assert found["D1"][0]["asked"] is True and payloads(found["D1"][0]) == ["board:0:0"]

    await in_town(database, story)


async def test_an_unanswered_card_is_asked_about_once_and_only_in_the_open_hours(database: Database) -> None:
    def story(town: Town) -> None:
        values = {"what": "路冲塌了", "village": EAST, "happened_on": "2026-11-17"}
        opened = at("2026-11-17 17:45")
        draft = Draft(0, town.cadre, "event", "open", values, opened, opened, channel="telegram", chat="C1")
        draft = conversations.open_draft(town.tx, draft)
        conversations.open_draft(
            town.tx,
            Draft(
                0,
                town.cadre,
                "event",
                "open",
                {},
                opened,
                opened,
                asked="what",
                channel="telegram",
                chat="C1",
            ),
        )
        town.tick("2026-11-17 17:50")
        town.tick("2026-11-17 18:30")
        assert "C1" not in town.said()
        town.tick("2026-11-18 08:30")
        (card,) = town.said()["C1"]
        assert card["text"].startswith("这件还没报：\n要上报吗？清河镇东桥村")
        assert card["slot"] == f"draft:{draft.id}" and payloads(card)[0] == f"file:{draft.id}:0"
        town.tick("2026-11-18 09:30")
        assert "C1" not in town.said()

    await in_town(database, story)


@pytest.mark.parametrize("why", ["leave", "switched off"])
async def test_an_unanswered_card_is_left_alone(database: Database, why: str) -> None:
    def story(town: Town) -> None:
        opened = at("2026-11-17 09:00")
        values = {"what": "路冲塌了", "village": EAST, "happened_on": "2026-11-17"}
        draft = Draft(0, town.cadre, "event", "open", values, opened, opened, channel="telegram", chat="C1")
        conversations.open_draft(town.tx, draft)
        if why == "leave":
            people.take_leave(town.tx, town.cadre, date(2026, 11, 17), date(2026, 11, 17))
        else:
            off = POLICY.reminders.model_copy(update={"unanswered_card": False})
            policy = POLICY.model_copy(update={"reminders": off})
            areas.add_policy(town.tx, policy_json(policy), opened)
        town.tick("2026-11-17 10:00")
        assert "C1" not in town.said()

    await in_town(database, story)


async def test_a_ringing_timer_tells_and_one_that_fails_stops_nothing(database: Database) -> None:
    def story(town: Town) -> None:
        good = town.save("event", "2026-11-17 02:00", urgency="critical")
        broken = town.save("event", "2026-11-17 02:00", urgency="critical", values={"village": EAST})
        for record in (broken, good):
            jobs.set_timer(town.tx, record.id, "answer", at("2026-11-17 02:05"))
        second = town.person("D2", "吴值", "desk_officer", TOWN)
        assert second
        town.tick("2026-11-17 02:06")
        found = town.said()
        assert any(good.number in message["text"] for message in found["C1"])
        assert any(good.number in message["text"] for message in found["D2"])
        assert not any(broken.number in message["text"] for chat in found.values() for message in chat)

    await in_town(database, story)


async def test_an_unknown_year_alarms_the_administrator_once(database: Database) -> None:
    def story(town: Town) -> None:
        town.tick("2026-11-17 12:00")
        assert "A1" not in town.said()
        town.tick("2026-12-02 12:00")
        (alarm,) = town.said()["A1"]
        assert "2027年" in alarm["text"]
        town.tick("2026-12-03 12:00")
        assert "A1" not in town.said()

    await in_town(database, story)


async def test_a_figure_opens_its_list_and_p_and_o_are_only_counted(database: Database) -> None:
    def story(town: Town) -> None:
        plain = town.save("event", "2026-11-17 10:00")
        hidden = town.save("event", "2026-11-17 11:00", klass="P")
        this_week = payloads(town.asked(digest.show, town.leader, "2026-11-18 09:00"))
        assert "figure:valid.w20261116:0" in this_week and "figure:villages.w20261116:0" in this_week
        for person, listed in ((town.leader, [plain]), (town.desk, [plain, hidden])):
            rows = town.asked(partial(opened, "valid", "w20261116.0"), person, "2026-11-18 09:00")
            assert [payload for payload in payloads(rows) if payload.startswith("open")] == [
                f"open:{each.id}:0" for each in listed
            ]
            assert rows["text"].startswith("**有效上报 2件** · 清河镇 11-16至11-18")
            assert "为什么是这个数：就是周报里的“新增”：本期上报的" in rows["text"]
            assert ("只报数" in rows["text"]) is (len(listed) == 1)
            assert "路冲塌了" not in str(rows)
        elsewhere = town.asked(partial(opened, "valid", "w20261116.0"), town.area_leader, "2026-11-18 09:00")
        assert payloads(elsewhere) == ["figures:w20261116.-.-:0"]
        table = town.asked(partial(opened, "villages", "w20261116.0"), town.leader, "2026-11-18 09:00")
        assert table["text"].split("\n")[1:] == ["东桥村 2/0/2/2", "西桥村 0/0/0/0"]

    await in_town(database, story)


async def test_a_late_report_is_marked_in_the_list(database: Database) -> None:
    def story(town: Town) -> None:
        town.save("event", "2026-11-17 10:00")
        town.save("event", "2026-11-17 11:00", happened_on=date(2026, 11, 15))
        rows = town.asked(partial(opened, "valid", "w20261116.0"), town.leader, "2026-11-18 09:00")
        labels = [each["label"] for each in rows["choices"] if each["payload"].startswith("open")]
        assert [label.endswith(" 补报") for label in labels] == [False, True]

    await in_town(database, story)


def opened(target: str, argument: str, ctx: Context) -> None:
    drilldown.on_figure(ctx, target, argument)


async def test_behind_visits_stand_masked_names(database: Database) -> None:
    def story(town: Town) -> None:
        town.save("visit", "2026-11-17 10:00")
        for person, name in ((town.leader, "王*"), (town.desk, "王小")):
            found = town.asked(partial(opened, "visits", "w20261116.0"), person, "2026-11-18 09:00")
            title, _, row = found["text"].split("\n")
            assert (title, row) == ("**11月走访：已走1次，应走4次**", f"11-17 东桥村 {name} 2户")

    await in_town(database, story)


@pytest.mark.parametrize(
    ("target", "argument"),
    [
        ("valid", ""),
        ("valid", "w20261117.0"),
        ("valid", "w20261130.0"),
        ("valid", "m202610c"),
        ("valid", "m2026٠١"),
        ("valid", "x.y"),
        ("nonsense", "w20261116.0"),
        ("valid@990101999999", "w20261116.0"),
        ("valid#P", "w20261116.0"),
        ("valid#D", "w99999999.0"),
    ],
)
async def test_a_forged_figure_is_refused(database: Database, target: str, argument: str) -> None:
    def story(town: Town) -> None:
        with pytest.raises(PersonError):
            opened(target, argument, town.context(town.leader, "2026-11-18 09:00"))
        with pytest.raises(PersonError):
            opened("valid", "w20261116.0", town.context(town.cadre, "2026-11-18 09:00"))
        with pytest.raises(PersonError):
            figures.on_panel(town.context(town.leader, "2026-11-18 09:00"), "w20261116", "990101999999.-")

    await in_town(database, story)


async def test_progress_shows_both_months_and_every_visit_with_its_reason(database: Database) -> None:
    def story(town: Town) -> None:
        first = town.save("visit", "2026-11-10 10:00")
        second = town.save("visit", "2026-11-10 15:00")
        town.save("visit", "2026-10-12 10:00")
        shown = town.asked(progress.show, town.cadre, "2026-11-18 09:00")
        assert shown["text"].split("\n") == [
            "走访进度",
            "东桥村 11月 1/2次，入户2户",
            "东桥村 10月 1/2次，入户2户",
        ]
        assert payloads(shown) == ["progress:list.202611.0:0", "progress:list.202610.0:0", "todo_visit:0:0"]
        rows = town.asked(
            lambda ctx: progress.on_choice(ctx, "list", "202611.0"), town.cadre, "2026-11-18 09:00"
        )
        assert [choice["label"] for choice in rows["choices"]] == [
            "11-10 东桥村 2户 · 算",
            "11-10 东桥村 2户 · 同村同一天只算一次",
            "‹ 走访进度",
        ]
        card = town.asked(
            lambda ctx: progress.on_choice(ctx, "visit", str(second.id)), town.cadre, "2026-11-18 09:00"
        )
        assert payloads(card) == [f"amend:{second.id}:1", f"withdraw:{second.id}:1"]
        with pytest.raises(PersonError):
            progress.on_choice(town.context(town.desk, "2026-11-18 09:00"), "visit", str(first.id))
        with pytest.raises(PersonError):
            progress.on_choice(town.context(town.cadre, "2026-11-18 09:00"), "list", "2026x")
        with pytest.raises(PersonError):
            progress.mute(town.context(town.cadre, "2026-11-18 09:00"), "everything", "20261116")

    await in_town(database, story)


async def test_the_outbox_drops_nothing_between(database: Database) -> None:
    """What the tick itself says (alarms, drafts, timers) is posted in its transaction."""

    def story(town: Town) -> None:
        town.tick("2026-12-02 12:00")
        assert inbox.is_work_left(town.tx, at("2026-12-02 14:30"))

    await in_town(database, story)


async def test_a_tick_is_one_transaction(database: Database) -> None:
    await database.transaction(lambda tx: Town(tx).tx.scalar(select(due_table.c.kind)))
    worlds = Worlds()
    assert await tick.tick(database, worlds, at("2026-11-16 08:00")) == 0
    assert await tick.tick(database, worlds, at(MONDAY_9)) == 5
    assert await tick.tick(database, worlds, at(MONDAY_9)) == 0
