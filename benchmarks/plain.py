"""The peer: the figures in plain SQL, written from their definitions, by DuckDB over the same stays."""

import csv
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb

from wangge.reports.periods import Period

HELD = """
WITH held AS (
    SELECT *, substr(area, 1, 12) AS village,
        state NOT IN ('withdrawn', 'duplicate') AND class <> 'W' AS is_valid,
        state IN ('closed', 'self_handled', 'not_grid', 'petition') AS is_closed,
        coalesce(due_at, accept_by) < $cutoff AS is_past
    FROM stays
    WHERE kind = 'event' AND from_at < $cutoff AND (to_at IS NULL OR to_at >= $cutoff) AND starts_with(area, $area)
), submitted AS (
    SELECT * FROM held WHERE reported_at >= $start AND reported_at < least($end_, $cutoff)
), standing AS (
    SELECT * FROM held WHERE is_valid AND NOT is_closed
), limits AS (
    SELECT held.*, past.state AS at_limit, past.state IN ('accepted', 'assigned', 'handling') AS was_at_work
    FROM held JOIN stays AS past USING (record)
    WHERE past.kind = 'event' AND past.due_at >= $start AND past.due_at < least($end_, $cutoff)
        AND past.from_at <= past.due_at AND (past.to_at IS NULL OR past.to_at > past.due_at) AND held.is_valid
        AND past.state NOT IN ('reported', 'reopened', 'returned', 'suspended', 'escalated', 'withdrawn', 'duplicate')
)
"""
FIGURES: Mapping[str, Mapping[str, str]] = {
    "submitted": {
        "reported": "TRUE",
        "valid": "is_valid",
        "closed": "is_valid AND is_closed",
        **{
            name: f"is_valid AND is_closed AND outcome = '{name}'"
            for name in ("solved", "passed_on", "unsolvable", "untrue")
        },
        "critical": "is_valid AND urgency = 'critical'",
        "late_entry": "is_valid AND happened_on < $first",
        "rated": "is_valid AND grade IS NOT NULL",
        "satisfied": "is_valid AND grade IN ('satisfied', 'mostly')",
    },
    "standing": {
        "open": "TRUE",
        "overdue": "is_past AND state IN ('reported', 'reopened', 'accepted', 'assigned', 'handling')",
    },
    "limits": {
        "limits": "TRUE",
        "met": "NOT was_at_work",
        "late_closed": "was_at_work AND (is_closed OR state = 'done')",
    },
}
Numbers = dict[str, dict[str, int]]


class Plain:
    """The stays of one SQLite file in DuckDB's memory."""

    def __init__(self, file: Path) -> None:
        """Load them; a CSV file beside the database carries them over."""
        rows = file.with_suffix(".csv")
        with closing(sqlite3.connect(file)) as source, rows.open("w", newline="", encoding="utf-8") as out:
            found = source.execute("SELECT * FROM stays")
            writer = csv.writer(out)
            writer.writerow([column[0] for column in found.description])
            writer.writerows(found)
        self._database = duckdb.connect()
        self._database.execute(
            f"CREATE TABLE stays AS FROM read_csv('{rows}', header = true, types = {{'area': 'VARCHAR'}})"
        )
        rows.unlink()

    def numbers(self, area: str, period: Period, *names: str, by: str = "''") -> Numbers:
        """Return the named figures, or all of them, by a column."""
        found: Numbers = {}
        for source, conditions in FIGURES.items():
            asked = {name: each for name, each in conditions.items() if name in names or not names}
            counts = ", ".join(f"count(*) FILTER (WHERE {each})" for each in asked.values())
            for key, *row in (
                self._ask(f"SELECT {by}, {counts} FROM {source} GROUP BY 1", area, period) if asked else ()
            ):
                found.setdefault(key, {}).update(zip(asked, row, strict=True))
        return found

    def ids(self, area: str, period: Period, source: str, condition: str, limit: int) -> list[int]:
        """Return the first records of which a condition holds."""
        query = f"SELECT record FROM {source} WHERE {condition} ORDER BY record LIMIT {limit}"
        return [row[0] for row in self._ask(query, area, period)]

    def _ask(self, query: str, area: str, period: Period) -> list[Any]:
        moments = {"start": period.start, "end_": period.end, "cutoff": period.cutoff}
        bare = {name: each.astimezone(UTC).replace(tzinfo=None) for name, each in moments.items()}
        values = {**bare, "area": area, "first": period.first_day}
        asked = {name: each for name, each in values.items() if f"${name}" in HELD + query}
        return self._database.execute(HELD + query, asked).fetchall()
