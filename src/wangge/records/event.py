"""A grid event (网格事件): something in the village that somebody has to look after."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from wangge.records.record import Ask, Fills, Record
from wangge.records.values import AreaCode, Position, Urgency


def whose(on_behalf: str) -> str:
    """Return whose matter it is: a resident's, for whom somebody files it, or what one has seen oneself."""
    return "resident" if on_behalf else "own"


class Event(Record):
    """What a field person saw, in his own words. 小类 and scale are the desk's, not his."""

    kind: ClassVar = "event"
    main: ClassVar = "what"

    what: Annotated[str, Field(min_length=1, max_length=4096), Ask("event.what")]
    village: Annotated[AreaCode, Ask("event.village", offers="own_villages"), Fills("area")]
    happened_on: Annotated[
        date, Ask("event.happened_on", suggest=("day.today", "day.yesterday")), Fills("happened_on")
    ]
    category: Annotated[str, Ask("event.category", offers="categories"), Fills("class")] = "U"
    urgency: Annotated[Urgency, Ask("event.urgency"), Fills("urgency")] = "usual"
    place: Annotated[str, Field(max_length=60), Ask("event.place")] = ""
    position: Annotated[Position | None, Ask("event.position")] = None
    on_behalf: Annotated[str, Field(max_length=20), Ask("event.on_behalf"), Fills("source", whose)] = ""
    handling: Annotated[Literal["report", "self"], Ask("event.handling")] = "report"
