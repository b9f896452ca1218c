"""What the week cost everybody in messages, counted from the sandbox's own log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from wangge.demo.people import FIELD_ROLES, Member
from wangge.rules.calendar import TOWN_ZONE
from wangge.sandbox.views import Event

ROLES = ("网格员", "村干部", "包村干部", "包片领导", "站所", "值班员", "镇领导", "管理员", "司法所工作人员")
WEEK_ENDS = datetime(2026, 11, 23, tzinfo=TOWN_ZONE)


@dataclass
class Tally:
    """Messages of the people of one role."""

    people: int = 0
    said: int = 0
    tapped: int = 0
    answers: int = 0
    edits: int = 0
    unasked: Counter[int] = field(default_factory=Counter)
    """Person's account → messages that answer no act of his own."""

    @property
    def most(self) -> int:
        """The largest number of unasked messages to one person."""
        return max(self.unasked.values(), default=0)


def tally(feed: Iterable[Event], members: dict[int, Member]) -> dict[str, Tally]:
    """Count the week's messages by role; `members` by account.

    A message answers a person's own act if that act was the last thing anybody did, and town time has
    stood still since. Cards that change in their place make no sound and are counted apart.
    """
    found = {role: Tally() for role in ROLES}
    for member in members.values():
        found[member.role].people += 1
    last_actor, last_at = 0, ""
    for event in feed:
        if datetime.fromisoformat(event.at) >= WEEK_ENDS:
            break
        of_role = found[members[event.chat_id].role]
        is_own = event.chat_id == last_actor and event.at == last_at
        match _sort(event):
            case "said" | "tapped" as sort:
                last_actor, last_at = event.chat_id, event.at
                of_role.said += sort == "said"
                of_role.tapped += sort == "tapped"
            case "edit":
                of_role.edits += 1
            case "message" if is_own:
                of_role.answers += 1
            case "message":
                of_role.unasked[event.chat_id] += 1
    return found


def rows(found: dict[str, Tally]) -> Iterator[tuple[str, ...]]:
    """Yield the lines of the table."""
    for role, each in found.items():
        numbers = (each.people, each.said, each.tapped, each.answers, each.unasked.total(), each.most)
        yield role, *map(str, numbers)


def most_in_the_field(found: dict[str, Tally]) -> int:
    """Return the largest number of unasked messages to one person in the field."""
    return max(found[role].most for role in FIELD_ROLES)


def _sort(event: Event) -> str:
    if event.kind == "tap":
        return "tapped"
    if event.message is None or event.kind in ("toast", "delete"):
        return ""
    if not event.message.from_bot:
        return "said" if event.kind == "message" else ""
    return str(event.kind)
