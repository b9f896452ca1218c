"""Which of the other ledgers a sentence belongs to, and what it says of it. Pure."""

import re
from collections.abc import Sequence
from typing import Literal, get_args, get_origin

from wangge.handlers.grammar import STOP, Values, any_of
from wangge.handlers.numbers import counted
from wangge.records.catalogue import CATALOGUE
from wangge.records.record import Record
from wangge.rules.policy import Words
from wangge.texts import has, say

_UNDONE = re.compile(
    "[没未想]|不[给让来去]|希望|建议|盼|能不能|该|[啥什]么?时候|冒充|打着|假|听说|明[天儿]|后[天儿]|下[周月个]|准备|计划|打算"
)
_THING = re.compile("的|[栏牌墙车板画]|横幅|标语牌")


def kind_of(flat: str, bare: str, words: Words, kinds: Sequence[str]) -> str:
    """Return the kind of ledger whose phrase comes first, "" if there is none.

    A phrase that is wished for, planned or denied, or names a thing (宣传栏), makes no record: what
    is wrong with it is an event.

    Args:
        flat: the sentence.
        bare: the same with village and days blanked, as long as `flat`.
        words: the town's phrases.
        kinds: those that may be meant.
    """
    hits = [
        (hit.start(), kind)
        for kind in kinds
        for hit in any_of(words.ledgers.get(kind, ())).finditer(bare)
        if not _UNDONE.search(re.split(STOP, flat[: hit.start()])[-1]) and not _THING.match(bare, hit.end())
    ]
    return min(hits)[1] if hits else ""


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
