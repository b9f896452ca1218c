"""The desk's lists: each holds what it is for, can be narrowed, and many events of one matter become one."""

from typing import Any

from sqlalchemy import Select, select
from tests.office import Office, moment
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed

from wangge.sandbox.person import Person
from wangge.sandbox.views import MessageView
from wangge.storage.ledger import links, parties, records

LANE = (
    "东桥村三组巷子积水了，过不去",
    "东桥村三组的巷子积水，车过不去",
    "东桥村三组巷子又积水了",
    "东桥村三组那条巷子积水，老人过不去",
)


async def reported(person: Person, words: str) -> None:
    """File one event; what is near it already is another matter."""
    await filed(person, words)
    if any("不是，照样上报" in row for row in (await person.last()).labels):
        await person.taps("不是，照样上报")


async def flooded(here: Office, count: int) -> None:
    """Let as many people report one flooded lane."""
    for number in range(count):
        await reported(await here.person(number % 16 + 1), f"{LANE[number % len(LANE)]}，{number + 1}号门口")


async def board_of(officer: Person) -> MessageView:
    """Show the board and return it."""
    await officer.says("值班台")
    return await officer.last()


async def now(officer: Person, shown: MessageView) -> MessageView:
    """Return a message as it is shown now."""
    return next(each for each in await officer.screen() if each.message_id == shown.message_id)


async def states(here: Office) -> list[tuple[str, str, str | None]]:
    """Return (number, state, outcome) of each event."""
    query = select(records.c.number, records.c.state, records.c.outcome).order_by(records.c.id)
    return await here.database.snapshot(lambda tx: [tuple(row) for row in tx.execute(query)])


async def count(here: Office, query: Select[Any]) -> int:
    """Return how many rows a query finds."""
    return await here.database.snapshot(lambda tx: len(tx.execute(query).all()))


async def test_every_list_holds_what_it_is_for(here: Office) -> None:
    """挂账 and 已报县级, 督办, the sample of 自办即结, and what the officer has had in hand himself."""
    officer, leader, cadre = await here.person(45), await here.person(41), await here.person(17)
    board = await board_of(officer)
    await filed(await here.person(1), "三组的井盖丢了")
    await officer.taps("受理并指派 何二牛")
    await filed(await here.person(2), "渠边的树倒了")
    await officer.says("1123-102")
    await officer.taps("上报县级")
    await officer.taps("要县里部门出面")
    await filed(await here.person(3), "桥栏断了")
    await officer.taps("受理并指派 马建军")
    await officer.says("1123-103")
    await officer.taps("申请挂账")
    await officer.taps("要等天气")
    await officer.says("12月1日")
    await leader.taps("同意挂账")
    await filed(await here.person(4), "两家为浇地吵起来，已经劝开了")
    await leader.says("1123-101")
    await leader.taps("批示")
    await leader.says("当天盖上")
    shown = (await now(officer, board)).words
    assert "待受理 0 · 在办 1 · 将到期 0 · 超期 0 · 待核查 1\n挂账和已报县级 2 · 督办 1" in shown
    for button in ("挂账和已报县级 2", "督办 1", "待核查 1", "我经手的"):
        await officer.taps(button, on=board)
        await officer.taps("‹ 值班台", on=board)
    await cadre.taps("收到")
    await matches_golden(here, "lists")


async def test_unconfirmed_orders_come_first(here: Office) -> None:
    """The order that nobody has confirmed stands before one that is older and confirmed."""
    officer, leader = await here.person(45), await here.person(41)
    handlers = {1: await here.person(17), 2: await here.person(18)}
    for number, name in ((1, "何二牛"), (2, "郭春花")):
        await filed(await here.person(number), "三组的井盖丢了")
        await officer.taps(f"受理并指派 {name}")
        await leader.says(f"1123-10{number}")
        await leader.taps("批示")
        await leader.says("当天盖上")
    await handlers[1].taps("收到")
    board = await board_of(officer)
    await officer.taps("督办 2", on=board)
    rows = [row[0] for row in (await now(officer, board)).labels]
    assert [row[:8] for row in rows[:2]] == ["1123-102", "1123-101"]


async def test_the_sample_is_checked_from_its_card(here: Office) -> None:
    """A self-handled event drawn by lot is closed without a word to its reporter, or done again."""
    officer, reporter = await here.person(45), await here.person(1)
    for words in ("两家为浇地吵起来，已经劝开了", "两家为占路吵起来，已经劝开了"):
        await filed(reporter, words)
    board = await board_of(officer)
    await officer.taps("待核查 2", on=board)
    before = len(await reporter.screen())
    for number, button in (("1123-101", "按此结案"), ("1123-102", "重办")):
        await officer.says(number)
        assert "抽查" in (await officer.last()).words
        await officer.taps(button, on=await officer.last())
    assert len(await reporter.screen()) == before
    await officer.taps("又出现了")
    assert "又在办了" in (await reporter.last()).words
    assert [state for _, state, _ in await states(here)] == ["closed", "reopened"]
    assert "待核查 0" in (await board_of(officer)).words


async def test_a_long_list_is_narrowed(here: Office) -> None:
    """按村 and 按类别 count only what occurs; both together, and back to all of it."""
    officer = await here.person(45)
    board = await board_of(officer)
    await filed(await here.person(1), "路塌了一截")
    for number in range(1, 10):
        await filed(await here.person(number), "垃圾没人拉")
    await officer.taps("待受理 10", on=board)
    await officer.taps("按村", on=board)
    await officer.taps("东桥村 2", on=board)
    await officer.taps("按类别", on=board)
    await officer.taps("道路交通 1", on=board)
    await officer.taps("全部", on=board)
    await officer.taps("按类别", on=board)
    await officer.taps("人居环境 9", on=board)
    await officer.taps("下一页 ›", on=board)
    await officer.taps("‹ 上一页", on=board)
    await officer.taps("全部受理 8件", on=board)
    await matches_golden(here, "narrowed")
    accepted = [number for number, state, _ in await states(here) if state == "accepted"]
    assert len(accepted) == 8 and "1123-101" not in accepted


async def test_four_events_become_one_and_four_again(here: Office) -> None:
    """One tap merges them into the oldest, one takes it back; every reporter reads both."""
    officer = await here.person(45)
    await flooded(here, 4)
    before = await states(here)
    board = await board_of(officer)
    await officer.taps("待受理 4", on=board)
    await officer.taps("4件都是“东桥村三组巷子积水了，过”？", on=board)
    await officer.taps("合并为一件")
    await officer.taps("撤销合并")
    await matches_golden(here, "group")
    assert await states(here) == before


async def test_thirty_events_about_one_flooded_lane(here: Office) -> None:
    """合并为一件 leaves one event with thirty reports; who reported is told once an event; undo restores all."""
    officer = await here.person(45)
    await flooded(here, 30)
    before = await states(here)
    board = await board_of(officer)
    await officer.taps("待受理 30", on=board)
    group = next(row[0] for row in (await now(officer, board)).labels if row[0].startswith("30件都是"))
    await officer.taps(group, on=board)
    shown = (await officer.last()).words
    assert shown.count("积水") == 30 and "1123-130" in shown and "林巧云" in shown
    here_before = {number: len(await (await here.person(number)).screen()) for number in range(1, 17)}
    await officer.taps("合并为一件")
    merged = await states(here)
    assert [state for _, state, _ in merged].count("duplicate") == 29
    assert merged[0] == before[0], "the oldest leads"
    assert "29件并到 1123-101" in (await officer.last()).words
    for number in range(1, 17):
        person = await here.person(number)
        ended = 1 if number in {1, 15, 16} else 2
        news = (await person.screen())[here_before[number] :]
        assert [each.words.count("并到 1123-101") for each in news] == [1] * ended, number
    reporters = select(parties.c.person).where(parties.c.part == "reporter")
    assert await count(here, reporters) == 16
    await officer.says("1123-101")
    await officer.taps("受理并指派 何二牛")
    await here.town.forward(minutes=9)
    await officer.taps("撤销合并")
    after = await states(here)
    assert after[1:] == before[1:] and after[0][1] == "assigned"
    assert await count(here, reporters) == 0 and await count(here, select(links.c.why)) == 0
    corrected = [each.words for each in await (await here.person(16)).screen() if "更正" in each.words]
    assert corrected == ["更正：1123-116 的“并案”撤销了，现在是已上报。"]


async def test_a_merge_of_many_is_taken_back_only_for_some_minutes(here: Office) -> None:
    """Later, or by another officer, nothing moves."""
    officer, other = await here.person(45), await here.person(46)
    await flooded(here, 3)
    board = await board_of(officer)
    await officer.taps("待受理 3", on=board)
    await officer.taps((await now(officer, board)).labels[0][0], on=board)
    await officer.taps("合并为一件")
    shown = await officer.last()
    merged = await states(here)
    payload = next(each.data for row in shown.buttons for each in row if each.text == "撤销合并")
    await other.forges(payload or "", on=await board_of(other))
    assert "能撤销的时间" in [toast.text for toast in await other.toasts()][-1]
    await here.town.forward(minutes=11)
    await officer.taps_again("撤销合并", on=shown)
    assert "能撤销的时间" in [toast.text for toast in await officer.toasts()][-1]
    assert await states(here) == merged


async def test_not_the_same_is_not_asked_again(here: Office) -> None:
    """不是一件 is remembered for these events; with one more it is another question."""
    officer = await here.person(45)
    await flooded(here, 3)
    board = await board_of(officer)
    await officer.taps("待受理 3", on=board)
    await officer.taps((await now(officer, board)).labels[0][0], on=board)
    await officer.taps("不是一件")
    await officer.taps("‹ 值班台", on=board)
    await officer.taps("待受理 3", on=board)
    assert not any("件都是" in row[0] for row in (await now(officer, board)).labels)
    await reported(await here.person(4), LANE[3])
    await officer.taps("‹ 值班台", on=board)
    await officer.taps("待受理 4", on=board)
    assert (await now(officer, board)).labels[0][0].startswith("4件都是")
    await officer.taps("全部受理 4件", on=board)
    await officer.taps("在办 4", on=board)
    assert (await now(officer, board)).labels[0][0].startswith("4件都是")


async def test_a_group_that_has_changed_is_looked_at_again(here: Office) -> None:
    """What was not shown is never merged."""
    officer = await here.person(45)
    await flooded(here, 2)
    board = await board_of(officer)
    await officer.taps("待受理 2", on=board)
    await officer.taps((await now(officer, board)).labels[0][0], on=board)
    shown = await officer.last()
    await reported(await here.person(3), LANE[2])
    before = await states(here)
    await officer.taps_again("合并为一件", on=shown)
    assert "刚有变化" in [toast.text for toast in await officer.toasts()][-1]
    assert await states(here) == before


async def test_who_joined_a_leading_event_stays_when_a_merge_is_undone(here: Office) -> None:
    """Only those who came with the merge leave with it."""
    officer, joined = await here.person(45), await here.person(2)
    await filed(await here.person(1), LANE[0])
    await filed(joined, LANE[1])
    await joined.taps("1123-101 是同一件")
    await reported(joined, f"{LANE[2]}，又涨了")
    await officer.says("1123-102")
    await officer.taps("并案")
    await officer.taps(next(row[0] for row in (await officer.last()).labels if "1123-101" in row[0]))
    await officer.taps("撤销")
    reporters = select(parties.c.person).where(parties.c.part == "reporter")
    assert await count(here, reporters) == 1


async def test_at_night_reporters_of_a_merged_event_sleep(here: Office) -> None:
    """The news of a merge is unasked: it waits for the morning."""
    officer, reporter = await here.person(45), await here.person(2)
    await here.town.clock_to(moment("2026-11-23 22:00"))
    await flooded(here, 2)
    board = await board_of(officer)
    await officer.taps("待受理 2", on=board)
    await officer.taps((await now(officer, board)).labels[0][0], on=board)
    before = len(await reporter.screen())
    await officer.taps("合并为一件")
    assert len(await reporter.screen()) == before
    await here.town.clock_to(moment("2026-11-24 08:31"))
    assert "并到 1123-101" in (await reporter.last()).words
