"""A briefing (听取汇报): a leader hears how a matter stands."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from wangge.records.record import Ask, Fills, Record


class Briefing(Record):
    """One briefing, and what the leader had to say to it."""

    kind: ClassVar = "briefing"
    right: ClassVar = "briefing"
    main: ClassVar = "matter"

    heard_on: Annotated[
        date, Ask("briefing.heard_on", suggest=("day.today", "day.yesterday")), Fills("happened_on")
    ]
    matter: Annotated[str, Field(min_length=1, max_length=1000), Ask("briefing.matter")]
    instruction: Annotated[str, Field(max_length=500), Ask("briefing.instruction", on_card=True)] = ""
