"""A publicity activity (普法宣传): the law is made known."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from wangge.records.record import Ask, Fills, Record
from wangge.records.values import AreaCode


class Publicity(Record):
    """One activity of a campaign; without a village it is the town's."""

    kind: ClassVar = "publicity"
    right: ClassVar = "publicity"
    main: ClassVar = "content"

    held_on: Annotated[
        date, Ask("publicity.held_on", suggest=("day.today", "day.yesterday")), Fills("happened_on")
    ]
    campaign: Annotated[
        Literal["drugs", "fraud", "cults", "constitution", "civil_code", "other"],
        Ask("publicity.campaign"),
    ]
    form: Annotated[Literal["column", "slogan", "lecture", "household", "other"], Ask("publicity.form")]
    content: Annotated[str, Field(min_length=1, max_length=1000), Ask("publicity.content")]
    village: Annotated[AreaCode, Ask("publicity.village", offers="own_villages"), Fills("area")] = AreaCode(
        ""
    )
    place: Annotated[str, Field(max_length=60), Ask("publicity.place", on_card=True)] = ""
    audience: Annotated[
        int | None,
        Field(ge=1, le=99999),
        Ask("publicity.audience", on_card=True),
        Fills("quantity", lambda count: count or 0),
    ] = None
