"""The kinds of record the township keeps. A new kind is added here and nowhere else."""

from wangge.records.briefing import Briefing
from wangge.records.event import Event
from wangge.records.legal import LegalService
from wangge.records.publicity import Publicity
from wangge.records.reception import Reception
from wangge.records.record import Record
from wangge.records.study import Study
from wangge.records.visit import Visit

CATALOGUE: dict[str, type[Record]] = {
    kind.kind: kind for kind in (Event, Visit, Reception, Study, LegalService, Publicity, Briefing)
}
LEDGERS = tuple(name for name in CATALOGUE if name not in {"event", "visit"})
"""The kinds beside events and visits: the other ledgers (台账) of the town."""
