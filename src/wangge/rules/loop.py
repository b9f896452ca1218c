"""The event loop (网格事件流转): state × act → next state, what it requires, who is told.

Buttons, checks, notices and the documentation's diagram derive from this one table;
who may do an act stands in rules.rights under the same name.
"""

from dataclasses import dataclass
from typing import Literal

State = Literal[
    "reported",
    "accepted",
    "assigned",
    "handling",
    "done",
    "closed",
    "self_handled",
    "returned",
    "suspended",
    "escalated",
    "not_grid",
    "petition",
    "duplicate",
    "withdrawn",
    "reopened",
]
Required = Literal["holder", "reason", "words", "until", "outcome", "lead", "grade"]
"""holder: a person; reason: one of the ready ones or words; until: a day; lead: another event;
grade: one of three."""
Told = Literal["reporter", "holder", "desk", "leader", "named"]
"""named: the person whom the act names beside the holder; leader: the leader in charge."""

OUTCOMES = ("solved", "passed_on", "unsolvable", "untrue")
GRADES = ("satisfied", "mostly", "unsatisfied")
"""满意、基本满意、不满意: what a resident may say, in the order in which it is asked."""
UNACCEPTED: frozenset[str] = frozenset({"reported", "reopened"})
AT_WORK: frozenset[str] = frozenset({"accepted", "assigned", "handling"})
PAUSED: frozenset[str] = frozenset({"returned", "suspended", "escalated"})
"""States in which the town waits for somebody else: its clocks stand still."""
OPEN: frozenset[str] = UNACCEPTED | AT_WORK | PAUSED | {"done"}
HELD: frozenset[str] = frozenset({"assigned", "handling", "done", "suspended"})
"""States in which the holder sees an event as the one who handles it."""
ENDED: frozenset[str] = frozenset({"closed", "self_handled", "not_grid", "petition"})
"""States that count as closed (办结); withdrawn and merged events do not count at all."""
FOR_UPPER: frozenset[str] = AT_WORK | {"suspended", "escalated", "done", "closed", "self_handled", "petition"}
"""States in which the upper platform (上级平台) has to know of an event: it is accepted, and counts."""
STATES: frozenset[str] = OPEN | ENDED | {"duplicate", "withdrawn"}


@dataclass(frozen=True)
class Act:
    """One way on. `told` get a new message; everybody's card of the event is edited anyway."""

    verb: str
    states: frozenset[str]
    to: State | None
    """None: the state stays."""
    requires: tuple[Required, ...] = ()
    told: tuple[Told, ...] = ()
    unheld: State | None = None
    """Where it goes instead if nobody holds the event."""
    is_undoable: bool = False
    """Whether who did it may take it back for a few minutes."""


_HELD_AT_WORK = frozenset({"assigned", "handling"})
_OPEN_BUT_RETURNED = OPEN - {"returned"}

LOOP: tuple[Act, ...] = (
    # The desk takes it, or says why not
    Act("accept", UNACCEPTED, "accepted"),
    Act(
        "assign",
        UNACCEPTED | AT_WORK | {"escalated"},
        "assigned",
        ("holder",),
        ("holder",),
        is_undoable=True,
    ),
    Act("return", UNACCEPTED, "returned", ("reason",), ("reporter",)),
    Act("answer", frozenset({"returned"}), "reported", ("words",), ("desk",)),
    Act("not_grid", UNACCEPTED | {"accepted"}, "not_grid", ("reason",), ("reporter",), is_undoable=True),
    Act("petition", UNACCEPTED | AT_WORK, "petition", ("words",), ("reporter",), is_undoable=True),
    Act("escalate", UNACCEPTED | AT_WORK, "escalated", ("reason",), is_undoable=True),
    Act("merge", UNACCEPTED | AT_WORK, "duplicate", ("lead",), ("reporter",), is_undoable=True),
    # Whoever has it in hand
    Act("begin", frozenset({"assigned"}), "handling"),
    Act("hand_back", _HELD_AT_WORK, "accepted", ("reason",), ("desk",)),
    Act("hand_on", _HELD_AT_WORK, "assigned", ("holder", "reason"), ("holder", "desk")),
    Act("add_helper", _HELD_AT_WORK, None, ("holder",), ("named",)),
    Act("finish", _HELD_AT_WORK, "done", ("words",)),
    # 核查 and closing
    Act("redo", frozenset({"done"}), "assigned", ("reason",), ("holder",)),
    Act("ask_check", frozenset({"done"}), None, ("holder",), ("named",)),
    Act(
        "close",
        frozenset({"done", "accepted", "escalated"}),
        "closed",
        ("outcome",),
        ("reporter",),
        is_undoable=True,
    ),
    Act("close", frozenset({"self_handled"}), "closed", ("outcome",), is_undoable=True),
    Act("confirm", AT_WORK | {"done", "closed"}, None),
    Act("deny", frozenset({"done", "closed"}), "reopened", (), ("desk",)),
    Act("deny", AT_WORK, None),
    Act("rate", frozenset({"closed"}), None, ("grade",)),
    Act("reopen", ENDED, "reopened", ("reason",), ("reporter",)),
    # 挂账 and 延期: asked for by who has it, granted by a leader
    Act("ask_suspend", AT_WORK, None, ("reason", "until"), ("leader",)),
    Act("suspend", AT_WORK, "suspended", (), ("desk", "holder")),
    Act("resume", frozenset({"suspended"}), "handling", (), ("holder", "desk"), unheld="accepted"),
    Act("ask_extend", AT_WORK, None, ("reason", "until"), ("leader",)),
    Act("extend", AT_WORK, None, (), ("desk", "holder")),
    Act("refuse", AT_WORK, None, ("reason",), ("desk", "holder")),
    # 督办 and 批示
    Act("supervise", _OPEN_BUT_RETURNED, None, ("words", "until"), ("holder", "desk")),
    Act("instruct", _OPEN_BUT_RETURNED, None, ("words",), ("holder", "desk")),
    Act("acknowledge", OPEN, None),
    # The reporter, and whoever has something to add
    Act("amend", frozenset({"reported", "returned", "self_handled"}), None),
    Act("withdraw", frozenset({"reported", "returned", "self_handled"}), "withdrawn", ("reason",)),
    Act("supplement", OPEN, None, ("words",)),
    Act("join", OPEN, None, ("words",)),
    Act("note", STATES, None, ("words",)),
    Act("enter", STATES, None, ("words",)),
)


def act_in(verb: str, state: str) -> Act | None:
    """Return the act of that name in that state, None if the loop knows none."""
    return next((act for act in LOOP if act.verb == verb and state in act.states), None)


def allowed(verb: str, state: str) -> bool:
    """Tell whether the loop knows that act in that state."""
    return act_in(verb, state) is not None


def next_state(act: Act, state: str, *, is_held: bool) -> str:
    """Return the state after an act."""
    if act.unheld and not is_held:
        return act.unheld
    return act.to or state


VERBS: frozenset[str] = frozenset(act.verb for act in LOOP)
