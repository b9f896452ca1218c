"""What the town decides for itself: names, categories, word lists, limits, hours, plans.

Structure is code, contents are the town's: `town.toml` is checked against this
model as a whole, so that one run of `wangge policy apply` reports every mistake.
"""

from datetime import date, time, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from wangge.records.catalogue import LEDGERS
from wangge.records.values import Role
from wangge.rules.part import Part
from wangge.rules.upper import Upper
from wangge.texts import has, say

UNSORTED = "U"
"""The class of an event whose 大类 nobody has named yet (待定)."""


class Town(Part):
    """Who runs this and in which mode (演练 rehearsal or 正式 for real)."""

    name: Annotated[str, Field(min_length=2, max_length=20)]
    """Name as people read it."""
    code: Annotated[str, Field(pattern=r"^\d{6,12}$")]
    """Area code of the town (9 digits) or county (6)."""
    mode: Literal["演练", "正式"] = "演练"
    """演练 until the project is approved and filed; greetings then say 请勿填写真实个人信息."""


class Desk(Part):
    """The duty desk (值班台) of the 综治中心."""

    phone: Annotated[str, Field(pattern=r"^[\d-]{3,20}$")]
    """Number of the duty phone, shown with help and danger."""
    answer_within: timedelta = timedelta(minutes=5)
    """How long a 特急 event may wait for somebody on duty to tap 接到."""
    brief_at: time = time(17, 40)
    """When the evening brief goes to whoever is on duty, if there is anything to say."""
    rota: tuple[str, ...] = ()
    """工号 of the officers who take turns, a day each; none: the first who is there is on duty."""
    rota_from: date = date(2026, 1, 1)
    """The day on which the first of `rota` is on duty."""
    shift_at: time = time(8, 30)
    """When a day's duty begins; it ends at the same time of the next day."""
    reopen_within: timedelta = timedelta(days=15)
    """How long after closing 还没有 reopens an event; later it makes a new one, linked to it."""
    undo_within: timedelta = timedelta(minutes=10)
    """How long an act of the desk may be taken back."""
    sample: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Which share of the self-handled events (自办即结) the desk checks."""
    ask_near: bool = True
    """Before an event is filed: ask whether a near one is the same matter."""
    suspend_at_most: timedelta = timedelta(days=30)
    """How far off the review of a suspended event (挂账) may be."""


def _ledger_words() -> dict[str, tuple[str, ...]]:
    """Return the words of towns whose policy was written before there were these ledgers."""
    return {kind: tuple(say(f"heard.{kind}").split()) for kind in LEDGERS}


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
    ledgers: dict[str, tuple[str, ...]] = Field(default_factory=_ledger_words)
    """Phrases by which a sentence belongs to another ledger, by its kind; … is any few words."""

    @field_validator("ledgers")
    @classmethod
    def of_known_kinds(cls, ledgers: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Refuse words for a ledger there is not."""
        if not ledgers.keys() <= set(LEDGERS):
            raise ValueError("policy.ledgers")
        return ledgers


class Category(Part):
    """A 大类 of events with its 小类 and the words that suggest it."""

    key: Annotated[str, Field(pattern=r"^[A-Z]$")]
    """One letter, stable; U is kept for 待定."""
    name: str
    """Name of the 大类."""
    kinds: dict[str, str]
    """Its 小类 by their codes; the desk's, never asked of a reporter."""
    words: tuple[str, ...] = ()
    """Words in a sentence that suggest it."""
    offered: bool = True
    """False: choosing it makes a work record, not an event (W)."""
    dispute: bool = False
    """True: the limits of 调解类 apply."""
    hidden: bool = False
    """True: the class is shown only to the desk and whoever handles it (P)."""
    limit: "Limit | None" = None
    """Limits of its own while it is 一般; none: those of `limits.usual`, or of disputes."""


class Limit(Part):
    """How long one urgency may take; working time unless `by_clock`."""

    accept: timedelta
    """From the report to 受理."""
    start: timedelta = timedelta(hours=7)
    """From the assignment to 接了."""
    finish: timedelta
    """From 受理 to 办结."""
    leader_after: timedelta = timedelta(hours=7)
    """How long after a limit has passed the leader in charge is told."""
    by_clock: bool = False
    """True: at any hour; False: working time."""
    finish_by_clock: bool = False
    """True: `finish` is days by the calendar though the others are working time."""


class Limits(Part):
    """Time limits by 紧急程度, and for disputes."""

    critical: Limit = Limit(
        accept=timedelta(minutes=15),
        start=timedelta(minutes=15),
        finish=timedelta(hours=24),
        leader_after=timedelta(minutes=15),
        by_clock=True,
    )
    """特急."""
    urgent: Limit = Limit(
        accept=timedelta(hours=2),
        start=timedelta(hours=2),
        finish=timedelta(hours=24),
        leader_after=timedelta(hours=2),
        by_clock=True,
    )
    """紧急."""
    usual: Limit = Limit(accept=timedelta(hours=7), finish=timedelta(hours=35))
    """一般."""
    dispute: Limit = Limit(accept=timedelta(hours=7), finish=timedelta(days=30), finish_by_clock=True)
    """Of disputes (调解类) that are 一般; their `finish` is always days by the calendar."""

    @field_validator("dispute")
    @classmethod
    def by_calendar(cls, limit: Limit) -> Limit:
        """Mediation takes a month of days; policies stored before this was a key say nothing of it."""
        return limit.model_copy(update={"finish_by_clock": True})


class Override(Part):
    """Another number of visits for one role, person or village, from one day to another."""

    per_month: Annotated[int, Field(ge=0, le=31)]
    """Visits a month."""
    village: str | None = None
    """Code of the village; none: every one."""
    staff_no: str | None = None
    """工号 of the person; none: everybody."""
    start: date | None = None
    """First day."""
    end: date | None = None
    """Last day."""


class Visits(Part):
    """Who owes how many visits a month (走访), and what counts as one."""

    owed_by: tuple[Role, ...] = ("area_leader", "stationed_cadre")
    """Roles that owe visits."""
    per_month: Annotated[int, Field(ge=0, le=31)] = 2
    """Visits a month for each person and village."""
    unit: Literal["trip", "household"] = "trip"
    """trip: one person, one village, one day counts once; household: each household counts."""
    overrides: tuple[Override, ...] = ()
    """Other numbers for a village or a person, from one day to another."""


class Calendar(Part):
    """Working days where the published calendar is not known or not followed."""

    days_off: tuple[date, ...] = ()
    """Days off beside the published ones."""
    workdays: tuple[date, ...] = ()
    """Working days beside the published ones."""


class Hours(Part):
    """Opening hours: when an unasked message may leave, and what working time is."""

    morning: tuple[time, time] = (time(8, 30), time(12, 0))
    """From and to; the end is no longer open."""
    afternoon: tuple[time, time] = (time(14, 30), time(18, 0))
    """From and to; the end is no longer open."""

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
    """本周待办 on the first working day, only if something is owed or due."""
    weekly_todo_at: time = time(9, 0)
    """When it goes."""
    month_end_todo: bool = True
    """One more in the last three working days of the month if visits are still owed."""
    digest: bool = True
    """周报 to leaders on Monday or the first working day after."""
    digest_at: time = time(8, 30)
    """When it goes."""
    unanswered_card: bool = True
    """One question about a card that was never answered."""
    draft_after: timedelta = timedelta(minutes=30)
    """How long a card may stay unanswered before it is asked about."""
    evening_brief: bool = True
    """The day's figures to the officer on duty, at `desk.brief_at`, if there is anything to say."""
    handover: bool = True
    """What waits and was promised, to the next officer on duty, at `desk.shift_at`, if there is anything."""


class Reports(Part):
    """Who gets the digest, and when a month's figures are closed (封账)."""

    digest_to: tuple[Role, ...] = ("town_leader", "area_leader")
    """Posts that get the weekly digest: of the whole town, or of the areas they lead."""
    close_day: Annotated[int, Field(ge=1, le=28)] = 5
    """Day of the next month on which a month is closed; what comes later is 补录."""
    close_at: time = time(18, 0)
    """When on that day."""


class Retention(Part):
    """How long personal material is kept."""

    raw_messages: timedelta = timedelta(hours=72)
    """How long after handling the words of a message are kept in the inbox."""
    drafts: timedelta = timedelta(days=60)
    """How long a draft nobody touches is kept."""


class Day(Part):
    """A date worth announcing in the digest (宣传节点), every year."""

    month: Annotated[int, Field(ge=1, le=12)]
    """Month of the year."""
    day: Annotated[int, Field(ge=1, le=31)]
    """Day of the month."""
    name: str
    """What the day is called."""


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
    reports: Reports = Reports()
    retention: Retention = Retention()
    upper: Upper = Upper()
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

    def hides(self, klass: str) -> bool:
        """Tell whether a class is shown only to the desk and whoever handles it; 待定 is not."""
        category = self.category(klass)
        return category is not None and category.hidden

    def limit(self, klass: str, urgency: str | None) -> Limit:
        """Return the limits that apply: urgency goes before the kind of matter."""
        if urgency in {"critical", "urgent"}:
            return self.limits.critical if urgency == "critical" else self.limits.urgent
        category = self.category(klass)
        if category is None:
            return self.limits.usual
        return category.limit or (self.limits.dispute if category.dispute else self.limits.usual)


def mistakes(error: ValidationError) -> list[str]:
    """Put every mistake of a policy file into a sentence for the person who wrote it."""
    return [
        say(
            "policy.mistake",
            where=" › ".join(_step(step) for step in found["loc"]) or "town.toml",
            what=reason(found),
        )
        for found in error.errors()
    ]


def reason(found: ErrorDetails) -> str:
    """Say in Chinese what pydantic found wrong, and how it should be written."""
    context = found.get("ctx", {})
    cause = str(context.get("error", ""))
    if has(cause):
        return say(cause)
    sort = found["type"].removesuffix("_parsing").removesuffix("_type")
    for text_id in (f"policy.error.{found['type']}", f"policy.error.{sort}"):
        if has(text_id):
            return say(text_id, **{**context, "expected": str(context.get("expected")).replace(" or ", "、")})
    is_ours = any("\u4e00" <= character <= "\u9fff" for character in found["msg"])
    return found["msg"] if is_ours else say("policy.error.other")


def _step(step: int | str) -> str:
    """Name a place as people count: the first of a list is 第1个."""
    return say("policy.nth", number=step + 1) if isinstance(step, int) else step
