"""What the chat page is told by whoever runs the sandbox."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from wangge.sandbox.views import Section
from wangge.sandbox.world import World

Settled = Callable[[int], Awaitable[bool]]
"""Waits a while, then tells whether the bot has done all that is due at this version of the clock."""
Inside = Callable[[int], Awaitable[list[Section]]]
"""Tells what the bot did inside for the update of this identifier."""


class Host(Protocol):
    """A sandbox, as its page sees it."""

    world: World
    featured: list[int]
    settled: Settled | None
    inside: Inside | None
