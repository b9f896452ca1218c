"""How fast a bot may write, when the sandbox is asked to be strict about it.

Source: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this (about 30 messages a
second in all, one a second in a chat, 20 a minute in a group). Real limits are softer in short bursts.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable

from wangge.sandbox.errors import too_many_requests


class Pace:
    """Counts messages in elapsed time and refuses those that come too fast."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self.strict = False
        self._elapsed = elapsed
        self._sent: dict[str, deque[float]] = defaultdict(deque)

    def admit(self, chat_id: int) -> None:
        """Count a message to a chat.

        Raises:
            ApiError: 429 with the seconds to wait; the message is not counted.
        """
        if not self.strict:
            return
        limits = [("all", 30, 1.0), (f"chat {chat_id}", 1, 1.0)]
        if chat_id < 0:
            limits.append((f"group {chat_id}", 20, 60.0))
        now = self._elapsed()
        for key, most, window in limits:
            self._check(self._sent[key], most, window, now)
        for key, _, _ in limits:
            self._sent[key].append(now)

    def _check(self, times: deque[float], most: int, window: float, now: float) -> None:
        while times and times[0] <= now - window:
            times.popleft()
        if len(times) >= most:
            raise too_many_requests(max(1, math.ceil(times[0] + window - now)))
