"""Read one free sentence: what it is, and which fields of the draft it fills.

Pure and without memory: the same words, day, policy and villages give the same reading. The word
lists are the town's policy; only grammar is written here (negation, places, how households are named).
Two rules a change could break: where danger is in doubt it is danger, and a field that is not
clearly said stays absent, because a person corrects a gap sooner than a wrong guess.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from wangge.handlers import ledger_words
from wangge.handlers.dates import DAYS_BACK, find_days
from wangge.handlers.grammar import PLACE_UNIT, STOP, SURNAME, Values, any_of
from wangge.handlers.households import households_meant, visit
from wangge.handlers.numbers import plain
from wangge.rules.policy import Category, Policy, Words

Sort = Literal["event", "visit", "ledger", "danger", "nothing", "small_talk", "correction"]

LONGEST_GREETING = 16


# Where a new scope of negation begins, and what takes the danger out of a word that follows.
_TURN = re.compile(r"[。！!？?；;\n]|(?=可是|但是|不过|结果|谁知|又)|(?<!不是)(?=真)")
_NOT_SO = re.compile(
    "(?:(?<![家屋房院店]里)(?<![家屋])没有?|未|(?<!是)不是|并非|不会|不至于|防止?|预防|谨防|严防|以防"
    "|(?<![不没])小心|当心|宣传了?|讲了?|怕|担心|[以避]免|免得|容易|万一|差一?点儿?|险些|要是|如果|假如)"
    "(?:人|谁|再|又|会|要|真的?|出现|发生|引[起发]|造成|娃娃?|孩子|小孩|老人|学生|过|见|看见|没|不小心|失足)"
    "{0,3}$"
)
_ONLY_TALK = re.compile("了?的?(?:知识|常识|危害|风险|隐患|危险|预案|报警器|宣传|演练|演习|防范|预防)")
_URGENT = re.compile(
    "(?<![不没])(?:紧急(?!通知|会议|集合|联系|电话)|十万火急|火速|急事|(?:赶紧|赶快)(?=来|派|处理|解决|安排|修))"
)

_PLACE = re.compile(f"{PLACE_UNIT}(?:的?{PLACE_UNIT})*(?:[老小]?{SURNAME}家)?")

_TITLES = f"(?:{SURNAME}?(?:主任|书记|领导|站长|镇长|所长|老师|同志|大哥|大姐|哥|姐)|大家|各位|小?助手)们?"
_PARTICLES = "啊呀了哈哦呢吧嘛的哩啦噢喔~"
_NO_WORDS = re.compile(r"[^\w]|_")
_CALM = re.compile(
    "这[两几]天|最近|目前|现在|村里|这边|咱村|我们|我|咱|大家|家家户户|家家|一切|整体|情况|都|也|挺|很|还|全"
    "|好|着|哩|呢|的|了|平安|安全|正常|平稳|稳定|放心|请|报告|汇报|领导|巡查?|转|走|看|一圈|一遍|在|里|吧|啊"
)
_PLACE_END = "边口头旁里上下"
_VILLAGE_ENDINGS = (
    "社区居民委员会",
    "社区居委会",
    "居民委员会",
    "村民委员会",
    "居委会",
    "村委会",
    "社区",
    "村",
)


@dataclass(frozen=True)
class Reading:
    """What a sentence is and which fields it fills; `guessed` names fields inferred, not said.

    Values are as JSON holds them and may be longer than a record allows: the form checks each.
    """

    sort: Sort
    values: Values
    guessed: frozenset[str] = frozenset()
    kind: str = "event"
    """The kind of record that a draft of it is."""


def read(
    text: str, *, today: date, policy: Policy, villages: Mapping[str, str], ledgers: Sequence[str] = ()
) -> Reading:
    """Return what one message says.

    Args:
        villages: names by their 12-digit code, only those the person may mean.
        ledgers: the other ledgers that the person may keep; no sentence belongs to any but these.
    """
    what, words = text.strip(), policy.words
    flat = plain(what)
    if _is_small_talk(flat, words):
        return Reading("small_talk", {})
    rest = _corrected(what, words)
    named, bare = _named(flat if rest is None else plain(rest), today, villages)
    place = _place(bare)
    if _is_dangerous(bare, words):
        whole = any_of(words.danger, spread=True).sub(lambda word: word[0].replace("了", ""), bare)
        return _event("danger", what, whole, named | place | {"urgency": "critical"}, policy)
    if rest is not None:
        return Reading("correction", named | place | households_meant(bare) | {"what": rest})
    visited = visit(bare, words)
    if visited:
        day = named.pop("happened_on", None)
        return Reading("visit", named | ({"seen_on": day} if day else {}) | visited, kind="visit")
    if kind := ledger_words.kind_of(flat, bare, words, ledgers):
        return Reading("ledger", ledger_words.values(kind, what, bare, named | place), kind=kind)
    if _is_nothing(bare, words):
        return Reading("nothing", named)
    extra: Values = {"urgency": "urgent"} if _URGENT.search(bare) else {}
    if any_of(words.solved).search(bare):
        extra["handling"] = "self"
    return _event("event", what, bare, named | place | extra, policy)


def _event(sort: Sort, what: str, bare: str, values: Values, policy: Policy) -> Reading:
    category = _category(bare, policy.categories)
    guess: Values = {"category": category} if category else {}
    return Reading(sort, {"what": what} | values | guess, frozenset(guess))


def _is_small_talk(text: str, words: Words) -> bool:
    """Say whether nothing but greetings and thanks is there, or no word at all."""
    polite = re.compile(f"(?:{any_of(words.small_talk).pattern}|{_TITLES}|[{_PARTICLES}])+")
    pieces = [piece for piece in _NO_WORDS.split(text) if piece]
    return all(len(piece) <= LONGEST_GREETING and polite.fullmatch(piece) for piece in pieces)


def _is_dangerous(text: str, words: Words) -> bool:
    return any(_is_dangerous_part(part, words) for part in _TURN.split(text))


def _is_dangerous_part(part: str, words: Words) -> bool:
    """Say whether a word of danger is meant in a part of the text that has no turn in it.

    A harmless phrase that ends in 了 (找着了) ends the danger before it; any other (演练) that of
    the whole part, unless the phrase holds the word itself (没着火): then only of that word.
    """
    hits = [
        hit
        for hit in any_of(words.danger, spread=True).finditer(part)
        if not _NOT_SO.search(part[max(0, hit.start() - 20) : hit.start()])
        and not _ONLY_TALK.match(part, hit.end())
    ]
    for phrase in any_of(words.not_danger).finditer(part):
        if any(_overlap(hit, phrase) for hit in hits):
            hits = [hit for hit in hits if not _overlap(hit, phrase)]
        elif phrase[0].endswith("了"):
            hits = [hit for hit in hits if hit.start() > phrase.start()]
        elif not any_of(words.danger, spread=True).search(phrase[0]):
            return False
    return bool(hits)


def _overlap(one: re.Match[str], other: re.Match[str]) -> bool:
    return one.start() < other.end() and other.start() < one.end()


def _corrected(text: str, words: Words) -> str | None:
    """Return what follows the words of correction at the beginning, None if there are none.

    A short word (不对) must stand by itself: 不对劲 corrects nothing.
    """
    found = any_of(words.correction).match(text)
    if not found:
        return None
    rest = text[found.end() :]
    if len(found[0]) <= 2 and found[0][-1] not in "成是为" and not re.match(r"\W|$|了|是|一下|啊", rest):
        return None
    return re.sub(r"^(?:一下|了|啊|\W)+", "", rest)


def _is_nothing(text: str, words: Words) -> bool:
    """Say whether the text reports that nothing happened, in every one of its clauses."""
    calm = any_of(words.nothing)
    clauses = [clause for clause in re.split(rf"{STOP}|\s", text) if clause]
    left = [len(_CALM.sub("", calm.sub("", clause))) for clause in clauses]
    return bool(calm.search(text)) and all(length <= 1 for length in left)


def _category(text: str, categories: Sequence[Category]) -> str | None:
    """Return the category most of whose words occur; a word that only says where counts last.

    Where several lead, the first clause decides, as it says what happened, and in it the last word,
    as the predicate stands last: 井上的水泵让人偷了 is theft, not water.
    """
    owner = {word: category.key for category in reversed(categories) for word in category.words}
    pattern = any_of(tuple(owner))
    clauses = [list(pattern.finditer(clause)) for clause in re.split(STOP, text)]
    firm = [[hit for hit in hits if not _says_where(hit)] for hits in clauses]
    chosen = [[owner[hit[0]] for hit in hits] for hits in (firm if any(firm) else clauses)]
    counts = Counter(key for keys in chosen for key in keys)
    leading = {key for key, count in counts.items() if count == max(counts.values())}
    return next((key for keys in chosen for key in reversed(keys) if key in leading), None)


def _says_where(hit: re.Match[str]) -> bool:
    """Say whether the word is only a place: 渠边, 厂里, or 路 followed by 上."""
    after = hit.string[hit.end() : hit.end() + 1]
    return hit[0][-1] in _PLACE_END or (len(hit[0]) <= 2 and after != "" and after in _PLACE_END)


def _named(text: str, today: date, villages: Mapping[str, str]) -> tuple[Values, str]:
    """Return village and day as far as they are said, and the text with their words blanked."""
    values: Values = {}
    found = _village(text, villages)
    if found:
        code, start, end = found
        values["village"] = code
        text = _blank(text, start, end)
    for day in find_days(text, today):
        text = _blank(text, day.start, day.end)
        if "happened_on" not in values and today - timedelta(days=DAYS_BACK) <= day.day <= today:
            values["happened_on"] = day.day.isoformat()
    return values, text


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _village(text: str, villages: Mapping[str, str]) -> tuple[str, int, int] | None:
    """Return code, start and end of the village named; the longest name, then the first, wins."""
    found = [
        (start - end, start, end, code)
        for code, name in villages.items()
        for start, end in _occurrences(text, name)
    ]
    if not found:
        return None
    _, start, end, code = min(found)
    return None if len({one[3] for one in found if one[1:3] == (start, end)}) > 1 else (code, start, end)


def _occurrences(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Yield where a village is named, in full or by its stem.

    A stem that is one character, or like a household or a place (常家, 西头), needs the 村 behind it.
    """
    ending = next((ending for ending in _VILLAGE_ENDINGS if name.endswith(ending)), "")
    stem = name.removesuffix(ending)
    if not stem or stem not in text:
        return
    needs_ending = len(stem) < 2 or stem[-1] in "家头口"
    pattern = re.escape(stem) + "(?P<ending>村委会|村|社区)?(?![镇县乡市])"
    for hit in re.finditer(pattern, text):
        is_denied = text[: hit.start()].endswith("不是")
        if not is_denied and (hit["ending"] or not needs_ending):
            yield hit.start(), hit.end()


def _place(text: str) -> Values:
    found = _PLACE.search(text)
    return {"place": found[0]} if found else {}
