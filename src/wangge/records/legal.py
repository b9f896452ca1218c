"""A legal service (法律服务) of the judicial office in a village."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from wangge.records.record import Ask, Fills, Record
from wangge.records.values import AreaCode


class LegalService(Record):
    """Advice, a lecture, a paper written for somebody, or legal aid: in one village on one day."""

    kind: ClassVar = "legal"
    right: ClassVar = "legal"
    main: ClassVar = "topic"

    village: Annotated[AreaCode, Ask("legal.village", offers="own_villages"), Fills("area")]
    served_on: Annotated[
        date, Ask("legal.served_on", suggest=("day.today", "day.yesterday")), Fills("happened_on")
    ]
    sort: Annotated[Literal["advice", "lecture", "writing", "aid"], Ask("legal.sort")]
    people: Annotated[int, Field(ge=1, le=9999), Ask("legal.people"), Fills("quantity")]
    topic: Annotated[str, Field(min_length=1, max_length=1000), Ask("legal.topic")]
