"""Interview a person through any kind of record.

Nothing here waits, reads a clock or opens a connection: a turn is computed from a
draft and an answer. That is why every interview can be tested as a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from wangge.handlers.dates import read_day
from wangge.handlers.households import households
from wangge.handlers.numbers import counted
from wangge.records.draft import Draft
from wangge.records.record import Record
from wangge.records.values import Position
from wangge.rules.errors import InvalidAnswer
from wangge.rules.masking import redact
from wangge.texts import has, say


@dataclass(frozen=True)
class Offer:
    """Something that can be tapped as an answer."""

    label: str
    value: str


@dataclass(frozen=True)
class Given:
    """An answer: words, or a position."""

    text: str = ""
    position: Mapping[str, float] | None = None


def missing(kind: type[Record], values: Mapping[str, Any]) -> str | None:
    """Return the first field of the interview that has no value yet."""
    return next((field for field in kind.asks() if kind.is_asked(field) and field not in values), None)


def own_offers(kind: type[Record], field: str) -> tuple[Offer, ...]:
    """Return what the declaration itself offers: the words of a Literal, the suggestions."""
    ask = kind.asks()[field]
    annotation = kind.model_fields[field].annotation
    if get_origin(annotation) is Literal:
        return tuple(Offer(say(f"{ask.text}.{value}"), value) for value in get_args(annotation))
    return tuple(Offer(say(text), say(text)) for text in ask.suggest)


def is_many(kind: type[Record], field: str) -> bool:
    """Tell whether several things may be picked one after the other."""
    return get_origin(kind.model_fields[field].annotation) is tuple


def answer(kind: type[Record], draft: Draft, given: Given, offers: Sequence[Offer], today: date) -> Draft:
    """Return the draft with the open question answered, and the next one open.

    Raises:
        InvalidAnswer: the answer does not fit; the draft stays as it was.
    """
    field = _asked(draft)
    return _answered(kind, draft, {field: _read(kind, field, given, offers, today)})


def pick(kind: type[Record], draft: Draft, number: int, today: date) -> Draft:
    """Return the draft after a tap on the answer of that number (from 0).

    Of a field for several things the question stays open until `finish_picking`.

    Raises:
        InvalidAnswer: there is no such answer.
    """
    field = _asked(draft)
    if not 0 <= number < len(draft.offered):
        raise InvalidAnswer("form.stale")
    value = draft.offered[number]
    if is_many(kind, field):
        chosen = list(draft.values.get(field, ()))
        chosen = [name for name in chosen if name != value] if value in chosen else [*chosen, value]
        return replace(draft, values={**draft.values, field: chosen})
    if kind.model_fields[field].annotation is date:
        value = read_day(value, today).isoformat()
    return _answered(kind, draft, {field: _checked(kind, field, value)})


def finish_picking(kind: type[Record], draft: Draft) -> Draft:
    """Return the draft with what has been picked as the answer.

    Raises:
        InvalidAnswer: nothing has been picked.
    """
    field = _asked(draft)
    return _answered(kind, draft, {field: _checked(kind, field, draft.values.get(field, []))})


def skip(kind: type[Record], draft: Draft) -> Draft:
    """Return the draft with the open question left at its default.

    Raises:
        InvalidAnswer: the field is needed.
    """
    field = _asked(draft)
    if kind.is_asked(field) and field not in draft.values:
        raise InvalidAnswer("form.needed")
    return _answered(kind, draft, {})


def back(kind: type[Record], draft: Draft) -> Draft:
    """Return the draft one question earlier; from the first one the same question stays."""
    if not draft.trail:
        return draft
    field = draft.trail[-1]
    values = {name: value for name, value in draft.values.items() if name != field}
    kept = draft.values if not kind.is_asked(field) else values
    return replace(draft, values=kept, asked=field, trail=draft.trail[:-1])


def ask_for(kind: type[Record], draft: Draft, field: str) -> Draft:
    """Return the draft with that field's question open, from the card.

    Raises:
        InvalidAnswer: the kind has no such field.
    """
    if field not in kind.asks():
        raise InvalidAnswer("form.stale")
    return replace(draft, asked=field, offered=(), trail=())


def to_record(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """Return the record that the values make.

    Raises:
        InvalidAnswer: they make none yet; the sentence names what is missing or wrong.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        found = error.errors()[0]
        raise _sentence(dict(found), say(f"{kind.asks()[str(found['loc'][0])].text}.label")) from error


def _answered(kind: type[Record], draft: Draft, values: Mapping[str, Any]) -> Draft:
    field = _asked(draft)
    merged = {**draft.values, **values}
    return replace(
        draft,
        values=merged,
        guessed=draft.guessed - set(values),
        trail=(*draft.trail, field),
        asked=missing(kind, merged),
        offered=(),
    )


def _asked(draft: Draft) -> str:
    if draft.asked is None:
        raise InvalidAnswer("form.stale")
    return draft.asked


def _read(kind: type[Record], field: str, given: Given, offers: Sequence[Offer], today: date) -> Any:  # noqa: ANN401 - JSON
    annotation = kind.model_fields[field].annotation
    if Position in get_args(annotation):
        if given.position is None:
            raise InvalidAnswer("form.need_position")
        return dict(given.position)
    text = redact(given.text.strip()).text
    if not text:
        raise InvalidAnswer("form.need_words")
    if annotation is date:
        return read_day(text, today).isoformat()
    if int in (annotation, *get_args(annotation)) and (count := counted(text)) is not None:
        return _checked(kind, field, count)
    if is_many(kind, field):
        return _checked(kind, field, list(households(text)))
    match = next((offer.value for offer in offers if text in {offer.label, offer.value}), None)
    if match is None and (get_origin(annotation) is Literal or _only_offers(kind, field)):
        raise InvalidAnswer("form.choose_one")
    return _checked(kind, field, text if match is None else match)


def _only_offers(kind: type[Record], field: str) -> bool:
    """A field that storage offers answers for takes no others, but for lists of names."""
    return kind.asks()[field].offers is not None


def _checked(kind: type[Record], field: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    try:
        _adapter(kind, field).validate_python(value)
    except ValidationError as error:
        raise _sentence(dict(error.errors()[0]), say(f"{kind.asks()[field].text}.label")) from error
    return value


@cache
def _adapter(kind: type[Record], field: str) -> TypeAdapter[Any]:
    return TypeAdapter(_annotated(kind.model_fields[field]))


def _annotated(info: Any) -> Any:  # noqa: ANN401 - pydantic's FieldInfo → typing's Annotated
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def _sentence(found: Mapping[str, Any], label: str) -> InvalidAnswer:
    """Put one of pydantic's errors into a sentence that says how to put it right."""
    text_id = f"form.error.{found['type']}"
    limits = found.get("ctx", {})
    most = limits.get("max_length", limits.get("le", ""))
    least = limits.get("min_length", limits.get("ge", ""))
    return InvalidAnswer(text_id if has(text_id) else "form.error.other", label=label, most=most, least=least)
