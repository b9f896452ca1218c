"""Month close (封账): figures freeze, and whatever changes later is a line of its own (补录).

Nothing of a closed month is ever written again. What later entries and changes make of it is
counted anew from records and history, so it cannot be forgotten, and nothing changes silently.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from wangge.reports import digest, figures, periods
from wangge.reports.figures import CATALOGUE, Figure, Scope, Slice
from wangge.reports.periods import Period
from wangge.rules.calendar import moment_of, month_of
from wangge.rules.policy import Policy
from wangge.storage import closings, counts, records, timeline
from wangge.storage.closings import Closing, Frozen, Value
from wangge.storage.database import Transaction
from wangge.storage.records import Stored
from wangge.storage.timeline import Entry

NUMBERS = tuple(name for name, each in CATALOGUE.items() if not each.share_of)
CHANGEABLE = tuple(name for name in NUMBERS if CATALOGUE[name].choice.source != "standing")
"""What was open at a moment stays what it was; all else may still change."""
VISITS = "visits"
VILLAGE_DIGITS = 12
Row = TypeVar("Row", bound=Value)
Closed = tuple[dict[str, Any], list[Frozen]]
"""A closing as it is to be stored, with its figures."""
FIRST_OF_ALL = "0" * 64
"""Stands for the hash before the first closed month."""


@dataclass(frozen=True)
class Amendment:
    """One record that was entered or changed after its month was closed (补录)."""

    record: Stored
    effects: Mapping[str, int]
    """Figure → what it adds, or takes away; nothing if only place or 大类 changed."""
    why: Entry | None
    """The act since the closing that made it so, with its reason; None: only posts or policy have changed."""


def cutoff_of(month: date, policy: Policy) -> datetime:
    """Return when a month is to be closed: on a day of the month after it."""
    after = month_of(month)[1]
    return moment_of(after.replace(day=policy.reports.close_day), policy.reports.close_at)


def due(
    tx: Transaction, month: date, now: datetime, policy: Policy, version: int, villages: Mapping[str, str]
) -> Iterator[Closed]:
    """Yield the closing of a month, and before it of every one since the last closed, or the first record."""
    last = closings.last(tx)
    previous = last.hash if last else FIRST_OF_ALL
    begun = counts.first_day(tx) or month
    for each in _months(month_of(last.month)[1] if last else min(month_of(begun)[0], month), month):
        cutoff = min(cutoff_of(each, policy), now)  # the day may have been moved since this was due
        rows = freeze(tx, replace(periods.month(each), cutoff=cutoff), policy, villages)
        values = {"month": each, "cutoff": cutoff, "closed_at": now, "policy": version, "previous": previous}
        previous = hash_of(each, cutoff, previous, rows)
        yield {**values, "hash": previous}, rows


def freeze(tx: Transaction, period: Period, policy: Policy, villages: Mapping[str, str]) -> list[Frozen]:
    """Return every figure of the town and of each village, with the records behind it."""
    town = policy.town.code
    rows = []
    for name in NUMBERS:
        found = figures.behind(tx, Slice(name), (town,), period)
        for area in (town, *villages):
            kept = {fact.id: fact.version for fact in found if fact.area.startswith(area)}
            rows.append(Frozen(area, name, len(kept), None, CATALOGUE[name].version, kept))
    for area in (town, *villages):
        counted, owed = digest.visits_behind(tx, (area,), period, policy, villages)
        kept = counts.versions_at(tx, (each.visit.record for each in counted), period.cutoff)
        rows.append(Frozen(area, VISITS, sum(each.adds for each in counted), owed, 1, kept))
    return sorted(rows, key=lambda row: (row.area, row.figure))


def hash_of(month: date, cutoff: datetime, previous: str, rows: Sequence[Frozen]) -> str:
    """Return the SHA-256 over a month's figures, the records behind them and the hash before it."""
    told = [
        [row.area, row.figure, row.value, row.base, row.definition, sorted(row.records.items())]
        for row in sorted(rows, key=lambda row: (row.area, row.figure))
    ]
    text = json.dumps([f"{month}", f"{cutoff.timestamp():.6f}", previous, told], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def broken(tx: Transaction) -> list[date]:
    """Return the closed months whose hash does not fit what is stored, or the month before."""
    found, previous = [], FIRST_OF_ALL
    for each in closings.every(tx):
        rows = closings.figures(tx, each.id)
        fits = each.previous == previous and each.hash == hash_of(each.month, each.cutoff, previous, rows)
        found += [] if fits else [each.month]
        previous = each.hash
    return found


def frozen(tx: Transaction, closing: Closing, scope: Scope) -> dict[str, Figure]:
    """Return the figures of a closed month as they were frozen: of an area, or of villages together."""
    rows = _rows_of(closings.values(tx, closing.id), scope)
    found: dict[str, Figure] = {}
    for name in (*NUMBERS, VISITS):
        chosen = [row for row in rows if row.figure == name]
        base = sum(row.base or 0 for row in chosen) if name == VISITS else None
        found[name] = Figure(name, sum(row.value for row in chosen), base)
    return found


def year(tx: Transaction, scope: Scope, of: int) -> tuple[int, dict[str, int]]:
    """Return how many months of a year are closed, and each figure of theirs together."""
    closed = [each for each in closings.every(tx) if each.month.year == of]
    total: dict[str, int] = defaultdict(int)
    for each in closed:
        for name, figure in frozen(tx, each, scope).items():
            total[name] += figure.value
    return len(closed), dict(total)


def amendments(
    tx: Transaction,
    closing: Closing,
    now: datetime,
    scope: Scope,
    policy: Policy,
    villages: Mapping[str, str],
) -> list[Amendment]:
    """Return what was entered or changed since a month was closed, by record: each with act and reason.

    What has moved to another place is told in both, as one less and as one more.
    """
    period = periods.at(periods.month(closing.month), now)
    before: dict[str, dict[int, int]] = defaultdict(dict)
    for row in _rows_of(closings.figures(tx, closing.id), scope):
        before[row.figure] |= row.records
    after = {
        name: {fact.id: fact.version for fact in figures.behind(tx, Slice(name), scope, period)}
        for name in CHANGEABLE
    }
    counted, _ = digest.visits_behind(tx, scope, period, policy, villages)
    after[VISITS] = counts.versions_at(tx, (each.visit.record for each in counted), period.cutoff)
    effects: dict[int, dict[str, int]] = defaultdict(dict)
    for name, holds in after.items():
        for record in holds.keys() ^ before[name].keys():
            effects[record][name] = 1 if record in holds else -1
        for record in holds.keys() & before[name].keys():
            if holds[record] != before[name][record]:
                effects.setdefault(record, {})
    versions = counts.versions_at(tx, effects, period.cutoff)
    return [
        Amendment(records.get(tx, record), changed, _why(tx, record, versions[record], closing.cutoff))
        for record, changed in sorted(effects.items())
    ]


def _why(tx: Transaction, record: int, version: int, cutoff: datetime) -> Entry | None:
    """Return the act that made it count as it does; notes and words since have changed nothing."""
    acts = timeline.of(tx, record)
    return next((entry for entry in acts if entry.version == version and entry.at >= cutoff), None)


def _rows_of(rows: Sequence[Row], scope: Scope) -> list[Row]:
    """Return the rows that together stand for a scope, each place once."""
    whole = {row.area for row in rows} & set(scope)
    return [row for row in rows if _is_of(row.area, scope, whole)]


def _is_of(area: str, scope: Scope, whole: set[str]) -> bool:
    """A village's row stands for it unless a row of its own stands for the whole area."""
    inside = [each for each in scope if area.startswith(each)]
    return area in whole or (len(area) == VILLAGE_DIGITS and any(each not in whole for each in inside))


def _months(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = month_of(first)[1]
