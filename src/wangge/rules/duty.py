"""Who is on duty on a day, and who stands in for whoever is on leave.

A day of duty begins at the shift (`desk.shift_at`) and lasts until the next one: before
it the officer of the day before is on duty still. Who is away is a mapping of each
person on leave to the substitute, None if there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from wangge.rules.calendar import local
from wangge.rules.policy import Desk
from wangge.rules.rights import CLERK, DESK, FIELD, LEADERS, Person, Post, lies_in

ONE_DAY = timedelta(days=1)
VILLAGE_DIGITS = 12
KIN = (FIELD - LEADERS, LEADERS, DESK, CLERK, frozenset({"unit"}), frozenset({"judicial_officer"}))
"""Roles whose holders can do each other's work."""
Away = Mapping[int, int | None]


@dataclass(frozen=True)
class Leave:
    """The days on which a person is on leave (请假), both ends included."""

    id: int
    person: int
    first: date
    last: date
    substitute: int | None = None

    def without(self, first: date, last: date) -> list[tuple[date, date]]:
        """Return what is left of it, as first and last days, when those days are taken out."""
        parts = [(self.first, min(self.last, first - ONE_DAY)), (max(self.first, last + ONE_DAY), self.last)]
        return [part for part in parts if part[0] <= part[1]]

    def within(self, first: date, last: date) -> tuple[date, date]:
        """Return the days that it shares with others that it touches."""
        return max(self.first, first), min(self.last, last)


def day_of_duty(moment: datetime, shift_at: time) -> date:
    """Return the day whose officer is on duty at a moment."""
    there = local(moment)
    return there.date() if there.time() >= shift_at else there.date() - ONE_DAY


def whose_turn(day: date, desk: Desk) -> str | None:
    """Return the staff number (工号) whose turn a day is by the rota; None without one, or before it."""
    if not desk.rota or day < desk.rota_from:
        return None
    return desk.rota[(day - desk.rota_from).days % len(desk.rota)]


def acting(person: int | None, away: Away) -> int | None:
    """Return who does a person's work: himself, or who stands in for him; None if nobody does.

    A substitute on leave may have one too. Substitutes that lead back to each other are nobody.
    """
    seen: set[int] = set()
    while person is not None and person in away and person not in seen:
        seen.add(person)
        person = away[person]
    return None if person in away else person


def present(persons: Sequence[Person], away: Away, among: Sequence[Person] = ()) -> list[Person]:
    """Return the same people in the same order, for whoever is away who stands in for him.

    A substitute counts if he is one of `among`, without it one of `persons`.
    """
    known = {person.id: person for person in among or persons}
    found = dict.fromkeys(acting(person.id, away) for person in persons)
    return [known[person] for person in found if person in known]


def in_turn(
    day: date, officers: Sequence[Person], desk: Desk, chosen: int | None, away: Away
) -> list[Person]:
    """Return the officers at work on a day of duty: who is on duty, then the others as they come.

    On duty is who was chosen for the day, else whose turn it is, else the first of the roster.
    """
    ids = {officer.staff_no: officer.id for officer in officers}
    by_rota = ids.get(whose_turn(day, desk) or "", next(iter(ids.values()), None))
    first = acting(chosen if chosen in ids.values() else by_rota, away)
    at_work = [officer for officer in officers if officer.id not in away]
    return sorted(at_work, key=lambda officer: officer.id != first)


def may_stand_in(person: Person, other: Person) -> bool:
    """Tell whether another can do a person's work: a post of the same kind in the same place."""
    return other.id != person.id and any(_is_kin(own, his) for own in person.posts for his in other.posts)


def _is_kin(own: Post, other: Post) -> bool:
    """Two grids of a village are one place; a post for the whole town covers each village."""
    covers = lies_in(own.area[:VILLAGE_DIGITS], other.area[:VILLAGE_DIGITS])
    return covers and any({own.role, other.role} <= kin for kin in KIN)
