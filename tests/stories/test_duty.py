"""Who is on duty, handover, leave with a substitute, and when nobody is there."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from tests.office import MONDAY_10, Office, open_office
from tests.stories.telling import matches_golden, messages

from wangge.handlers.context import Worlds, policy_json
from wangge.sandbox.person import Person
from wangge.storage import areas
from wangge.storage.database import Transaction

TUESDAY_SHIFT = MONDAY_10.replace(day=24, hour=8, minute=30)


@pytest.fixture
async def in_turns(template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """The town on a Monday at ten; 丁月娥 and 贾铁柱 take turns, and it is her day."""
    async with open_office(template, tmp_path / "data") as office:
        await office.database.transaction(take_turns)
        yield office


def take_turns(tx: Transaction) -> None:
    policy = Worlds().current(tx).policy
    desk = policy.desk.model_copy(update={"rota": ("046", "045"), "rota_from": date(2026, 11, 23)})
    areas.add_policy(tx, policy_json(policy.model_copy(update={"desk": desk})), MONDAY_10)


async def filed(reporter: Person, words: str = "村口的井盖丢了") -> None:
    """File one event by sentence and tap."""
    await reporter.says(words)
    await reporter.taps("上报")


async def came(here: Office, person: Person, since: int = 0) -> str:
    """Return what has come to a person as new messages."""
    return "\n".join(each.words for each in messages(await here.town.events(since=since, chat_id=person.id)))


async def seen(here: Office) -> int:
    """Return where the log of the town is now."""
    return (await here.town.events())[-1].seq


async def test_who_takes_over_gets_the_cards_from_then_on(in_turns: Office) -> None:
    """Cards go to whose turn it is; 我来值班 takes the day, and who had it reads so."""
    here = in_turns
    reporter, first, second = await here.person(1), await here.person(46), await here.person(45)
    await filed(reporter)
    await second.says("值班")
    await second.taps("我来值班")
    await filed(reporter, "桥头的坑越来越大")
    await first.says("值班表")
    await second.says("接班")
    await reporter.says("值班")
    await matches_golden(here, "take_over")
    await second.blocks()
    await filed(reporter, "排水渠堵了")
    assert "1123-103" in await came(here, first), "whose turn it is cannot be told anything"
    assert "1123-101" in await came(here, first) and "1123-102" not in await came(here, first)


async def test_a_day_is_changed_in_one_sentence(in_turns: Office) -> None:
    """Administrator or officer put somebody on duty; both who are concerned are told, mistakes explained."""
    here = in_turns
    clerk, first, second = await here.person(49), await here.person(46), await here.person(45)
    await clerk.says("值班 11-24 丁月娥")
    await clerk.says("值班")
    for wrong in ("值班 12-3 何二牛", "值班 12-3", "值班 过几天 丁月娥", "值班 11-20 丁月娥"):
        await clerk.says(wrong)
    await first.says("值班12-1到12-2 045")
    await second.says("值班 丁月娥")
    await second.blocks()
    await clerk.says("值班 12-3 贾铁柱")
    await matches_golden(here, "duty_by_sentence")
    before = await seen(here)
    await here.town.clock_to(TUESDAY_SHIFT + timedelta(minutes=5))
    assert not messages(await here.town.events(since=before, chat_id=first.id)), (
        "she stays and nothing is open"
    )


async def test_the_next_officer_takes_over_what_is_open(in_turns: Office) -> None:
    """At the change of shift: what waits, what was promised; confirmed with one tap, told to who had it."""
    here = in_turns
    first, second, leader = await here.person(46), await here.person(45), await here.person(41)
    reporter, cadre = await here.person(1), await here.person(17)
    await filed(reporter)
    await first.taps("退回补充")
    await first.taps("地点说清楚些")
    for words in ("桥头的坑越来越大", "排水渠堵了", "村委会门口的路灯坏了"):
        await filed(reporter, words)
        await first.taps("受理并指派 何二牛")
    await leader.says("1123-102")
    await leader.taps("督办")
    await leader.says("说清原因，12-3前回复")
    await cadre.says("1123-103")
    await cadre.taps("申请延期")
    await cadre.says("材料没到，12-10能办完")
    await leader.taps("同意延期")
    await cadre.says("1123-104")
    await first.says("1123-104")
    await first.taps("申请挂账")
    await first.says("等灯具到货，12-8再看")
    await leader.taps("同意挂账")
    await filed(reporter, "西头的树倒了半截")
    await reporter.says("老张家着火了，快来人")
    before = await seen(here)
    await here.town.clock_to(TUESDAY_SHIFT)
    brief = await second.last()
    await second.taps("我接班")
    await second.taps_again("我接班", brief)
    await filed(reporter, "垃圾没人拉")
    await matches_golden(here, "handover", since=before)
    await here.town.clock_to(TUESDAY_SHIFT + timedelta(days=1))
    await second.taps_again("我接班", brief)
    assert "这个按钮过时了" in (await second.toasts())[-1].text
    assert "1124-101" not in await came(here, first)


async def test_without_a_rota_a_quiet_shift_is_silent(here: Office) -> None:
    """The same officer and nothing open: no message at 08:30; something open: a brief without 我接班."""
    officer, reporter = await here.person(45), await here.person(1)
    await here.town.clock_to(TUESDAY_SHIFT)
    assert await came(here, officer) == ""
    await filed(reporter)
    await here.town.clock_to(TUESDAY_SHIFT + timedelta(days=1))
    brief = await officer.last()
    assert "还是您值班" in brief.words and "等受理1件：1124-101" in brief.words
    assert brief.labels == [["值班台"]]


async def test_leave_with_a_substitute(here: Office) -> None:
    """Who stands in is told and gets what the other would get; it can be changed and taken back."""
    cadre, other, officer = await here.person(17), await here.person(33), await here.person(45)
    reporter, stranger = await here.person(1), await here.person(18)
    await cadre.says("请假 今天到后天 由不认识来代")
    await cadre.says(f"请假 今天到后天 由{here.names[18]}代")
    await cadre.says(f"请假今天到后天由{here.names[33]}代")
    await other.says(f"请假 明天 由{here.names[17]}代")
    await other.says("请假 明天")
    await filed(reporter)
    assert [f"受理并指派 {here.names[33]}"] in (await officer.last()).labels
    await cadre.says(f"请假 明天 由{here.names[1]}代")
    await cadre.says("销假")
    await cadre.says("销假")
    await cadre.taps("今天")
    await stranger.says("销假")
    await matches_golden(here, "substitute")
    await other.says("销假")
    await filed(reporter, "桥头的坑越来越大")
    assert [f"受理并指派 {here.names[17]}"] in (await officer.last()).labels


async def test_the_substitute_is_offered_first_where_the_usual_one_is_away(here: Office) -> None:
    """A grid worker, last by post, comes first in the place of the village cadre; then all is as before."""
    cadre, reporter, officer = await here.person(17), await here.person(41), await here.person(45)
    await cadre.says("请假 今天 由李二牛代")
    await filed(reporter, "东桥村村口的井盖丢了")
    assert (await officer.last()).labels[0] == ["受理并指派 李二牛"]
    await cadre.says("销假")
    await filed(reporter, "东桥村桥头的坑越来越大")
    assert (await officer.last()).labels[0] == ["受理并指派 何二牛"]


async def test_the_substitute_of_the_officer_is_on_duty(in_turns: Office) -> None:
    """An officer on leave is replaced by who stands in, and cannot be put on duty."""
    here = in_turns
    reporter, first, second = await here.person(1), await here.person(46), await here.person(45)
    await first.says("请假 今天到11-25 由贾铁柱代")
    await filed(reporter)
    assert "1123-101" in await came(here, second) and "1123-101" not in await came(here, first)
    await second.taps("我接班")
    await second.says("请假 今天")
    await matches_golden(here, "officer_on_leave")
    await second.says("销假")
    await first.says("我来值班")
    assert "销假" in (await first.last()).words
    await second.says("值班 11-25 丁月娥")
    assert "丁月娥11月25日（周三）请假" in (await second.last()).words


async def test_with_nobody_on_duty_the_leader_in_charge_is_told(here: Office) -> None:
    """All officers on leave: the area's leader and the administrator are told at once, the officers not."""
    reporter, clerk = await here.person(1), await here.person(49)
    first, second, leader = await here.person(45), await here.person(46), await here.person(41)
    town_leader = await here.person(47)
    for officer in (first, second):
        await officer.says("请假 今天")
    before = await seen(here)
    await filed(reporter)
    await matches_golden(here, "nobody_on_duty", since=before)
    assert not any([await came(here, each, before) for each in (first, second, town_leader)])
    assert "值班员" in await came(here, leader, before) and "1123-101" in await came(here, clerk, before)
    for number in (41, 47, 48):
        await (await here.person(number)).blocks()
    await filed(reporter, "桥头的坑越来越大")
    assert "1123-102" in await came(here, first, before), "somebody is better than nobody"


async def test_without_an_officer_the_leader_hears_what_the_desk_would(here: Office) -> None:
    """What comes back to an empty desk goes to the leader in charge, or to who stands in for him."""
    reporter, officer, cadre = await here.person(1), await here.person(45), await here.person(17)
    leader, stand_in, other = await here.person(41), await here.person(47), await here.person(48)
    await filed(reporter)
    await officer.taps("受理并指派 何二牛")
    for number in (45, 46):
        await (await here.person(number)).says("请假 今天")
    await leader.says("请假 今天 由魏福来代")
    before = await seen(here)
    await cadre.taps("退回")
    await cadre.taps("不归我管")
    assert "1123-101" in await came(here, stand_in, before)
    assert not any([await came(here, each, before) for each in (officer, leader, other)])


async def test_at_night_the_leader_is_left_alone_unless_life_is_in_danger(here: Office) -> None:
    """What is not 特急 waits for the open hours, though nobody is on duty."""
    reporter, leader = await here.person(1), await here.person(41)
    for number in (45, 46):
        await (await here.person(number)).says("请假 今天到11-27")
    await here.town.clock_to(datetime(2026, 11, 24, 2, 0, tzinfo=MONDAY_10.tzinfo))
    before = await seen(here)
    await filed(reporter)
    assert await came(here, leader, before) == ""
    await reporter.says("老张家着火了，快来人")
    assert "请您安排人" in await came(here, leader, before)
    await here.town.clock_to(TUESDAY_SHIFT)
    assert "1124-101" in await came(here, leader, before)
