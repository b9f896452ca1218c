"""What the town decides for itself: names, categories, word lists, limits, hours, plans.

Structure is code, contents are the town's: `town.toml` is checked against this
model as a whole, so that one run of `wangge policy apply` reports every mistake.
"""

from datetime import date, time, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from wangge.records.values import Role
from wangge.texts import has, say

UNSORTED = "U"
"""The class of an event whose 大类 nobody has named yet (待定)."""


class Part(BaseModel):
    """A part of the policy: unknown names are mistakes, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Town(Part):
    """Who runs this and in which mode (演练 rehearsal or 正式 for real)."""

    name: Annotated[str, Field(min_length=2, max_length=20)]
    code: Annotated[str, Field(pattern=r"^\d{6,12}$")]
    mode: Literal["演练", "正式"] = "演练"


class Desk(Part):
    """The duty desk (值班台) of the 综治中心."""

    phone: Annotated[str, Field(pattern=r"^[\d-]{3,20}$")]
    answer_within: timedelta = timedelta(minutes=5)
    """How long a 特急 event may wait for somebody on duty to tap 接到."""
    brief_at: time = time(17, 40)
    """When the evening brief goes to whoever is on duty, if there is anything to say."""


class Words(Part):
    """Word lists by which a free sentence is understood."""

    danger: tuple[str, ...]
    """Words that file an event at once as 特急."""
    not_danger: tuple[str, ...] = ()
    """Phrases that contain a word of danger and mean none (动手术, 演练)."""
    small_talk: tuple[str, ...]
    """Greetings and thanks that never become a draft."""
    nothing: tuple[str, ...]
    """Phrases of 无事报平安: nothing happened."""
    visit: tuple[str, ...]
    """Verbs that make a sentence a visit when a household follows."""
    solved: tuple[str, ...]
    """Phrases that say the reporter has dealt with it himself (自办即结)."""
    correction: tuple[str, ...]
    """Beginnings of a message that corrects the one before."""


class Category(Part):
    """A 大类 of events with its 小类 and the words that suggest it."""

    key: Annotated[str, Field(pattern=r"^[A-Z]$")]
    name: str
    kinds: dict[str, str]
    words: tuple[str, ...] = ()
    offered: bool = True
    """False: choosing it makes a work record, not an event (W)."""
    dispute: bool = False
    """True: the limits of 调解类 apply."""
    hidden: bool = False
    """True: the class is shown only to the desk and whoever handles it (P)."""


class Limit(Part):
    """How long one urgency may take; working time unless `by_clock`."""

    accept: timedelta
    finish: timedelta
    by_clock: bool = False


class Limits(Part):
    """Time limits by 紧急程度, and for disputes."""

    critical: Limit = Limit(accept=timedelta(minutes=15), finish=timedelta(hours=24), by_clock=True)
    urgent: Limit = Limit(accept=timedelta(hours=2), finish=timedelta(hours=24), by_clock=True)
    usual: Limit = Limit(accept=timedelta(hours=7), finish=timedelta(hours=35))
    dispute: Limit = Limit(accept=timedelta(hours=7), finish=timedelta(days=30), by_clock=False)
    """For disputes `accept` is working time and `finish` is days by the calendar."""


class Override(Part):
    """Another number of visits for one role, person or village, from one day to another."""

    per_month: Annotated[int, Field(ge=0, le=31)]
    village: str | None = None
    staff_no: str | None = None
    start: date | None = None
    end: date | None = None


class Visits(Part):
    """Who owes how many visits a month (走访), and what counts as one."""

    owed_by: tuple[Role, ...] = ("area_leader", "stationed_cadre")
    per_month: Annotated[int, Field(ge=0, le=31)] = 2
    unit: Literal["trip", "household"] = "trip"
    overrides: tuple[Override, ...] = ()


class Calendar(Part):
    """Working days where the published calendar is not known or not followed."""

    days_off: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()


class Hours(Part):
    """Opening hours: when an unasked message may leave, and what working time is."""

    morning: tuple[time, time] = (time(8, 30), time(12, 0))
    afternoon: tuple[time, time] = (time(14, 30), time(18, 0))

    @model_validator(mode="after")
    def in_order(self) -> Self:
        """Refuse hours that overlap or run backwards."""
        times = [*self.morning, *self.afternoon]
        if times != sorted(set(times)):
            raise ValueError("policy.hours_order")
        return self


class Reminders(Part):
    """The scheduled messages; each can be switched off."""

    weekly_todo: bool = True
    weekly_todo_at: time = time(9, 0)
    month_end_todo: bool = True
    digest: bool = True
    digest_at: time = time(8, 30)
    draft_after: timedelta | None = timedelta(minutes=30)
    """How long a card may stay unanswered before it is asked about once; None: never."""


class Retention(Part):
    """How long personal material is kept."""

    raw_messages: timedelta = timedelta(hours=72)
    drafts: timedelta = timedelta(days=60)


class Day(Part):
    """A date worth announcing in the digest (宣传节点), every year."""

    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    name: str


class Policy(Part):
    """The town's policy, one numbered version of it."""

    town: Town
    desk: Desk
    words: Words
    categories: tuple[Category, ...]
    limits: Limits = Limits()
    hours: Hours = Hours()
    calendar: Calendar = Calendar()
    visits: Visits = Visits()
    reminders: Reminders = Reminders()
    retention: Retention = Retention()
    days: tuple[Day, ...] = ()

    @model_validator(mode="after")
    def keys_are_unique(self) -> Self:
        """Refuse two categories under one key, and the key kept for 待定."""
        keys = [category.key for category in self.categories]
        if len(set(keys)) != len(keys) or UNSORTED in keys:
            raise ValueError("policy.category_keys")
        return self

    def category(self, key: str) -> Category | None:
        """Return the category of that key, None for 待定 and for keys of an older version."""
        return next((category for category in self.categories if category.key == key), None)


def mistakes(error: ValidationError) -> list[str]:
    """Put every mistake of a policy file into a sentence for the person who wrote it."""
    return [
        say(
            "policy.mistake",
            where=" › ".join(str(step) for step in found["loc"]) or "town.toml",
            what=_reason(found),
        )
        for found in error.errors()
    ]


def _reason(found: ErrorDetails) -> str:
    cause = str(found.get("ctx", {}).get("error", ""))
    if has(cause):
        return say(cause)
    known = f"policy.error.{found['type']}"
    return say(known) if has(known) else say("policy.error.other", message=found["msg"])
