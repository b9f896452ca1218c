"""Cards: how drafts and events look to whoever reads them. Pure.

At most four lines before the buttons where the content allows; the state first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from string import Formatter
from typing import Any, Literal, get_args, get_origin

from wangge.handlers.form import Offer, is_many
from wangge.handlers.message import Choice
from wangge.records.draft import Draft
from wangge.records.record import Record
from wangge.records.values import Position
from wangge.rules.calendar import local
from wangge.rules.loop import AT_WORK, UNACCEPTED
from wangge.rules.masking import mask_phones
from wangge.rules.policy import UNSORTED, Policy
from wangge.texts import TEXTS, has, say

EXCERPT = 120
UNSAID = ("photo", "voice", "video", "document", "location")
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Setting:
    """What a card needs beside the record: names, categories, the day."""

    policy: Policy
    villages: Mapping[str, str]
    today: date

    def area(self, code: str) -> str:
        """Return the name of a village with its town's in front."""
        return self.policy.town.name + self.villages.get(code, code)

    def category(self, key: str) -> str:
        """Return the name of a 大类, 待定 for none."""
        found = self.policy.category(key)
        return found.name if found else say("category.unsorted")


@dataclass(frozen=True)
class EventView:
    """An event as a card shows it."""

    files: int
    """Photos, voice notes and files."""
    id: int
    number: str
    version: int
    state: str
    village: str
    category: str
    urgency: str
    what: str
    place: str
    day: date
    reported_at: datetime
    accept_by: datetime | None
    due_at: datetime | None
    reporter: str
    holder: str
    attached: str
    words: str
    """What was said with the last act: a reason, or how it was finished."""
    outcome: str
    added: str = ""
    """A line with what was added to it last."""
    accepted_at: datetime | None = None
    start_by: datetime | None = None
    asked: tuple[str, ...] = ()
    """A line for whatever waits for an answer: 督办, 批示, consent."""
    review: str = ""
    """A line with the day on which a suspended event is looked at again."""
    upper: str = ""
    """A line with its number in the upper platform, for the desk."""


def draft_card(kind: type[Record], draft: Draft, setting: Setting, attached: str) -> str:
    """Return the text of the card that asks whether a draft may be filed."""
    shown = {
        field: value_text(kind, field, draft.values.get(field), setting)
        + (say("card.guessed") if field in draft.guessed and field != "what" else "")
        for field in kind.asks()
    }
    if attached and is_unsaid(draft.values.get("what")):
        shown, attached = {**shown, "what": attached}, ""
    template = f"{kind.kind}.card" if draft.record is None else f"{kind.kind}.change"
    return _card(kind, template, draft.values, shown, attached).replace("） ·", "）·")


def is_unsaid(what: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether the words only stand for a photo or voice note that came without any."""
    return what in {say(f"event.what.{sort}") for sort in UNSAID}


def filed_card(
    kind: type[Record], number: str, values: Mapping[str, Any], setting: Setting, attached: str
) -> str:
    """Return the text that tells the author what has been filed."""
    shown = {field: value_text(kind, field, values.get(field), setting) for field in kind.asks()}
    return _card(kind, f"{kind.kind}.filed", values, {**shown, "number": number}, attached)


def _card(
    kind: type[Record], template: str, values: Mapping[str, Any], shown: Mapping[str, str], attached: str
) -> str:
    if has(template):
        text, used = say(template, **shown), _places(template)
    else:
        text, used = say("card.plain", label=say(f"{kind.kind}.label")), set()
    extra = [
        say(
            "card.line",
            label=say(f"{ask.text}.label"),
            value="、".join(values[field]) if is_many(kind, field) else shown[field],
        )
        for field, ask in kind.asks().items()
        if field not in used and _is_told(kind, field, values)
    ]
    return "\n".join([text, *extra, *([attached] if attached else [])])


def draft_choices(kind: type[Record], draft: Draft) -> tuple[Choice, ...]:
    """Return the buttons of a draft's card: file it, change it, drop it, and the exceptions."""
    changes = draft.record is not None
    verbs = ("store", "edit", "leave") if changes else ("file", "edit", "drop")
    main = [Choice(label=_label(kind, verb), payload=f"{verb}:{draft.id}:0") for verb in verbs]
    exceptions = [
        Choice(label=say(f"{ask.text}.button"), payload=f"field:{draft.id}.{field}:0", primary=False)
        for field, ask in kind.asks().items()
        if ask.on_card
    ]
    return (*main, *exceptions)


def edit_choices(kind: type[Record], draft: Draft) -> tuple[Choice, ...]:
    """Return one button a field, and the way back to the card."""
    fields = [
        Choice(label=say(f"{ask.text}.label"), payload=f"field:{draft.id}.{field}:0")
        for field, ask in kind.asks().items()
    ]
    return (*fields, Choice(label=say("button.to_card"), payload=f"card:{draft.id}:0"))


def question(kind: type[Record], draft: Draft, offers: Sequence[Offer]) -> tuple[str, tuple[Choice, ...]]:
    """Return text and buttons of the open question.

    Raises:
        ValueError: no question is open.
    """
    field = draft.asked
    if field is None:
        raise ValueError("no question is open")
    chosen = draft.values.get(field, ()) if is_many(kind, field) else ()
    target = f"{draft.id}."
    picks = [
        Choice(
            label=(say("button.picked", label=offer.label) if offer.value in chosen else offer.label)[:40],
            payload=f"pick:{target}{number}:{draft.version}",
        )
        for number, offer in enumerate(offers)
    ]
    text = say(f"{kind.asks()[field].text}.ask")
    return text, (*picks, *_steps(kind, draft, field, bool(chosen)))


def _steps(kind: type[Record], draft: Draft, field: str, any_chosen: bool) -> list[Choice]:
    at = f"{draft.id}:{draft.version}"
    from_card = has_all(kind, draft)
    steps = [Choice(label=say("button.picked_all"), payload=f"picked:{at}")] if any_chosen else []
    if draft.trail:
        steps.append(Choice(label=say("button.back"), payload=f"back:{at}"))
    if not kind.is_asked(field) or from_card:
        steps.append(Choice(label=say("button.skip"), payload=f"skip:{at}"))
    return [*steps, Choice(label=say("button.cancel"), payload=f"cancel:{at}")]


def has_all(kind: type[Record], draft: Draft) -> bool:
    """Tell whether the draft has all it needs, so that a question may be left as it is."""
    return all(field in draft.values for field in kind.asks() if kind.is_asked(field))


def value_text(kind: type[Record], field: str, value: Any, setting: Setting) -> str:  # noqa: ANN401 - JSON
    """Return a value of a field as a person reads it."""
    annotation = kind.model_fields[field].annotation
    if value is None:
        value = kind.model_fields[field].get_default()
    if value is None or value == "":
        return ""
    if annotation is date:
        return day_text(value if isinstance(value, date) else date.fromisoformat(value), setting.today)
    if get_origin(annotation) is Literal:
        return say(f"{kind.asks()[field].text}.{value}")
    if is_many(kind, field):
        return say("card.list", count=len(value), names="、".join(value)) if value else ""
    if Position in get_args(annotation):
        return say("card.position")
    match kind.asks()[field].offers:
        case "own_villages":
            return setting.area(value)
        case "categories":
            return setting.category(value)
    return shorten(str(value))


def event_text(view: EventView, audience: str) -> str:
    """Return the card of an event for one kind of reader."""
    if view.attached and is_unsaid(view.what):
        view = replace(view, what=view.attached, attached="")
    values = {
        "number": view.number,
        "village": view.village,
        "category": view.category,
        "urgency": view.urgency,
        "what": shorten(view.what),
        "reporter": view.reporter,
        "holder": view.holder,
        "words": view.words,
        "outcome": view.outcome,
        "reported": clock_text(view.reported_at),
        "accept_by": clock_text(view.accept_by),
        "due": clock_text(view.due_at),
        "accepted": clock_text(view.accepted_at),
        "start_by": clock_text(view.start_by),
        "proposed": f"（{view.outcome}）" if view.outcome and view.state == "done" else "",
    }
    own = f"{audience}.{view.state}"
    urgent = f"{own}.critical"
    if view.urgency == say("event.urgency.critical") and has(urgent):
        own = urgent
    head = say(own if has(own) else f"leader.{view.state}", **values).rstrip()
    is_told = view.place in view.what
    extra = [] if is_told else [say("event.place.line", place=view.place)]
    extra += [view.added] if view.added else []
    lines = [head, say("event.card.line", **values), *extra, *([view.attached] if view.attached else [])]
    lines += [view.review]
    if audience not in {"reporter", "checker", "former"}:
        lines += view.asked
    if audience == "desk":
        lines.append(view.upper)
    if audience == "desk" and view.state in UNACCEPTED:
        lines.append(say("desk.clock", **values))
    elif audience == "desk" and view.state in AT_WORK | {"done"}:
        lines.append(say("desk.due", **values))
    elif audience == "holder" and view.due_at and view.state in {"assigned", "handling"}:
        lines.append(say("holder.due", **values))
    return "\n".join(line for line in lines if line)


def brief(text: str, limit: int) -> str:
    """Return the beginning of a text; telephone numbers are masked before a cut could halve them."""
    return mask_phones(text)[:limit]


def shorten(text: str) -> str:
    """Cut a long text for a card and mask phone numbers in it; the whole of it is kept."""
    text = mask_phones(text).replace("**", "*\u2060*")  # a person's own stars are no mark of ours
    return text if len(text) <= EXCERPT else say("card.excerpt", text=text[:EXCERPT], count=len(text))


def day_text(day: date, today: date) -> str:
    """Return a day as people say it."""
    match (today - day).days:
        case -1:
            return say("day.tomorrow")
        case 0:
            return say("day.today")
        case 1:
            return say("day.yesterday")
        case 2:
            return say("day.before_yesterday")
    return say("day.date", month=day.month, day=day.day, weekday=WEEKDAYS[day.weekday()])


def clock_text(moment: datetime | None) -> str:
    """Return a moment as 周一 11-23 16:00."""
    if moment is None:
        return ""
    there = local(moment)
    return f"周{WEEKDAYS[there.weekday()]} {there:%m-%d %H:%M}"


def attached_text(sorts: Sequence[str], *, has_position: bool = False) -> str:
    """Return how many photos, voice notes and files are attached, and a position; "" for none."""
    counts = {sort: sorts.count(sort) for sort in ("photo", "voice", "video", "document")}
    told = [say(f"attached.{sort}", count=count) for sort, count in counts.items() if count]
    return "，".join([*told, *([say("card.position")] if has_position else [])])


def _label(kind: type[Record], verb: str) -> str:
    own = f"{kind.kind}.button.{verb}"
    return say(own if has(own) else f"button.{verb}")


def _places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(TEXTS[template]) if name}


def _is_told(kind: type[Record], field: str, values: Mapping[str, Any]) -> bool:
    value = values.get(field)
    default = kind.model_fields[field].get_default()
    return value not in (None, "", [], ()) and value not in (default, UNSORTED)
