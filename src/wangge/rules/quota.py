"""Visits (走访): what a person owes in a month, which visits count, and why another does not.

One function, `visit_progress`, is behind every number about visits, so that the
weekly message, 进度, digest and report can never disagree.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from wangge.rules.calendar import month_of
from wangge.rules.policy import Visits
from wangge.rules.rights import Post, lies_in

PostDays = tuple[Post, date | None, date | None]
"""A post with its first and last day, None: open."""
LeaveDays = tuple[date, date]

COUNTS = "visit.why.counts"
SAME_DAY = "visit.why.same_day"
SAME_HOUSEHOLDS = "visit.why.same_households"
WITHDRAWN = "visit.why.withdrawn"
FUTURE = "visit.why.future"
NOT_IN_POST = "visit.why.not_in_post"


@dataclass(frozen=True)
class Duty:
    """How many visits a person owes in one village in one month."""

    village: str
    owed: int


@dataclass(frozen=True)
class Visit:
    """A visit as far as counting cares; the day is the visit's own, not that of its entry."""

    record: int
    number: str
    author: int
    village: str
    day: date
    households: tuple[str, ...]
    is_withdrawn: bool = False


@dataclass(frozen=True)
class Counted:
    """A visit, what it adds, and the id of the text that says why."""

    visit: Visit
    counts: bool
    why: str
    adds: int
    """What it adds to the count: 1 a trip, or its households that are new that day."""
    new_households: int


@dataclass(frozen=True)
class VillageProgress:
    """What a person owes and has done in one village in one month."""

    village: str
    owed: int
    done: int
    households: int
    visits: tuple[Counted, ...]

    @property
    def missing(self) -> int:
        """How many visits are still owed."""
        return max(0, self.owed - self.done)


def visit_progress(
    posts: Sequence[PostDays],
    leaves: Sequence[LeaveDays],
    visits: Iterable[Visit],
    policy: Visits,
    villages: Iterable[str],
    month: date,
    *,
    staff_no: str = "",
    today: date,
) -> list[VillageProgress]:
    """Return one person's progress in the month of `month`, in the order of the village codes.

    A village is there if something is owed in it or the person was there; both
    numbers come from the person's own days in post.
    """
    first, after = month_of(month)
    duties = {
        duty.village: duty.owed for duty in owed(posts, leaves, policy, villages, month, staff_no=staff_no)
    }
    serves = _Service(posts, policy)
    counted = count(
        (visit for visit in visits if first <= visit.day < after),
        policy.unit,
        today=today,
        in_post=lambda village, day: village not in duties or serves.on(village, day),
    )
    found: list[VillageProgress] = []
    for village in sorted({*duties, *(each.visit.village for each in counted)}):
        here = tuple(each for each in counted if each.visit.village == village)
        found.append(
            VillageProgress(
                village=village,
                owed=duties.get(village, 0),
                done=sum(each.adds for each in here),
                households=sum(each.new_households for each in here),
                visits=here,
            )
        )
    return found


def owed(
    posts: Sequence[PostDays],
    leaves: Sequence[LeaveDays],
    policy: Visits,
    villages: Iterable[str],
    month: date,
    *,
    staff_no: str = "",
) -> list[Duty]:
    """Return what is owed in each village of the person's posts, half a visit rounded up.

    Each day in post and not on leave brings its share of that day's monthly number,
    so a post that begins mid-month, a leave and an override are one calculation.
    Two posts over one village owe once.
    """
    first, after = month_of(month)
    days = [first + timedelta(days=n) for n in range((after - first).days)]
    serves = _Service(posts, policy)
    at_work = [day for day in days if not any(begin <= day <= end for begin, end in leaves)]
    found: list[Duty] = []
    for village in villages:
        served = [day for day in at_work if serves.on(village, day)]
        if served or any(serves.on(village, day) for day in days):
            shares = sum(per_month(policy, village, staff_no, day) for day in served)
            found.append(Duty(village, (2 * shares + len(days)) // (2 * len(days))))
    return found


def per_month(policy: Visits, village: str, staff_no: str, day: date) -> int:
    """Return the monthly number that holds on a day; of several overrides the last one in the policy."""
    found = policy.per_month
    for override in policy.overrides:
        fits = (
            override.village in (None, village)
            and override.staff_no in (None, staff_no)
            and (override.start is None or override.start <= day)
            and (override.end is None or day <= override.end)
        )
        if fits:
            found = override.per_month
    return found


def count(
    visits: Iterable[Visit],
    unit: str,
    *,
    today: date,
    in_post: Callable[[str, date], bool] = lambda _village, _day: True,
) -> list[Counted]:
    """Judge each visit, by day and then by entry: one person, one village, one day is one trip.

    When households are the unit, one household counts once a day. A late entry counts
    as any other.
    """
    taken: dict[tuple[int, str, date], set[str]] = {}
    found: list[Counted] = []
    for visit in sorted(visits, key=lambda each: (each.day, each.record)):
        why = _excluded(visit, today, in_post)
        key = (visit.author, visit.village, visit.day)
        if why:
            found.append(Counted(visit, counts=False, why=why, adds=0, new_households=0))
            continue
        new = set(visit.households) - taken.get(key, set())
        if unit == "household":
            adds, repeated = len(new), SAME_HOUSEHOLDS
        else:
            adds, repeated = int(key not in taken), SAME_DAY
        taken.setdefault(key, set()).update(new)
        found.append(Counted(visit, adds > 0, COUNTS if adds else repeated, adds, len(new)))
    return found


def _excluded(visit: Visit, today: date, in_post: Callable[[str, date], bool]) -> str:
    """Return why a visit cannot count at all, "" if it can."""
    if visit.is_withdrawn:
        return WITHDRAWN
    if visit.day > today:
        return FUTURE
    return "" if in_post(visit.village, visit.day) else NOT_IN_POST


class _Service:
    """On which days a person's posts owe visits in a village."""

    def __init__(self, posts: Sequence[PostDays], policy: Visits) -> None:
        self._posts = [each for each in posts if each[0].role in policy.owed_by]

    def on(self, village: str, day: date) -> bool:
        return any(
            (lies_in(village, post.area) or lies_in(post.area, village))
            and (start is None or start <= day)
            and (end is None or day <= end)
            for post, start, end in self._posts
        )
