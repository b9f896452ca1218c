"""How an event looks to whoever reads it: text and buttons for reporter, desk, handler, leader."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from wangge.handlers import cards
from wangge.handlers.context import Outgoing, choice
from wangge.handlers.message import Choice
from wangge.rules.loop import OPEN, UNACCEPTED
from wangge.rules.masking import mask_name
from wangge.rules.rights import HANDLERS, Person, Subject
from wangge.storage import files, people, records
from wangge.storage.records import Entry, Stored
from wangge.texts import say

Audience = Literal["reporter", "desk", "holder", "former", "leader"]
"""former: had it in hand before."""


def subject(record: Stored) -> Subject:
    """Return the record as rights see it."""
    return Subject(record.area, record.author, record.holder)


def candidates(outgoing: Outgoing, record: Stored) -> list[Person]:
    """Return who may be given an event of that place: the usual one first, then by post."""
    away = people.on_leave(outgoing.tx, outgoing.today)
    found = [
        person
        for person in people.covering(outgoing.tx, record.area, HANDLERS, outgoing.today)
        if person.id not in away
    ]
    usual = records.usual_holder(outgoing.tx, record.area, record.klass, [person.id for person in found])
    order: dict[str, int] = {"village_cadre": 1, "stationed_cadre": 2, "grid_worker": 3, "area_leader": 4}
    return sorted(
        found,
        key=lambda person: (
            person.id != usual,
            person.id == record.author,
            min((order.get(post.role, 5) for post in person.posts), default=5),
            person.staff_no,
        ),
    )


def slot(record: Stored, person: int) -> str:
    """The reporter's card is the one on which he filed it, so that it changes in place."""
    if person == record.author:
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
        entries = records.timeline(outgoing.tx, record.id)
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
    )


def _masked(outgoing: Outgoing, record: Stored, found: cards.EventView) -> cards.EventView:
    """Mask names; of a hidden class only what danger to life makes known is shown."""
    category = outgoing.world.policy.category(record.klass)
    found = replace(found, reporter=mask_name(found.reporter), holder=mask_name(found.holder))
    if category is None or not category.hidden:
        return found
    found = replace(found, category=say("category.hidden"))
    return (
        found
        if record.urgency == "critical"
        else replace(found, what=say("event.hidden"), words="", added="")
    )


def choices(outgoing: Outgoing, record: Stored, audience: Audience) -> tuple[Choice, ...]:
    """Return the buttons that fit the reader and the state; rights are checked when one is tapped."""
    acts = _acts(outgoing, record, audience)
    if audience in {"desk", "holder"} and view(outgoing, record).files:
        return (*acts, choice("button.files", f"files:{record.id}:0"))
    return acts


def _acts(outgoing: Outgoing, record: Stored, audience: Audience) -> tuple[Choice, ...]:
    at = f"{record.id}:{record.version}"
    match audience, record.state:
        case "desk", "reported" | "reopened" | "accepted":
            return _desk_choices(outgoing, record, at)
        case "desk", "done":
            return (
                choice("button.close", f"close:{at}", wide=True),
                choice("button.other_outcome", f"close:{record.id}.other:{record.version}"),
                choice("button.redo", f"redo:{at}"),
            )
        case "desk", "assigned" | "handling":
            return (
                choice("button.assign_other", f"assign:{at}"),
                choice("button.timeline", f"open:{record.id}:0"),
            )
        case "holder", "assigned":
            return (choice("button.begin", f"begin:{at}"), choice("button.hand_back", f"hand_back:{at}"))
        case "holder", "handling":
            return (choice("button.finish", f"finish:{at}"), choice("button.hand_back", f"hand_back:{at}"))
        case "reporter", "reported" if record.urgency == "critical":
            return (
                choice("button.supplement", f"supplement:{at}"),
                choice("button.false_alarm", f"withdraw:{at}"),
            )
        case "reporter", "reported" | "self_handled":
            return (choice("button.amend", f"amend:{at}"), choice("button.withdraw", f"withdraw:{at}"))
        case "reporter", "returned":
            return (choice("button.answer", f"answer:{at}"), choice("button.withdraw", f"withdraw:{at}"))
        case "reporter", "accepted" | "assigned" | "handling":
            return (choice("button.supplement", f"supplement:{at}"),)
        case "leader", _:
            return (choice("button.unmask", f"unmask:{record.id}:0"),)
    return ()


def _desk_choices(outgoing: Outgoing, record: Stored, at: str) -> tuple[Choice, ...]:
    is_new = record.state in UNACCEPTED
    usual = next(iter(candidates(outgoing, record)), None)
    first = (
        [choice("button.reached", f"accept:{at}", wide=True)]
        if is_new and record.urgency == "critical"
        else []
    )
    if usual:
        label = "button.accept_assign" if is_new else "button.assign_usual"
        payload = f"assign:{record.id}.{usual.id}:{record.version}"
        first.append(choice(label, payload, wide=True, name=usual.name[:12]))
    others = [choice("button.assign_other", f"assign:{at}")]
    if is_new:
        others.append(choice("button.return", f"return:{at}"))
    others.append(choice("button.not_grid", f"not_grid:{at}"))
    others.append(choice("button.more", f"open:{record.id}:0"))
    return (*first, *others)


def _last_added(entries: Sequence[Entry]) -> str:
    """Return what was added last, or why it is to be done again; a picture without words says nothing."""
    last = next((entry for entry in reversed(entries) if entry.act in {"supplement", "redo", "finish"}), None)
    if last is None or last.act == "finish" or cards.is_unsaid(last.reason):
        return ""
    return say("event.added.line", act=say(f"act.{last.act}"), words=cards.shorten(last.reason))


def _last_words(entries: Sequence[Entry]) -> str:
    """Return what was said with the last act that had words; what others added meanwhile is none."""
    return next(
        (entry.reason for entry in reversed(entries) if entry.reason and entry.act != "supplement"), ""
    )


def timeline(outgoing: Outgoing, record: Stored, audience: Audience) -> str:
    """Return all acts on an event, one a line; leaders read names masked, and no words of a hidden class."""
    is_leader = audience == "leader"
    category = outgoing.world.policy.category(record.klass)
    is_hidden = is_leader and category is not None and category.hidden
    _, entries = _known(outgoing, record)
    known = people.by_ids(outgoing.tx, {entry.actor for entry in entries if entry.actor}, outgoing.today)
    names = {key: mask_name(person.name) if is_leader else person.name for key, person in known.items()}
    lines = [
        say(
            "timeline.line",
            at=cards.clock_text(entry.at),
            who=names.get(entry.actor or 0, say("timeline.bot")),
            act=say(f"act.{entry.act}"),
            reason=f"：{cards.shorten(entry.reason)}" if entry.reason and not is_hidden else "",
        )
        for entry in entries
    ]
    return "\n".join(["", *lines])


def with_post(person: Person) -> str:
    """Return a person's name with the posts of the day."""
    posts = "、".join(dict.fromkeys(say(f"role.{post.role}") for post in person.posts))
    return say("desk.person", name=person.name, posts=posts)
