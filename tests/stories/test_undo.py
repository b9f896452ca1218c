"""撤销: what the desk has just done is taken back, and whoever was told of it reads a correction."""

from sqlalchemy import select
from tests.office import Office
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed

from wangge.storage import ledger
from wangge.storage.database import Transaction

COLUMNS = (
    "state",
    "holder",
    "outcome",
    "accept_by",
    "accepted_at",
    "start_by",
    "due_at",
    "closed_at",
    "area",
)


def as_it_is(tx: Transaction) -> tuple[object, ...]:
    """Return all that undoing restores: columns, parts, links, and which clocks run."""
    records, parties, links, timers = ledger.records.c, ledger.parties.c, ledger.links.c, ledger.timers.c
    return (
        tx.execute(select(records.id, *(records[name] for name in COLUMNS)).order_by(records.id)).all(),
        tx.execute(
            select(parties.record, parties.person, parties.part).order_by(*ledger.parties.primary_key)
        ).all(),
        tx.execute(select(links.from_record, links.to_record, links.why)).all(),
        tx.execute(
            select(timers.record, timers.kind, timers.due_at).order_by(*ledger.timers.primary_key)
        ).all(),
    )


async def test_undo_a_dispatch(here: Office) -> None:
    """Who was given the event reads that it is not his after all; the next one gets it."""
    reporter, officer = await here.person(1), await here.person(45)
    await here.person(17)
    await here.person(33)
    await filed(reporter)
    before = await here.database.snapshot(as_it_is)
    await officer.taps("受理并指派 何二牛")
    await here.town.forward(minutes=10)
    await officer.taps("撤销")
    assert await here.database.snapshot(as_it_is) == before
    await officer.taps("派给别人")
    await officer.taps("袁二牛 · 包村干部")
    await matches_golden(here, "undo_dispatch")


async def test_undo_a_merge(here: Office) -> None:
    """The reporter of the merged event has his own again; who joined the other one is still told of its end."""
    reporter, other, joined = await here.person(1), await here.person(17), await here.person(33)
    officer = await here.person(45)
    await filed(reporter, "三组的路灯不亮了")
    await joined.says("东桥村三组的路灯不亮了")
    await joined.taps("上报")
    await joined.taps("1123-101 是同一件")
    await other.says("三组路灯不亮")
    await other.taps("上报")
    await other.taps("不是，照样上报")
    before = await here.database.snapshot(as_it_is)
    await officer.taps("更多")
    await officer.taps("并案")
    await officer.says("1")
    await officer.taps("撤销")
    assert await here.database.snapshot(as_it_is) == before
    await matches_golden(here, "undo_merge")


async def test_undo_a_closing(here: Office) -> None:
    """The reporter was asked whether it is solved; he reads that it is not closed yet."""
    reporter, officer, cadre = await here.person(1), await here.person(45), await here.person(17)
    await filed(reporter)
    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    await cadre.says("盖上了")
    await cadre.taps("办结")
    before = await here.database.snapshot(as_it_is)
    await officer.taps("按此结案")
    closed = await reporter.last()
    await officer.taps("撤销")
    assert await here.database.snapshot(as_it_is) == before
    await reporter.taps_again("好了", closed)
    await matches_golden(here, "undo_closing")


async def test_undo_a_rejection(here: Office) -> None:
    """不属网格 taken back: the reporter need not go elsewhere."""
    reporter, officer = await here.person(1), await here.person(45)
    await filed(reporter)
    before = await here.database.snapshot(as_it_is)
    await officer.taps("不属网格事项")
    await officer.taps("请找村委会")
    await officer.taps("撤销")
    assert await here.database.snapshot(as_it_is) == before
    await matches_golden(here, "undo_rejection")


async def test_too_late_or_not_the_last_act(here: Office) -> None:
    """After ten minutes, after another act, and by another officer nothing is taken back, and it is said why."""
    reporter, officer, second = await here.person(1), await here.person(45), await here.person(46)
    cadre = await here.person(17)
    await filed(reporter)
    await filed(reporter, "桥栏断了")
    for number in ("1123-101", "1123-102"):
        await officer.says(number)
        await officer.taps("受理并指派 何二牛")
    late = await officer.last()
    await second.says("1123-102")
    await second.forges("undo:2:2")
    await cadre.says("1123-101")
    await cadre.taps("接了")
    await officer.forges("undo:1:2")
    await here.town.forward(minutes=11)
    await officer.taps_again("撤销", late)
    await matches_golden(here, "undo_too_late")
