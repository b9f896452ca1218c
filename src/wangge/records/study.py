"""A study session (学法) or training: who learned what, and for how long."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from wangge.records.record import Ask, Fills, Record
from wangge.records.values import Name


class Study(Record):
    """One session of the leadership, or a training of cadres or grid workers; they are counted apart."""

    kind: ClassVar = "study"
    right: ClassVar = "study"
    main: ClassVar = "topic"

    held_on: Annotated[
        date, Ask("study.held_on", suggest=("day.today", "day.yesterday")), Fills("happened_on")
    ]
    sort: Annotated[Literal["leadership", "cadres", "grid"], Ask("study.sort")]
    topic: Annotated[str, Field(min_length=1, max_length=1000), Ask("study.topic")]
    present: Annotated[int, Field(ge=1, le=9999), Ask("study.present"), Fills("quantity")]
    absent: Annotated[tuple[Name, ...], Field(max_length=50), Ask("study.absent", on_card=True)] = ()
    hours: Annotated[int | None, Field(ge=1, le=99), Ask("study.hours", on_card=True)] = None
