"""The table of a kind's records: whatever has become of them, for whoever reads it, page by page."""

import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Any

import pytest
from tests.exports import table_of
from tests.storage.rows import DAY, MINUTE, NOW, TODAY, VILLAGE, add_people, digits, entry, new_event, post

from wangge.records.event import Event
from wangge.records.values import Role
from wangge.records.visit import Visit
from wangge.reports import export
from wangge.reports.export import Order
from wangge.rules.policy import Policy
from wangge.rules.rights import Person, Post
from wangge.storage import exporting, records
from wangge.storage.database import Database, Transaction

TOWN, OTHER = VILLAGE[:9], "990101001202"
POLICY = Policy.model_validate(
    tomllib.loads(resources.files("wangge.rules").joinpath("town.toml").read_text())
)
NAMES = {VILLAGE: "东桥村", OTHER: "西桥村", TOWN: "清河镇"}
WHAT = {"what": "灯不亮了，找13812345678", "village": VILLAGE, "happened_on": f"{TODAY}", "on_behalf": "张三"}
WORDS = ("内容", "地点", "办理情况")
draw = digits()


def name_of(klass: str) -> str:
    category = POLICY.category(klass)
    assert category
    return category.name


def worker(tx: Transaction) -> int:
    return add_people(tx, entry("1", "李二牛", post("grid_worker")))[0]


def add(tx: Transaction, author: int, origin: str, **rest: Any) -> records.Stored:
    fit: dict[str, Any] = {"values": WHAT, "klass": "R", **rest}
    return records.save(tx, new_event(author, origin, **fit), draw, TODAY)[0]


def visit(tx: Transaction, author: int, day: date, **rest: Any) -> records.Stored:
    values = {
        "village": VILLAGE,
        "households": ["张三家", "欧阳修家"],
        "content": "都好",
        "seen_on": f"{day}",
    }
    fit: dict[str, Any] = {"kind": "visit", "klass": "", "urgency": None, "state": "filed", "quantity": 2}
    return add(tx, author, f"visit:{day}", happened_on=day, values=values, **fit, **rest)


def reader(role: Role, area: str = TOWN) -> Person:
    return Person(999, "9", "某", (Post(role, area),))


def table(tx: Transaction, kind: Any = Event, **rest: Any) -> list[dict[str, object]]:
    """Return rows as heading → cell."""
    headings, rows = table_of(tx, kind, POLICY, NAMES, **{"areas": (TOWN,), **rest})
    return [dict(zip(headings, row, strict=True)) for row in rows]


async def test_an_event_fills_the_columns_that_an_office_reads(database: Database) -> None:
    """Dates and moments are dates and moments; all that the desk has decided is there in its words."""

    def work(tx: Transaction) -> None:
        author, holder = add_people(
            tx, entry("1", "李二牛", post("grid_worker")), entry("2", "欧阳修", post("village_cadre"))
        )
        event = add(tx, author, "draft:1:0", values=WHAT | {"place": "三组", "petition": "XF-1"})
        event = records.change(
            tx, event, "assign", None, NOW, state="assigned", holder=holder, accepted_at=NOW, due_at=NOW + DAY
        )
        event = records.change(
            tx, event, "finish", holder, NOW, state="done", reason="换了灯，电话13812345678"
        )
        records.change(
            tx,
            event,
            "close",
            None,
            NOW + MINUTE,
            state="closed",
            outcome="solved",
            closed_at=NOW + MINUTE,
            upper_number="PA-7",
            reason="换了灯，电话13812345678",
        )
        (row,) = table(tx)
        assert row == {
            "编号": event.number,
            "上报时间": NOW,
            "发生日期": TODAY,
            "村": "东桥村",
            "大类": name_of("R"),
            "紧急程度": "一般",
            "内容": "灯不亮了，找138****5678",
            "地点": "三组",
            "状态": "已结案",
            "办理结果": "已解决",
            "办理情况": "换了灯，电话138****5678",
            "承办人": "欧阳*",
            "受理时间": NOW,
            "办结时限": NOW + DAY,
            "办结时间": NOW + MINUTE,
            "上级平台编号": "PA-7",
            "上报人": "李*",
        }
        (row,) = table(tx, is_masked=False)
        assert (row["承办人"], row["上报人"], row["替群众报"]) == ("欧阳修", "李二牛", "张三")
        assert row["办理情况"] == "换了灯，电话13812345678" and "13812345678" in str(row["内容"])

    await database.transaction(work)


async def test_a_visit_is_chosen_by_its_own_day(database: Database) -> None:
    """An event counts when it was submitted, a visit when it was made, however late it is entered."""

    def work(tx: Transaction) -> None:
        author, lately = worker(tx), TODAY - timedelta(days=20)
        visit(tx, author, lately)
        add(tx, author, "draft:1:0", happened_on=lately)
        days = (lately, lately + timedelta(days=3))
        assert table(tx, days=days) == []
        (row,) = table(tx, Visit, days=days)
        assert list(row) == [
            "编号",
            "走访日期",
            "村",
            "走访人",
            "户数",
            "户",
            "内容",
            "没见着",
            "诉求",
            "记录时间",
            "状态",
        ]
        assert list(row.values())[1:8] == [lately, "东桥村", "李*", 2, "张*、欧阳*", "都好", ""]
        assert table(tx, Visit, days=(TODAY, TODAY)) == []
        assert len(table(tx, days=(TODAY, TODAY))) == 1

    await database.transaction(work)


async def test_a_period_ends_with_its_last_day_in_the_town(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = worker(tx)
        edge = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)  # the town's midnight
        for number, at in enumerate((edge - MINUTE, edge)):
            add(tx, author, f"draft:{number}:0", reported_at=at)
        november = table(tx, days=(date(2026, 11, 1), date(2026, 11, 30)))
        december = table(tx, days=(date(2026, 12, 1), date(2026, 12, 31)))
        assert [row["上报时间"] for row in november] == [edge - MINUTE]
        assert [row["上报时间"] for row in december] == [edge]

    await database.transaction(work)


@pytest.mark.parametrize(
    ("role", "has_words", "has_informant", "is_hidden"),
    [
        ("desk_officer", True, True, False),
        ("town_leader", True, False, True),
        ("administrator", False, False, True),
    ],
)
async def test_who_may_not_read_something_gets_no_column_of_it(
    database: Database, role: Role, *, has_words: bool, has_informant: bool, is_hidden: bool
) -> None:
    """Words are for desk and leaders, the informant for the desk; P and O leaders are told as counts."""

    def work(tx: Transaction) -> None:
        author = worker(tx)
        for number, klass in enumerate("RPO"):
            add(tx, author, f"draft:{number}:0", klass=klass)
        order = Order(Event, (TOWN,), TODAY, TODAY, reader(role))
        found = export.begin(tx, order, POLICY, NAMES)
        assert (found.total, found.hidden) == ((1, 2) if is_hidden else (3, 0))
        rows = table(tx, reader=reader(role))
        assert {row["大类"] for row in rows} == (
            {name_of("R")} if is_hidden else {name_of("R"), name_of("P"), name_of("O")}
        )
        assert all((heading in rows[0]) is has_words for heading in WORDS)
        assert ("替群众报" in rows[0]) is has_informant
        assert ("灯不亮了" in str(rows)) is has_words
        assert ("张" in str(rows)) is has_informant

    await database.transaction(work)


async def test_whose_event_it_is_reads_it_though_its_class_is_hidden(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = worker(tx)
        event = add(tx, author, "draft:1:0", klass="P")
        leader = add_people(tx, entry("7", "某", post("area_leader", VILLAGE)))[0]
        seen_by = Person(leader, "7", "某", (Post("area_leader", VILLAGE),))
        assert table(tx, areas=(VILLAGE,), reader=seen_by) == []
        records.change(tx, event, "assign", None, NOW, state="assigned", holder=leader)
        assert len(table(tx, areas=(VILLAGE,), reader=seen_by)) == 1

    await database.transaction(work)


@pytest.mark.parametrize("role", ["area_leader", "administrator"])
async def test_households_are_the_desks_and_leaders_read_counts(database: Database, role: Role) -> None:
    def work(tx: Transaction) -> None:
        visit(tx, worker(tx), TODAY)
        (row,) = table(tx, Visit, reader=reader(role))
        assert list(row) == ["编号", "走访日期", "村", "走访人", "户数", "记录时间", "状态"]
        assert "张*、欧阳*" in table(tx, Visit, reader=reader("desk_officer"))[0].values()

    await database.transaction(work)


async def test_columns_are_chosen_by_key_and_areas_by_code(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = worker(tx)
        add(tx, author, "draft:1:0")
        elsewhere = add(tx, author, "draft:2:0", area=OTHER)
        rows = table(tx, areas=(OTHER,), only=("village", "number"))
        assert rows == [{"村": "西桥村", "编号": elsewhere.number}]
        assert table(tx, areas=()) == [] == table(tx, areas=("9901020",))
        assert table(tx, only=("number", "what"), reader=reader("administrator"))[0].keys() == {"编号"}

    await database.transaction(work)


async def test_a_table_is_read_page_by_page_as_of_one_moment(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each record once, in order, however many share a moment; what comes in meanwhile is not in it."""
    monkeypatch.setattr(export, "PAGE", 3)
    read = exporting.page
    sizes: list[int] = []

    def counted(*asked: Any) -> Any:
        found = read(*asked)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(exporting, "page", counted)

    def make(tx: Transaction) -> list[str]:
        author = worker(tx)
        return [
            add(tx, author, f"draft:{number}:0", reported_at=NOW + MINUTE * (number // 4)).number
            for number in range(8)
        ]

    def begin(tx: Transaction) -> export.Export:
        return export.begin(tx, Order(Event, (TOWN,), TODAY, TODAY), POLICY, NAMES)

    def come_in(tx: Transaction) -> None:
        add(tx, 1, "draft:99:0", reported_at=NOW + DAY / 4)

    numbers = await database.transaction(make)
    found = await database.snapshot(begin)
    rows: list[list[object]] = []
    while page := await database.snapshot(found.page):
        rows += page
        if len(rows) == 3:
            await database.transaction(come_in)
    assert [row[0] for row in rows] == numbers
    assert (found.total, found.done, sizes) == (8, 8, [3, 3, 2, 0])


async def test_pages_by_day_hold_each_record_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 2)

    def work(tx: Transaction) -> None:
        author = worker(tx)
        made: list[records.Stored] = [
            visit(tx, author, TODAY - timedelta(days=back)) for back in (1, 3, 0, 2)
        ]
        by_day: Callable[[records.Stored], date] = lambda each: each.happened_on  # noqa: E731 - a key
        assert [row["编号"] for row in table(tx, Visit)] == [each.number for each in sorted(made, key=by_day)]

    await database.transaction(work)
