"""Which sentences belong to another ledger and what they fill; all others stay what they were."""

import pytest
from tests.unit.test_sentence import EAST, MONDAY, NORTH, POLICY, TABLE, TODAY, VILLAGES, WEST, YESTERDAY

from wangge.handlers.numbers import counted
from wangge.handlers.sentence import Reading, read
from wangge.records.catalogue import CATALOGUE, LEDGERS
from wangge.rules.policy import Policy


def reading(text: str, policy: Policy = POLICY, ledgers: tuple[str, ...] = LEDGERS) -> Reading:
    return read(text, today=MONDAY, policy=policy, villages=VILLAGES, ledgers=ledgers)


TOLD: list[tuple[str, str, dict[str, object]]] = [
    ("今天镇长接访3人，反映宅基地的事，已答复", "reception", {"received_on": TODAY, "visitors": "3"}),
    ("书记接访5批12人次，主要是土地流转", "reception", {"visitors": "12"}),
    ("李书记接待来访群众两名，反映低保", "reception", {"visitors": "2"}),
    (
        "昨天在东桥村讲了一场反诈，来了40人",
        "publicity",
        {"village": EAST, "held_on": YESTERDAY, "campaign": "fraud", "form": "lecture", "audience": "40"},
    ),
    ("在广场发放反诈宣传单200份", "publicity", {"place": "广场", "campaign": "fraud", "form": "other"}),
    ("挂了10条禁毒横幅", "publicity", {"campaign": "drugs", "form": "slogan"}),
    ("入户宣传反诈30户", "publicity", {"campaign": "fraud", "form": "household"}),
    (
        "给未成年人讲宪法，二十个人",
        "publicity",
        {"campaign": "constitution", "form": "lecture", "audience": "20"},
    ),
    ("领导班子学习《行政处罚法》，12人参加", "study", {"sort": "leadership", "present": "12"}),
    ("班子集中学法，应到12人实到10人", "study", {"sort": "leadership", "present": "10"}),
    ("组织网格员培训，来了32人，2个学时", "study", {"sort": "grid", "present": "32"}),
    ("给村干部培训信访条例，16人", "study", {"sort": "cadres", "present": "16"}),
    ("司法所在西桥村接待咨询5人", "legal", {"village": WEST, "sort": "advice", "people": "5"}),
    ("在北村给老百姓讲法律，来了20人", "legal", {"village": NORTH, "sort": "lecture", "people": "20"}),
    ("昨天帮老李代写起诉状", "legal", {"served_on": YESTERDAY, "sort": "writing"}),
    ("昨天听取秸秆禁烧工作汇报", "briefing", {"heard_on": YESTERDAY}),
]


@pytest.mark.parametrize(("text", "kind", "values"), TOLD)
def test_a_sentence_belongs_to_its_ledger(text: str, kind: str, values: dict[str, object]) -> None:
    found = reading(text)
    assert (found.sort, found.kind) == ("ledger", kind)
    assert found.values == values | {CATALOGUE[kind].main: text}
    others = tuple(each for each in LEDGERS if each != kind)
    assert reading(text, ledgers=()).kind == "event" and reading(text, ledgers=others).kind != kind


@pytest.mark.parametrize(
    "text",
    [
        "今天没人来接访",
        "接访室的灯坏了",
        "老张想咨询法律援助的事",
        "有人冒充司法所搞法律咨询收钱",
        "有人打着反诈宣传的名头骗老人的钱",
        "发现有人发邪教传单",
        "反诈宣传横幅被风刮掉了",
        "普法专栏的玻璃碎了",
        "村里喇叭宣传反诈的声音太吵",
        "希望来村里讲一场反诈",
        "村里从来没搞过普法",
        "学校培训班的灯坏了",
        "网格员培训了没有",
    ],
)
def test_what_only_speaks_of_it_is_an_event(text: str) -> None:
    assert reading(text).sort == "event"


@pytest.mark.parametrize(("text", "sort"), [row[:2] for row in TABLE])
def test_whoever_keeps_every_ledger_is_understood_as_before(text: str, sort: str) -> None:
    """No event, visit or danger of the table becomes anything else."""
    assert reading(text).sort == sort


def test_the_phrases_are_the_towns() -> None:
    """An older policy without them has the usual ones; a town may have none, or its own."""
    body = POLICY.model_dump(mode="json")
    ledgers = body["words"].pop("ledgers")
    assert Policy.model_validate(body).words.ledgers == POLICY.words.ledgers
    body["words"]["ledgers"] = {"study": ["念文件"]}
    own = Policy.model_validate(body)
    assert reading("网格员念文件，9人", own).kind == "study"
    assert reading("今天镇长接访3人", own).sort == "event"
    body["words"]["ledgers"] = ledgers | {"nothing": ["没有"]}
    with pytest.raises(ValueError, match=r"policy\.ledgers"):
        Policy.model_validate(body)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("三个人", 3),
        ("12", 12),
        ("十二", 12),
        ("来了40多人", 40),
        ("一百二十人", None),
        ("3个月", None),
        ("很多", None),
    ],
)
def test_how_many(text: str, count: int | None) -> None:
    assert counted(text) == count
