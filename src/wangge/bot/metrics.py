"""Figures for Prometheus: how much, how fast, how late. No chat, no person and no word stands in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from wangge.storage.queues import Queues

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
REFUSALS = ("secret", "size", "json", "storage")
"""Why a push is not taken."""


@dataclass(frozen=True)
class Measured:
    """What is measured when somebody asks; spans in seconds."""

    queues: Queues
    now: datetime
    ticked_at: datetime
    tick_late: float
    silent: Mapping[str, float]
    """Channel → since when its platform has not answered."""
    disk_free: int
    """Bytes."""


class Metrics:
    """Counters that grow as things happen, and gauges that are set when somebody asks."""

    def __init__(self) -> None:
        """Begin at zero; two bots of one process share nothing."""
        self._registry = CollectorRegistry()
        counter = partial(Counter, registry=self._registry)
        gauge = partial(Gauge, registry=self._registry)
        self._updates = counter("wangge_updates", "Messages taken in, repeated ones too", ["channel", "kind"])
        self._refused = counter("wangge_pushes_refused", "Pushes refused", ["channel", "reason"])
        self._calls = counter("wangge_api_calls", "Calls to a platform", ["channel", "method", "error"])
        self._handling = Histogram(
            "wangge_handling_seconds",
            "From taking a message in hand to its commit",
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._rows = gauge("wangge_queue_rows", "Rows that could go on now", ["queue"])
        self._oldest = gauge("wangge_queue_oldest_seconds", "Age of the oldest of them", ["queue"])
        self._for_hours = gauge("wangge_outbox_for_hours", "Messages that wait for their hour")
        self._dead = gauge("wangge_dead_letters", "Rows set aside for good", ["queue"])
        self._ticked = gauge("wangge_last_tick_timestamp_seconds", "Town time of the last tick")
        self._late = gauge("wangge_tick_late_seconds", "Since when the tick is overdue")
        self._silent = gauge("wangge_channel_silent_seconds", "Since a platform's last answer", ["channel"])
        self._disk = gauge("wangge_disk_free_bytes", "Free where the data folder is")
        gauge("wangge_build_info", "Which version runs", ["version"]).labels(version("wangge")).set(1)

    def expect(self, channel: str) -> None:
        """Begin at zero what alerts look at: Prometheus does not see the rise of what was not there."""
        for method in ("getUpdates", "push"):
            self._calls.labels(channel, method, "Displaced")
        for reason in REFUSALS:
            self._refused.labels(channel, reason)

    def took_in(self, channel: str, kind: str) -> None:
        """Count a message."""
        self._updates.labels(channel, kind).inc()

    def refused(self, channel: str, reason: str) -> None:
        """Count a push that was refused."""
        self._refused.labels(channel, reason).inc()

    def called(self, channel: str, method: str, error: str) -> None:
        """Count a call to a platform; `error` is "" if it went well."""
        self._calls.labels(channel, method, error or "none").inc()

    def handled(self, seconds: float, messages: int) -> None:
        """Note that so many messages were handled by one commit."""
        for _ in range(messages):
            self._handling.observe(seconds)

    def page(self, measured: Measured) -> bytes:
        """Return everything in Prometheus' text format."""
        queues = measured.queues
        named = {"inbox": queues.inbox, "outbox": queues.outbox, "jobs": queues.jobs}
        for name, queue in named.items():
            age = measured.now - queue.since if queue.since else timedelta(0)
            self._rows.labels(name).set(queue.waiting)
            self._oldest.labels(name).set(max(0.0, age.total_seconds()))
            self._dead.labels(name).set(queues.dead[name])
        for channel, seconds in measured.silent.items():
            self._silent.labels(channel).set(seconds)
        self._for_hours.set(queues.for_hours)
        self._ticked.set(measured.ticked_at.timestamp())
        self._late.set(measured.tick_late)
        self._disk.set(measured.disk_free)
        return generate_latest(self._registry)
