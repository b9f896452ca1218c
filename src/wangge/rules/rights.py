"""Who may do what: one table, verb × role × area, asked at the moment of each act.

A verb that is not in the table does not run. A button carries no right: what
counts is who taps it, which post he holds that day and where the matter lies.
"""

from dataclasses import dataclass
from typing import Literal

from wangge.records.values import ROLES, Role

Reach = Literal["self", "author", "holder", "party", "area"]
"""self: nobody else is touched; author and holder: of the record; area: the post covers it;
party: who reported it too, helps with it, or has been asked to check it."""


@dataclass(frozen=True)
class Post:
    """A post (任职) held today: a role in an area."""

    role: Role
    area: str


@dataclass(frozen=True)
class Person:
    """Somebody on the roster, with the posts of the day."""

    id: int
    staff_no: str
    name: str
    posts: tuple[Post, ...] = ()

    def has(self, *roles: Role) -> bool:
        """Tell whether one of the roles is held today."""
        return any(post.role in roles for post in self.posts)

    def areas(self, *roles: Role) -> tuple[str, ...]:
        """Return the areas of the posts of those roles, all posts if none is named."""
        return tuple(dict.fromkeys(post.area for post in self.posts if not roles or post.role in roles))


@dataclass(frozen=True)
class Subject:
    """What an act is about, as far as rights care."""

    area: str = ""
    author: int | None = None
    holder: int | None = None
    parties: frozenset[int] = frozenset()
    """Who else has a part in it."""


@dataclass(frozen=True)
class Grant:
    """These roles may, as far as the reach goes."""

    roles: frozenset[Role]
    reach: Reach


FIELD: frozenset[Role] = frozenset({"grid_worker", "village_cadre", "stationed_cadre", "area_leader"})
HANDLERS: frozenset[Role] = FIELD | {"unit", "judicial_officer"}
JUDICIAL: frozenset[Role] = frozenset({"judicial_officer"})
DESK: frozenset[Role] = frozenset({"desk_officer"})
TOWN_LEADERS: frozenset[Role] = frozenset({"town_leader"})
LEADERS: frozenset[Role] = TOWN_LEADERS | {"area_leader"}
CLERK: frozenset[Role] = frozenset({"administrator"})
EVERYBODY: frozenset[Role] = frozenset(ROLES)


def _grants(*pairs: tuple[frozenset[Role], Reach]) -> tuple[Grant, ...]:
    return tuple(Grant(roles, reach) for roles, reach in pairs)


RIGHTS: dict[str, tuple[Grant, ...]] = {
    # What concerns oneself
    "help": _grants((EVERYBODY, "self")),
    "start": _grants((EVERYBODY, "self")),
    "leave": _grants((EVERYBODY, "self")),
    "end_leave": _grants((EVERYBODY, "self")),
    "feedback": _grants((EVERYBODY, "self")),
    "mute": _grants((EVERYBODY, "self")),
    "mine": _grants((FIELD | DESK | HANDLERS | TOWN_LEADERS, "self")),
    "progress": _grants((FIELD, "self")),
    "report": _grants((FIELD | DESK | HANDLERS, "self")),
    "visit": _grants((FIELD, "self")),
    # The other ledgers: the verb is the kind's name
    "reception": _grants((LEADERS | DESK, "self")),
    "briefing": _grants((LEADERS | DESK, "self")),
    "study": _grants((TOWN_LEADERS | DESK | JUDICIAL, "self")),
    "legal": _grants((JUDICIAL | DESK, "self")),
    "publicity": _grants((FIELD | JUDICIAL | DESK, "self")),
    "practice": _grants((FIELD | DESK | HANDLERS, "self")),
    "draft": _grants((EVERYBODY, "author")),
    # The reporter's acts on an event
    "amend": _grants((EVERYBODY, "author")),
    "village": _grants((EVERYBODY, "author")),
    "withdraw": _grants((EVERYBODY, "author")),
    "answer": _grants((EVERYBODY, "author"), (EVERYBODY, "party")),
    "supplement": _grants((EVERYBODY, "author"), (EVERYBODY, "party"), (HANDLERS, "holder"), (DESK, "area")),
    "confirm": _grants((EVERYBODY, "author"), (EVERYBODY, "party"), (DESK, "area")),
    "deny": _grants((EVERYBODY, "author"), (EVERYBODY, "party"), (DESK, "area")),
    "rate": _grants((EVERYBODY, "author")),
    "join": _grants((FIELD | DESK | HANDLERS, "self")),
    # The desk's acts
    "board": _grants((DESK, "self")),
    "list": _grants((DESK, "self")),
    "accept": _grants((DESK, "area")),
    "assign": _grants((DESK, "area")),
    "return": _grants((DESK, "area")),
    "not_grid": _grants((DESK, "area")),
    "redo": _grants((DESK, "area")),
    "close": _grants((DESK, "area")),
    "petition": _grants((DESK, "area")),
    "escalate": _grants((DESK, "area")),
    "merge": _grants((DESK, "area")),
    "ask_check": _grants((DESK, "area")),
    "reopen": _grants((DESK, "area")),
    "ask_suspend": _grants((DESK, "area")),
    "resume": _grants((DESK, "area")),
    "enter": _grants((DESK, "area")),
    "undo": _grants((DESK, "area")),
    "copy": _grants((DESK, "area")),
    "upper": _grants((DESK, "self")),
    "duty": _grants((DESK | CLERK, "self")),
    "take_over": _grants((DESK, "self")),
    # The handler's acts
    "begin": _grants((HANDLERS, "holder")),
    "hand_back": _grants((HANDLERS, "holder")),
    "finish": _grants((HANDLERS, "holder")),
    "hand_on": _grants((HANDLERS, "holder")),
    "add_helper": _grants((HANDLERS, "holder"), (DESK, "area")),
    "ask_extend": _grants((HANDLERS, "holder"), (DESK, "area")),
    "acknowledge": _grants((HANDLERS, "holder"), (DESK, "area")),
    "note": _grants((HANDLERS, "holder"), (DESK | LEADERS, "area")),
    # The leader's acts
    "suspend": _grants((LEADERS, "area")),
    "extend": _grants((LEADERS, "area")),
    "refuse": _grants((LEADERS, "area")),
    "supervise": _grants((LEADERS, "area")),
    "instruct": _grants((LEADERS, "area")),
    # Reading
    "open": _grants(
        (EVERYBODY, "author"), (EVERYBODY, "party"), (HANDLERS, "holder"), (DESK | LEADERS, "area")
    ),
    "files": _grants((EVERYBODY, "author"), (HANDLERS, "holder"), (DESK, "area")),
    "search": _grants((EVERYBODY, "self")),
    "unmask": _grants((LEADERS | DESK, "area"), (HANDLERS, "holder")),
    "digest": _grants((LEADERS | DESK, "self")),
    "monthly": _grants((LEADERS | DESK, "self")),
    "figures": _grants((LEADERS | DESK, "self")),
    "figure": _grants((LEADERS | DESK, "area")),
    "annual": _grants((TOWN_LEADERS | DESK | CLERK, "self")),
    "export": _grants((LEADERS | DESK | CLERK, "self")),
    "export_area": _grants((LEADERS | DESK | CLERK, "area")),
    "export_names": _grants((LEADERS | DESK, "area")),
    # The roster
    "roster": _grants((CLERK, "self")),
    "invite": _grants((CLERK, "self")),
    "reply": _grants((CLERK, "self")),
}


def lies_in(area: str, outer: str) -> bool:
    """Tell whether an area is `outer` or lies inside it; codes nest by their beginnings."""
    return bool(outer) and area.startswith(outer)


def may(person: Person, verb: str, subject: Subject | None = None) -> bool:
    """Tell whether the person may do that now; False for a verb nobody has thought of."""
    return any(_covers(grant, person, subject or Subject()) for grant in RIGHTS.get(verb, ()))


def reach(person: Person, verb: str) -> tuple[str, ...]:
    """Return the areas all over which the person may do that, by code; none lies in another."""
    roles = {role for grant in RIGHTS.get(verb, ()) if grant.reach == "area" for role in grant.roles}
    areas = sorted(person.areas(*roles)) if roles else []
    return tuple(area for area in areas if not any(area != each and lies_in(area, each) for each in areas))


def _covers(grant: Grant, person: Person, subject: Subject) -> bool:
    if not person.has(*grant.roles):
        return False
    match grant.reach:
        case "self":
            return True
        case "author":
            return subject.author == person.id
        case "holder":
            return subject.holder == person.id
        case "party":
            return person.id in subject.parties
        case "area":
            return any(lies_in(subject.area, area) for area in person.areas(*grant.roles))
