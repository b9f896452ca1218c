"""Who may see and do what, and how an act changes an event: a model in plain Python, beside the bot's own rules.

Written from docs/loop.md and the rights of the posts; it imports nothing of ours. Where bot and model
differ, one of them has misunderstood the office.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

FIELD = {"网格员", "村干部", "包村干部", "包片领导"}
HANDLERS = FIELD | {"站所", "司法所工作人员"}
DESK = {"值班员"}
LEADERS = {"包片领导", "镇领导"}
CLERK = {"管理员"}
HIDDEN = {"P", "O"}
"""Classes whose contents leaders read only when they have said why."""

NEW = {"reported", "reopened"}
HELD = {"assigned", "handling"}
WORK = HELD | {"accepted"}
AWAY = {"returned", "suspended", "escalated"}
OPEN = NEW | WORK | AWAY | {"done"}
ENDED = {"closed", "self_handled", "not_grid", "petition"}
STATES = OPEN | ENDED | {"duplicate", "withdrawn"}
OWN = {"reported", "returned", "self_handled", "filed"}
CONCERNED = {"author", "party", "desk"}
LOOP: dict[str, tuple[Collection[str], str, Collection[str]]] = {
    # act: (from, to, whose); to "" the state stays
    "accept": (NEW, "accepted", {"desk"}),
    "assign": (NEW | WORK | {"escalated"}, "assigned", {"desk"}),
    "return": (NEW, "returned", {"desk"}),
    "answer": ({"returned"}, "reported", {"author", "party"}),
    "not_grid": (NEW | {"accepted"}, "not_grid", {"desk"}),
    "petition": (NEW | WORK, "petition", {"desk"}),
    "escalate": (NEW | WORK, "escalated", {"desk"}),
    "merge": (NEW | WORK, "duplicate", {"desk"}),
    "begin": ({"assigned"}, "handling", {"holder"}),
    "hand_back": (HELD, "accepted", {"holder"}),
    "hand_on": (HELD, "assigned", {"holder"}),
    "add_helper": (HELD, "", {"holder", "desk"}),
    "finish": (HELD, "done", {"holder"}),
    "redo": ({"done"}, "assigned", {"desk"}),
    "ask_check": ({"done"}, "", {"desk"}),
    "close": ({"done", "accepted", "escalated", "self_handled"}, "closed", {"desk"}),
    "confirm": (WORK | {"done", "closed"}, "", CONCERNED),
    "deny": (WORK | {"done", "closed"}, "reopened", CONCERNED),
    "rate": ({"closed"}, "", {"author"}),
    "reopen": (ENDED, "reopened", {"desk"}),
    "ask_suspend": (WORK, "", {"desk"}),
    "suspend": (WORK, "suspended", {"leader"}),
    "resume": ({"suspended"}, "handling", {"desk"}),
    "ask_extend": (WORK, "", {"holder", "desk"}),
    "extend": (WORK, "", {"leader"}),
    "refuse": (WORK, "", {"leader"}),
    "supervise": (OPEN - {"returned"}, "", {"leader"}),
    "instruct": (OPEN - {"returned"}, "", {"leader"}),
    "acknowledge": (OPEN, "", {"holder", "desk"}),
    "amend": (OWN, "", {"author"}),
    "withdraw": (OWN, "withdrawn", {"author"}),
    "supplement": (OPEN, "", {"author", "party", "holder", "desk"}),
    "join": (OPEN, "", {"anybody"}),
    "note": (STATES, "", {"holder", "desk", "leader"}),
    "enter": (STATES, "", {"desk"}),
    "undo": (STATES, "", {"desk"}),
}
BY_ONE_TAP = {"accept", "begin", "confirm", "deny", "resume"}
WITH_REASON = {"return", "not_grid", "hand_back", "redo", "escalate", "reopen", "withdraw"}
"""Acts that are complete with the number of a ready reason."""
UNDOABLE = {"assign", "not_grid", "petition", "escalate", "merge", "close"}
BY_ITSELF = {"hand_back": HELD, "resume": {"suspended"}}
"""Acts of nobody: an event comes back from somebody who has left, or on its day of review."""


def lands(act: str, state: str, *, is_held: bool) -> str:
    """Return the state after an act."""
    if act == "deny" and state in WORK:
        return state  # who looked says that it is not done yet, and nobody has said it was
    if act == "resume" and not is_held:
        return "accepted"
    return LOOP[act][1] or state


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
    parties: set[tuple[str, int]] = field(default_factory=set)
    """(part, person) of whoever has a part beside author and holder."""
    undoable: tuple[int, str, int | None] | None = None
    """Who may take the last act back, and the state and holder before it."""

    def parts_of(self, who: Someone) -> set[str]:
        """Return what the person is to the record, with the posts of now."""
        parts = {
            "author": bool(who.posts) and who.id == self.author,
            "holder": who.id == self.holder and who.has(HANDLERS),
            "desk": who.covers(self.area, DESK),
            "leader": self.kind == "event" and who.covers(self.area, LEADERS),
            "party": bool(who.posts) and who.id in {person for _, person in self.parties},
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
        if act == "undo" and (self.undoable is None or self.undoable[0] != who.id):
            return False
        may = self.parts_of(who) | ({"anybody"} if who.may_report("event") else set())
        return self.state in states and bool(may & set(whose))

    def does(self, act: str, who: Someone | None) -> None:
        """Follow one act; without a person it is one that comes by itself."""
        is_fit = self.allows(act, who) if who else self.state in BY_ITSELF.get(act, ())
        assert is_fit, f"{act} of {self} by {who}"
        before = (self.state, self.holder)
        if act == "undo":
            assert self.undoable
            _, self.state, self.holder = self.undoable
        else:
            self.state = lands(act, self.state, is_held=self.holder is not None)
        self.undoable = (who.id, *before) if who and act in UNDOABLE else None
        self.version += 1
        if act == "hand_back":
            self.holder = None
