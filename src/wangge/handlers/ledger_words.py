"""Which of the other ledgers a sentence belongs to, and what it says of it. Pure."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal, get_args, get_origin

from wangge.handlers.grammar import STOP, Values
from wangge.handlers.numbers import counted
from wangge.records.catalogue import CATALOGUE
from wangge.records.record import Record
from wangge.rules.policy import Words
from wangge.texts import has, say

_UNDONE = re.compile(
    "没|未(?!成年)|(?<!思)想|不[给让来去]|希望|建议|盼|能不能|应该|[啥什]么?时候|冒充|打着|假借|听说"
    "|明[天儿]|后[天儿]|下[周月个]|准备|计划|打算"
)
"""Before a phrase, or within it: nobody has done it."""
_WRONG = re.compile(
    "坏|碎|倒[了在塌]|掉[了下]|破|砸|撕|堵|漏|丢|偷|脏|骗[了走钱]|太|没有?$|吗|[栏牌墙车板]的|^[室栏牌墙车]"
)
"""Behind a phrase: something is wrong with what it names."""


def kind_of(flat: str, bare: str, words: Words, kinds: Sequence[str]) -> str:
    """Return the kind of ledger whose phrase comes first, "" if there is none.

    A phrase that is wished for, planned or denied, or names a thing that is broken (宣传栏), makes
    no record: that is an event.

    Args:
        flat: the sentence.
        bare: the same with village and days blanked, as long as `flat`.
        words: the town's phrases.
        kinds: those that may be meant.
    """
    hits = [
        (hit.start(), kind)
        for kind in kinds
        for hit in _phrases(words.ledgers.get(kind, ())).finditer(bare)
        if not _UNDONE.search(re.split(STOP, flat[: hit.start()])[-1] + hit[0])
        and not _WRONG.search(re.split(STOP, flat[hit.end() :])[0])
    ]
    return min(hits)[1] if hits else ""


@cache
def _phrases(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of phrases; a … in one stands for some words of the same clause."""
    patterns = [re.escape(word).replace("…", "[^，,。；;]{0,12}?") for word in words]
    return re.compile("|".join(patterns) or "(?!)")


def values(kind: str, what: str, bare: str, named: Values) -> Values:
    """Return the fields that a sentence fills: the whole of it, its day and village, how many, which sort."""
    record = CATALOGUE[kind]
    found: Values = {name: said for name, said in named.items() if name in record.asks()}
    if "happened_on" in named:
        found[record.filling("happened_on")] = named["happened_on"]
    if (count := counted(bare)) and (field := record.filling("quantity")):
        found[field] = str(count)
    for name in record.asks():
        if sort := _sort(record, name, bare):
            found[name] = sort
    return {**found, record.main: what}


def _sort(record: type[Record], field: str, text: str) -> str:
    """Return the first of the field's fixed values whose words the text holds, "" if none."""
    annotation = record.model_fields[field].annotation
    if get_origin(annotation) is not Literal:
        return ""
    heard = {value: f"{record.asks()[field].text}.{value}" for value in get_args(annotation)}
    words = {value: say(f"{name}.heard" if has(f"{name}.heard") else name) for value, name in heard.items()}
    return next((value for value, said in words.items() if any(word in text for word in said.split())), "")
