"""Trouble on order: what the next calls of the bot meet instead of a plain answer."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FaultKind = Literal[
    "server_error",
    "too_many_requests",
    "blocked",
    "bad_request",
    "hang",
    "reset",
    "accepted_then_dropped",
    "invalid_json",
]


class Fault(BaseModel):
    """One script line: after `skip` matching calls, the next `times` ones meet this trouble.

    Without a method every call matches but getUpdates: polls come at their own pace and would use up
    the script. `download` names the download of a file.
    """

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    times: int = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    method: str | None = None
    chat_id: int | None = None
    code: int = 500
    description: str | None = None
    retry_after: int = 1
    seconds: float = 3600.0

    def matches(self, method: str, chat_id: int | None) -> bool:
        """Return whether a call is one of those the script means."""
        if self.method is None:
            right_method = method.lower() != "getupdates"
        else:
            right_method = method.lower() == self.method.lower()
        return right_method and self.chat_id in (None, chat_id)


class FaultScript:
    """The faults still to come, in the order they were written."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Append a line to the script; the caller's copy stays as it is."""
        self.faults.append(fault.model_copy())

    def clear(self) -> None:
        """Let everything go well again."""
        self.faults.clear()

    def next_for(self, method: str, chat_id: int | None) -> Fault | None:
        """Return the trouble this call meets and count it."""
        for fault in self.faults:
            if not fault.matches(method, chat_id):
                continue
            if fault.skip:
                fault.skip -= 1
                return None
            fault.times -= 1
            if not fault.times:
                self.faults.remove(fault)
            return fault
        return None
