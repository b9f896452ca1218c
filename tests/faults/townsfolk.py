"""Who may see and do what, and how an act changes an event: a model in plain Python, beside the bot's own rules.

Written from docs/loop.md and the rights of the posts; it imports nothing of ours. Where bot and model
differ, one of them has misunderstood the office.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

FIELD = {"网格员", "村干部", "包村干部", "包片领导"}
HANDLERS = FIELD | {"站所"}
DESK = {"值班员"}
LEADERS = {"包片领导", "镇领导"}
CLERK = {"管理员"}
HIDDEN = {"P", "O"}
"""Classes whose contents leaders read only when they have said why."""

OPEN = {"reported", "accepted", "assigned", "handling", "done", "returned", "reopened"}
NEW = {"reported", "reopened"}
OWN = {"reported", "returned", "self_handled", "filed"}
LOOP: dict[str, tuple[Collection[str], str, Collection[str]]] = {
    # act: (from, to, whose); to "" the state stays
    "accept": (NEW, "accepted", {"desk"}),
    "assign": (NEW | {"accepted", "assigned", "handling"}, "assigned", {"desk"}),
    "return": (NEW, "returned", {"desk"}),
    "answer": ({"returned"}, "reported", {"author"}),
    "not_grid": (NEW | {"accepted"}, "not_grid", {"desk"}),
    "begin": ({"assigned"}, "handling", {"holder"}),
    "hand_back": ({"assigned", "handling"}, "accepted", {"holder"}),
    "finish": ({"assigned", "handling"}, "done", {"holder"}),
    "redo": ({"done"}, "assigned", {"desk"}),
    "close": ({"done", "accepted"}, "closed", {"desk"}),
    "confirm": ({"closed"}, "", {"author"}),
    "deny": ({"closed"}, "reopened", {"author"}),
    "amend": (OWN, "", {"author"}),
    "withdraw": (OWN, "withdrawn", {"author"}),
    "supplement": (OPEN, "", {"author", "holder", "desk"}),
}
BY_ONE_TAP = {"accept", "begin", "confirm", "deny", "withdraw"}
WITH_REASON = {"return", "not_grid", "hand_back", "redo"}
"""Acts that are complete with the number of a ready reason."""


@dataclass
class Someone:
    """A person of the town: the posts he holds, and what he has said."""

    staff_no: int
    name: str
    id: int
    posts: list[tuple[str, str]]
    """(post, code of the area)"""
    said: set[str] = field(default_factory=set)
    """The tags and numbers in his words."""

    @property
    def chat(self) -> int:
        return 1000 + self.staff_no

    def has(self, roles: Collection[str]) -> bool:
        return any(role in roles for role, _ in self.posts)

    def covers(self, village: str, roles: Collection[str]) -> bool:
        return any(role in roles and village.startswith(code) for role, code in self.posts)

    def may_report(self, kind: str) -> bool:
        return self.has(FIELD if kind == "visit" else HANDLERS | DESK)


@dataclass
class Case:
    """A record as the model knows it."""

    id: int
    number: str
    kind: str
    author: int
    area: str
    klass: str
    urgency: str
    state: str
    holder: int | None = None
    version: int = 1
    tags: set[str] = field(default_factory=set)
    unmasked_for: set[int] = field(default_factory=set)

    def parts_of(self, who: Someone) -> set[str]:
        """Return what the person is to the record, with the posts of now."""
        parts = {
            "author": bool(who.posts) and who.id == self.author,
            "holder": who.id == self.holder and who.has(HANDLERS),
            "desk": who.covers(self.area, DESK),
            "leader": self.kind == "event" and who.covers(self.area, LEADERS),
        }
        return {part for part, is_so in parts.items() if is_so}

    def shows_words_to(self, who: Someone) -> bool:
        is_masked = self.klass in HIDDEN and self.urgency != "critical" and who.id not in self.unmasked_for
        return bool(self.parts_of(who) - ({"leader"} if is_masked else set()))

    def allows(self, act: str, who: Someone) -> bool:
        """Tell whether the act is on, and this person's."""
        states, _, whose = LOOP[act]
        if act == "amend" and self.urgency == "critical":
            states = OPEN | OWN  # of danger the village is put right at any time
        return self.state in states and bool(self.parts_of(who) & set(whose))

    def does(self, act: str, who: Someone | None) -> None:
        """Follow one act; without a person it is an event that comes back from somebody who has left."""
        is_left = who is None and act == "hand_back" and self.state in LOOP[act][0]
        assert is_left or (who and self.allows(act, who)), f"{act} of {self} by {who}"
        self.state = LOOP[act][1] or self.state
        self.version += 1
        if act == "hand_back":
            self.holder = None
