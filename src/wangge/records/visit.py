"""A visit (走访入户): one person, one village, one day, one or more households."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from wangge.records.record import Ask, Fills, Record
from wangge.records.values import AreaCode, Household


class Visit(Record):
    """One person's call in one village on one day, at one or more households."""

    kind: ClassVar = "visit"
    right: ClassVar = "visit"
    main: ClassVar = "content"

    village: Annotated[AreaCode, Ask("visit.village", offers="own_villages"), Fills("area")]
    households: Annotated[
        tuple[Household, ...],
        Field(min_length=1, max_length=50),
        Ask("visit.households", offers="recent_households"),
        Fills("quantity", len),
    ]
    content: Annotated[
        str, Field(min_length=1, max_length=500), Ask("visit.content", suggest=("visit.content.fine",))
    ]
    seen_on: Annotated[
        date, Ask("visit.seen_on", suggest=("day.today", "day.yesterday")), Fills("happened_on")
    ]
    absent: Annotated[
        tuple[Household, ...],
        Field(max_length=50),
        Ask("visit.absent", offers="named_households", on_card=True),
    ] = ()
    request: Annotated[str, Field(max_length=500), Ask("visit.request", on_card=True)] = ""
