"""A record in the making: what has been said so far and what is asked next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Draft:
    """Survives restarts and weeks of silence; `values` are JSON by field name."""

    id: int
    person: int
    kind: str
    state: str
    """open, filed or dropped."""
    values: Mapping[str, Any]
    opened_at: datetime
    touched_at: datetime
    guessed: frozenset[str] = frozenset()
    """Fields that were guessed from the words and not stated."""
    asked: str | None = None
    """The field whose question is open; None: the card is."""
    trail: tuple[str, ...] = ()
    """Fields answered so far, for going back."""
    offered: tuple[str, ...] = ()
    """The values behind the buttons of the open question, in their order."""
    version: int = 1
    record: int | None = None
    """The record this draft has become, or changes."""
    from_record: int | None = None
    """The record it grew out of; linked when it is filed."""
    channel: str = ""
    chat: str = ""
    message: str | None = None
    """The platform's id of the message it began with."""
    is_practice: bool = False
    """It never becomes a record: practice (练一练) is kept as drafts only."""
