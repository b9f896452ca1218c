"""The kinds of record the township keeps. A new kind is added here and nowhere else."""

from wangge.records.event import Event
from wangge.records.record import Record
from wangge.records.visit import Visit

CATALOGUE: dict[str, type[Record]] = {kind.kind: kind for kind in (Event, Visit)}
