"""The areas: county, town, village, grid; and which policy is in force."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, select

from wangge.storage.inbox import insert
from wangge.storage.jobs import set_mark
from wangge.storage.prepared import Prepared
from wangge.storage.tables import areas, marks, policies


def save_areas(tx: Connection, rows: Iterable[Mapping[str, str]]) -> int:
    """Store areas (code, name, parent, level), new or changed; return how many."""
    found = list(rows)
    if found:
        statement = insert(tx)(areas)
        changed = {name: statement.excluded[name] for name in ("name", "parent", "level")}
        tx.execute(statement.on_conflict_do_update(index_elements=["code"], set_=changed), found)
    set_mark(tx, "areas", uuid4().hex)
    return len(found)


def names(tx: Connection, inside: str = "", level: str | None = None) -> dict[str, str]:
    """Return code → name of the areas inside one, in the order of their codes."""
    query = select(areas.c.code, areas.c.name).where(areas.c.code.startswith(inside)).order_by(areas.c.code)
    if level:
        query = query.where(areas.c.level == level)
    return {row.code: row.name for row in tx.execute(query)}


_VERSIONS = Prepared(
    select(
        select(func.coalesce(func.max(policies.c.version), 0)).scalar_subquery().label("policy"),
        select(func.coalesce(func.max(marks.c.value), ""))
        .where(marks.c.name == "areas")
        .scalar_subquery()
        .label("areas"),
    )
)


def versions(tx: Connection) -> tuple[int, str]:
    """Return the number of the policy in force (0 if none has been applied) and the areas' mark."""
    row = _VERSIONS.first(tx)
    return row[0], row[1]


def policy_body(tx: Connection, version: int) -> Any:  # noqa: ANN401 - JSON
    """Return one version of the policy as JSON."""
    return json.loads(tx.execute(select(policies.c.body).where(policies.c.version == version)).scalar_one())


def add_policy(tx: Connection, body: str, now: datetime) -> int:
    """Store a policy as the next version, in force from this commit on."""
    version = versions(tx)[0] + 1
    tx.execute(policies.insert().values(version=version, body=body, applied_at=now))
    return version
