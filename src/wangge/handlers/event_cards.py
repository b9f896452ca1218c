"""How an event looks to whoever reads it: text and buttons for reporter, desk, handler, leader."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Literal

from wangge.handlers import cards
from wangge.handlers.context import Outgoing
from wangge.rules.clocks import KINDS
from wangge.rules.loop import HELD, OPEN
from wangge.rules.masking import mask_name
from wangge.rules.rights import Person, Subject, may
from wangge.storage import files, jobs, people, requests, timeline
from wangge.storage.records import Stored
from wangge.storage.timeline import Entry
from wangge.texts import say

Audience = Literal["reporter", "desk", "holder", "former", "leader", "helper", "checker"]
"""former: had it in hand before; helper and checker: were named for it beside the holder."""

SPOKEN = frozenset(
    {
        "return",
        "answer",
        "not_grid",
        "petition",
        "escalate",
        "merge",
        "hand_back",
        "hand_on",
        "finish",
        "redo",
        "close",
        "reopen",
        "withdraw",
        "suspend",
    }
)
"""Acts whose words say why an event is in its state."""
ADDED = frozenset({"supplement", "join", "redo", "confirm", "deny"})
"""Acts that say something new of a matter, for its card."""
INTERNAL = frozenset(
    {
        "note",
        "enter",
        "add_helper",
        "ask_suspend",
        "ask_extend",
        "extend",
        "refuse",
        "supervise",
        "instruct",
        "acknowledge",
    }
)
"""Acts that the reporter never reads of, nor who only looks whether it is done."""
OUTSIDE: frozenset[Audience] = frozenset({"reporter", "checker"})


def subject(record: Stored) -> Subject:
    """Return the record as rights see it."""
    return Subject(
        record.area, record.author, record.holder, frozenset(person for _, person in record.parties)
    )


def may_open(person: Person, record: Stored) -> bool:
    """Tell whether the person may read a record; a visit's households are its author's and the desk's."""
    if record.kind == "event":
        return may(person, "open", subject(record))
    return record.author == person.id or may(person, "accept", subject(record))


def audience(person: Person, record: Stored) -> Audience | None:
    """Return as what a person sees the event, None if not at all."""
    about = subject(record)
    is_desk = may(person, "accept", about)
    if record.holder == person.id and record.state in HELD and not (is_desk and record.state == "done"):
        return "holder" if may(person, "begin", about) or not is_desk else "desk"
    if is_desk:
        return "desk"
    if record.author == person.id or person.id in record.whose("reporter"):
        return "reporter"
    if person.id in record.whose("helper"):
        return "helper"
    if person.id in record.whose("checker"):
        return "checker"
    if may(person, "supervise", about):
        return "leader"
    return "former" if may(person, "open", about) else None


def slot(record: Stored, person: int) -> str:
    """The reporter's card is the one on which he filed it, so that it changes in place."""
    if person == record.author and record.origin.startswith("draft:"):
        return record.origin.rpartition(":")[0]
    return f"{record.kind}:{record.id}"


def text(outgoing: Outgoing, record: Stored, audience: Audience, *, is_unmasked: bool = False) -> str:
    """Return an event's card for one kind of reader; leaders read it masked unless they ask why not."""
    found = view(outgoing, record)
    if audience == "leader" and not is_unmasked:
        found = _masked(outgoing, record, found)
    shown = cards.event_text(found, audience)
    if audience == "reporter" and record.urgency == "critical" and record.state == "reported":
        phone = outgoing.world.policy.desk.phone
        return say(
            "danger.filed" if outgoing.on_duty else "danger.filed.nobody",
            number=record.number,
            phone=phone,
            village=found.village,
            what=cards.shorten(record.values["what"]),
        )
    return shown


def view(outgoing: Outgoing, record: Stored) -> cards.EventView:
    """Return the event with the names and words its card shows; read once for all its readers."""
    return _known(outgoing, record)[0]


def _known(outgoing: Outgoing, record: Stored) -> tuple[cards.EventView, list[Entry]]:
    key = (record.id, record.version)
    if key not in outgoing.views:
        entries = timeline.of(outgoing.tx, record.id)
        outgoing.views[key] = _read(outgoing, record, entries), entries
    return outgoing.views[key]


def _read(outgoing: Outgoing, record: Stored, entries: list[Entry]) -> cards.EventView:
    world = outgoing.world
    known = people.by_ids(outgoing.tx, {record.author, record.holder or record.author}, outgoing.today)
    sorts = [attachment.sort for attachment in files.attached(outgoing.tx, record=record.id)]
    author, holder = known.get(record.author), known.get(record.holder or 0)
    return cards.EventView(
        files=len(sorts),
        id=record.id,
        number=record.number,
        version=record.version,
        state=record.state,
        village=world.names.get(record.area, record.area),
        category=outgoing.setting.category(record.klass),
        urgency=say(f"event.urgency.{record.urgency}"),
        what=record.values["what"],
        place=record.values.get("place", ""),
        day=record.happened_on,
        reported_at=record.reported_at,
        accept_by=record.accept_by,
        due_at=record.due_at,
        reporter=author.name if author else "",
        holder=holder.name if holder else "",
        attached=cards.attached_text(sorts, has_position=bool(record.values.get("position"))),
        words=_last_words(entries),
        outcome=say(f"outcome.{record.outcome}") if record.outcome else "",
        added=_last_added(entries) if record.state in OPEN else "",
        accepted_at=record.accepted_at,
        start_by=record.start_by,
        asked=_asked(outgoing, record) if _may_be_asked(record) else (),
        upper=_upper(record),
        review=_review(outgoing, record) if record.state == "suspended" else "",
    )


def _upper(record: Stored) -> str:
    return say(f"event.upper.{record.upper}", number=record.upper_number) if record.upper else ""


def _review(outgoing: Outgoing, record: Stored) -> str:
    day = date.fromisoformat(record.values["review"])
    return say("event.review.line", day=cards.day_text(day, outgoing.today))


def _may_be_asked(record: Stored) -> bool:
    """Tell whether anything can wait for an answer: on a new event nothing does yet."""
    return record.state == "self_handled" or (record.state in OPEN and record.version > 1)


def _asked(outgoing: Outgoing, record: Stored) -> tuple[str, ...]:
    """Return a line for whatever waits for an answer on the event."""
    kinds = (requests.SAMPLE,) if record.state == "self_handled" else (*requests.CONSENTS, *requests.ORDERS)
    return tuple(
        say(
            f"asked.{each.kind}",
            words=cards.shorten(each.words),
            until=cards.day_text(each.until, outgoing.today) if each.until else "",
            confirmed=say("asked.confirmed") if each.state == "confirmed" else "",
        )
        for each in requests.open_of(outgoing.tx, record.id)
        if each.kind in kinds
    )


def _masked(outgoing: Outgoing, record: Stored, found: cards.EventView) -> cards.EventView:
    """Mask names; of a hidden class only what danger to life makes known is shown."""
    found = replace(found, reporter=mask_name(found.reporter), holder=mask_name(found.holder))
    if not outgoing.world.policy.hides(record.klass):
        return found
    found = replace(found, category=say("category.hidden"))
    return (
        found
        if record.urgency == "critical"
        else replace(found, what=say("event.hidden"), place="", words="", added="", asked=())
    )


def _last_added(entries: Sequence[Entry]) -> str:
    """Return what was added last, or why it is to be done again; a picture without words says nothing."""
    last = next((entry for entry in reversed(entries) if entry.act in ADDED | {"finish"}), None)
    if last is None or last.act == "finish" or cards.is_unsaid(last.reason):
        return ""
    act = say(f"act.{last.act}")
    return say("event.added.line", act=act, words=cards.shorten(last.reason)) if last.reason else act


def _last_words(entries: Sequence[Entry]) -> str:
    """Return why the event is in its state: what was said with the last act that says so."""
    return next((entry.reason for entry in reversed(entries) if entry.reason and entry.act in SPOKEN), "")


def history_text(outgoing: Outgoing, record: Stored, audience: Audience) -> str:
    """Return all acts on an event, one a line, with the notices of its clocks between them.

    Leaders read names masked, and no words of a hidden class; reporters and checkers nothing internal.
    """
    is_leader, is_outside = audience == "leader", audience in OUTSIDE
    is_hidden = is_leader and outgoing.world.policy.hides(record.klass)
    entries = [each for each in _known(outgoing, record)[1] if not (is_outside and each.act in INTERNAL)]
    known = people.by_ids(outgoing.tx, {entry.actor for entry in entries if entry.actor}, outgoing.today)
    names = {key: mask_name(person.name) if is_leader else person.name for key, person in known.items()}
    lines = [
        (
            entry.at,
            say(
                "timeline.line",
                at=cards.clock_text(entry.at),
                who=names.get(entry.actor or 0, say("timeline.bot")),
                act=say(f"act.{entry.act}"),
                reason=f"：{cards.shorten(entry.reason)}" if entry.reason and not is_hidden else "",
            ),
        )
        for entry in entries
    ]
    if not is_outside:
        lines += _notices(outgoing, record)
    return "\n".join(["", *(line for _, line in sorted(lines, key=lambda each: each[0]))])


def _notices(outgoing: Outgoing, record: Stored) -> list[tuple[datetime, str]]:
    return [
        (at, say("timeline.notice", at=cards.clock_text(at), what=say(f"clock.{kind}.short")))
        for kind, at in jobs.decided(outgoing.tx, KINDS, str(record.id))
    ]


def with_post(person: Person) -> str:
    """Return a person's name with the posts of the day."""
    posts = "、".join(dict.fromkeys(say(f"role.{post.role}") for post in person.posts))
    return say("desk.person", name=person.name, posts=posts)
