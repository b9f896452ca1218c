"""The whole table of a kind of record, as tests look at it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from wangge.handlers.context import Worlds
from wangge.records.record import Record
from wangge.reports import export
from wangge.reports.export import Order
from wangge.rules.policy import Policy
from wangge.storage.database import Transaction

EVER = (date(2000, 1, 1), date(2099, 12, 31))


def table_of(
    tx: Transaction,
    kind: type[Record],
    policy: Policy | None = None,
    names: Mapping[str, str] | None = None,
    *,
    areas: tuple[str, ...] = ("",),
    days: tuple[date, date] = EVER,
    **rest: Any,
) -> tuple[list[str], list[list[object]]]:
    """Return headings and all rows, of all times and places if none are named, for the operator if nobody is."""
    world = None if policy else Worlds().current(tx)
    order = Order(kind, areas, *days, **rest)
    found = export.begin(tx, order, policy or world.policy, names or (world.names if world else {}))  # type: ignore[union-attr]  # one of them is given
    rows: list[list[object]] = []
    while page := found.page(tx):
        rows += page
    return list(order.columns.values()), rows
