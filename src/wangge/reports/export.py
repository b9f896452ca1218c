"""The table of one kind's records, with the columns that its declaration names.

Names are masked unless whoever asks may see them; the caller asks the rights and logs it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, get_args, get_origin

from wangge.records.record import Record
from wangge.records.values import Position
from wangge.rules.calendar import local, local_day
from wangge.rules.masking import mask_name, mask_phones
from wangge.storage import people, records
from wangge.storage.database import Transaction
from wangge.texts import say

HEADS = ("number", "reported", "author", "state")


def export_kind(
    tx: Transaction,
    kind: type[Record],
    area: str,
    start: datetime,
    end: datetime,
    names: Mapping[str, str],
    *,
    is_masked: bool = True,
) -> tuple[list[str], list[list[object]]]:
    """Return headings and rows of the records submitted in [start, end) in an area, oldest first.

    Args:
        names: what codes stand for: areas, and the classes of the policy.
    """
    asks = kind.asks()
    headings = [say(f"export.{head}") for head in HEADS] + [say(f"{ask.text}.label") for ask in asks.values()]
    found = records.of_kind(tx, kind.kind, area, start, end)
    authors = people.by_ids(tx, {record.author for record in found}, local_day(end))
    rows: list[list[object]] = []
    for record in found:
        author = authors[record.author].name if record.author in authors else ""
        head = [
            record.number,
            f"{local(record.reported_at):%Y-%m-%d %H:%M}",
            mask_name(author) if is_masked and author else author,
            say(f"state.{record.state}"),
        ]
        # What was noted later (a petition's number, a grade) is no field of the kind.
        values = kind.model_validate(
            {field: record.values[field] for field in asks if field in record.values}
        )
        rows.append(
            head + [_cell(kind, field, getattr(values, field), names, is_masked=is_masked) for field in asks]
        )
    return headings, rows


def _cell(kind: type[Record], field: str, value: Any, names: Mapping[str, str], *, is_masked: bool) -> object:  # noqa: ANN401 - any field
    annotation = kind.model_fields[field].annotation
    if value is None:
        return ""
    if isinstance(value, date | int | float):
        return value
    if isinstance(value, Position):
        return f"{value.latitude:.5f},{value.longitude:.5f}"
    if get_origin(annotation) is Literal or value in get_args(annotation):
        return say(f"{kind.asks()[field].text}.{value}")
    if isinstance(value, tuple):
        return "、".join(mask_name(each) if is_masked else each for each in value)
    text = names.get(value, str(value))
    return mask_phones(text) if is_masked else text
