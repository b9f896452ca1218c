"""The event loop (网格事件流转): state × act → next state, what it requires, who is told.

Buttons, checks and the documentation's diagram derive from this one table; who may
do an act stands in rules.rights under the same name.
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
    "not_grid",
    "withdrawn",
    "reopened",
]
Required = Literal["holder", "reason", "words", "outcome"]
Told = Literal["reporter", "holder", "desk"]

OUTCOMES = ("solved", "passed_on", "unsolvable", "untrue")
OPEN: frozenset[str] = frozenset(
    {"reported", "accepted", "assigned", "handling", "done", "returned", "reopened"}
)
UNACCEPTED: frozenset[str] = frozenset({"reported", "reopened"})
AT_WORK: frozenset[str] = frozenset({"accepted", "assigned", "handling"})
HELD: frozenset[str] = frozenset({"assigned", "handling", "done"})
"""States in which the holder sees an event as the one who handles it."""
ENDED: frozenset[str] = frozenset({"closed", "self_handled", "not_grid"})
"""States that count as closed (办结); withdrawn events do not count at all."""


@dataclass(frozen=True)
class Act:
    """One way on. `told` get a new message; everybody's card of the event is edited anyway."""

    verb: str
    states: frozenset[str]
    to: State | None
    """None: the state stays."""
    requires: tuple[Required, ...] = ()
    told: tuple[Told, ...] = ()


LOOP: dict[str, Act] = {
    act.verb: act
    for act in (
        Act("accept", UNACCEPTED, "accepted"),
        Act(
            "assign", UNACCEPTED | {"accepted", "assigned", "handling"}, "assigned", ("holder",), ("holder",)
        ),
        Act("return", UNACCEPTED, "returned", ("reason",), ("reporter",)),
        Act("answer", frozenset({"returned"}), "reported", ("words",), ("desk",)),
        Act("not_grid", UNACCEPTED | {"accepted"}, "not_grid", ("reason",), ("reporter",)),
        Act("begin", frozenset({"assigned"}), "handling"),
        Act("hand_back", frozenset({"assigned", "handling"}), "accepted", ("reason",), ("desk",)),
        Act("finish", frozenset({"assigned", "handling"}), "done", ("words",)),
        Act("redo", frozenset({"done"}), "assigned", ("reason",), ("holder",)),
        Act("close", frozenset({"done", "accepted"}), "closed", ("outcome",), ("reporter",)),
        Act("confirm", frozenset({"closed"}), None),
        Act("deny", frozenset({"closed"}), "reopened", (), ("desk",)),
        Act("amend", frozenset({"reported", "returned", "self_handled"}), None),
        Act("withdraw", frozenset({"reported", "returned", "self_handled"}), "withdrawn", (), ()),
        Act("supplement", OPEN, None, ("words",)),
    )
}


def allowed(verb: str, state: str) -> bool:
    """Tell whether the loop knows that act in that state."""
    act = LOOP.get(verb)
    return act is not None and state in act.states
