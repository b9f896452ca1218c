"""A reception (领导接访): a leader hears people who come with a matter."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from wangge.records.record import Ask, Fills, Record
from wangge.records.values import Name


class Reception(Record):
    """One reception. A petition keeps the petition system's number (信访编号) and that system's limits."""

    kind: ClassVar = "reception"
    right: ClassVar = "reception"
    main: ClassVar = "matter"

    received_on: Annotated[
        date, Ask("reception.received_on", suggest=("day.today", "day.yesterday")), Fills("happened_on")
    ]
    visitors: Annotated[int, Field(ge=1, le=9999), Ask("reception.visitors"), Fills("quantity")]
    matter: Annotated[str, Field(min_length=1, max_length=1000), Ask("reception.matter")]
    by: Annotated[
        tuple[Name, ...],
        Field(max_length=9),
        Ask("reception.by", author_if=("town_leader", "area_leader")),
    ] = ()
    outcome: Annotated[str, Field(max_length=500), Ask("reception.outcome", on_card=True)] = ""
    petition: Annotated[str, Field(max_length=40), Ask("reception.petition", on_card=True)] = ""
