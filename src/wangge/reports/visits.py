"""Progress of visits (走访): of one person, or of everybody in some areas, at a cut-off."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from wangge.rules.calendar import local_day, month_of
from wangge.rules.policy import Visits
from wangge.rules.quota import VillageProgress, Visit, visit_progress
from wangge.rules.rights import lies_in
from wangge.storage import counts
from wangge.storage.database import Transaction


def progress_of(
    tx: Transaction, person: int, month: date, cutoff: datetime, policy: Visits, villages: Iterable[str]
) -> list[VillageProgress]:
    """Return one person's progress in a month, as it stood at the cut-off."""
    first, after = month_of(month)
    found = counts.visits(tx, first, after, cutoff, author=person)
    officer = next(iter(counts.officers(tx, policy.owed_by, person)), None)
    return visit_progress(
        officer.posts if officer else (),
        officer.leaves if officer else (),
        found,
        policy,
        villages,
        month,
        staff_no=officer.staff_no if officer else "",
        today=local_day(cutoff),
    )


def progress_in(
    tx: Transaction,
    areas: Sequence[str],
    month: date,
    cutoff: datetime,
    policy: Visits,
    villages: Iterable[str],
) -> dict[int, list[VillageProgress]]:
    """Return the progress of everybody who owes visits in those areas, by person, in few statements."""
    first, after = month_of(month)
    inside = [village for village in villages if any(lies_in(village, area) for area in areas)]
    made: dict[int, list[Visit]] = {}
    for visit in counts.visits(tx, first, after, cutoff, areas):
        made.setdefault(visit.author, []).append(visit)
    found = {
        officer.person: visit_progress(
            officer.posts,
            officer.leaves,
            made.get(officer.person, ()),
            policy,
            inside,
            month,
            staff_no=officer.staff_no,
            today=local_day(cutoff),
        )
        for officer in counts.officers(tx, policy.owed_by)
    }
    return {person: owing for person, rows in found.items() if (owing := [row for row in rows if row.owed])}
