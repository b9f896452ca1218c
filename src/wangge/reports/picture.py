"""The picture of the weekly digest: a page that is read on a phone without zooming.

Made in three steps: what the page says, where it stands, and painting it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from wangge.reports.charts import two_way, two_way_height
from wangge.reports.digest import Digest
from wangge.reports.drawing import (
    ACCENT,
    ALARM,
    GREY,
    INK,
    LINE,
    PALE,
    PAPER,
    Bar,
    Item,
    Words,
    fit,
    paint,
    width,
)
from wangge.reports.figures import OF_VILLAGES
from wangge.reports.periods import Period, Sort
from wangge.rules.calendar import local
from wangge.texts import say

WIDTH, TALLEST = 1080, 1600
MARGIN = 48
RIGHT = WIDTH - MARGIN
BAND = 184
SMALL, TEXT, LABEL, TITLE = 30, 34, 38, 60
FIGURE, LEAST_FIGURE = 128, 96
"""Sizes of words. On a phone 30 pixels are as large as the small print of a chat."""
TALLEST_BAR = 72
ROW, ROOMY_ROW = 42, 50
"""Pixels of a village's row: at least, and where there is room."""
GUTTER = 32
ENDS, WIDE_ENDS = (220, 152, 84, 0), (450, 300, 150, 0)
"""How far from the right the numbers of a row end: new, closed, open, overdue."""
MAIN = ("valid", "closed", "overdue")
REST = ("open", "closed_rate", "met_rate")

Trend = Literal["up", "down", "same", ""]


@dataclass(frozen=True)
class Main:
    """One of the three large figures; `trend` is empty where there is nothing to compare with."""

    label: str
    value: str
    trend: Trend
    last: str
    is_overdue: bool = False


@dataclass(frozen=True)
class Village:
    """A village's row."""

    name: str
    new: int
    closed: int
    open: int
    overdue: int


@dataclass(frozen=True)
class Page:
    """What the picture says, in words."""

    title: str
    week: str
    cutoff: str
    is_demo: bool
    main: tuple[Main, ...]
    rest: tuple[tuple[str, str], ...]
    """Further figures, (label, value), under the three large ones."""
    days: tuple[tuple[str, int, int], ...]
    """(day, new, closed) of seven days, or of the weeks or months of a longer period."""
    villages: tuple[Village, ...]
    """In the order of their codes."""


def digest_picture(page: Page) -> bytes:
    """Return the picture as PNG, 1,080 pixels wide and at most 1,600 high."""
    items, height = layout(page)
    return paint(items, (WIDTH, height))


def page_of(
    found: Digest,
    names: Mapping[str, str],
    town: str,
    is_demo: bool,
    parts: Sequence[tuple[Period, int, int]],
) -> Page:
    """Word a digest as a page; no number is computed here.

    `names` are the villages by code, of which those in the digest's scope are
    shown; `parts` are the period's days (or weeks, or months) with the events
    reported on each, and how many of those are closed.
    """
    sort = found.period.sort
    inside = [code for code in names if code.startswith(found.scope)]
    return Page(
        title=say(f"picture.title.{sort}", town=town),
        week=_week(found.period),
        cutoff=_cutoff(found.period),
        is_demo=is_demo,
        main=tuple(_main(found, name, sort) for name in MAIN),
        rest=tuple(_rest(found)),
        days=tuple((_part(part), new, closed) for part, new, closed in parts),
        villages=tuple(_villages(found, inside, names)),
    )


def layout(page: Page) -> tuple[list[Item], int]:
    """Place everything; return it with the height of the page."""
    items = [*_head(page), *_figures(page, BAND)]
    top = BAND + 340
    bars = two_way(
        page.days,
        (say("picture.label.valid"), say("picture.label.closed")),
        (MARGIN, top, RIGHT),
        TALLEST_BAR,
        SMALL,
        SMALL,
    )
    top += two_way_height(TALLEST_BAR, SMALL, SMALL) + 36
    table, bottom = _table(page.villages, top)
    return [*items, *bars, *table], bottom + MARGIN // 2


def _week(period: Period) -> str:
    first, last = period.first_day, period.last_day
    return say(
        "picture.week",
        year=first.year,
        month=first.month,
        day=first.day,
        last_month=last.month,
        last_day=last.day,
    )


def _cutoff(period: Period) -> str:
    """The end of the period is said as the last day's 24:00, which nobody takes for the next day."""
    is_end = period.cutoff == period.end
    at = local(period.cutoff)
    day = period.last_day if is_end else at.date()
    time = say("picture.cutoff.end") if is_end else f"{at:%H:%M}"
    return say("picture.cutoff", month=day.month, day=day.day, time=time)


def _part(part: Period) -> str:
    first, last = part.first_day, part.last_day
    if part.sort == "month":
        return say("picture.month", month=first.month)
    if first == last:
        return say("picture.day", day=say("picture.weekdays")[first.weekday()])
    return say("picture.days", first=first.day, last=last.day)


def _main(found: Digest, name: str, sort: Sort) -> Main:
    now, before = found.figures[name], found.before.get(name)
    label, is_overdue = say(f"picture.label.{name}"), name == "overdue" and now.value > 0
    if before is None:
        return Main(label, now.text, "", say(f"picture.last.none.{sort}"), is_overdue)
    trend: Trend = "up" if now.value > before.value else "down" if now.value < before.value else "same"
    return Main(label, now.text, trend, say(f"picture.last.{sort}", value=before.text), is_overdue)


def _rest(found: Digest) -> Iterator[tuple[str, str]]:
    for name in REST:
        figure = found.figures[name]
        if figure.base != 0:
            yield say(f"picture.label.{name}"), figure.text


def _villages(found: Digest, inside: Sequence[str], names: Mapping[str, str]) -> Iterator[Village]:
    for code, numbers in found.numbers.by_village(inside).items():
        yield Village(names[code], *(numbers[name] for name in OF_VILLAGES))


def _head(page: Page) -> Iterator[Item]:
    yield Bar((0, 0, WIDTH, BAND), ACCENT)
    right = RIGHT
    if page.is_demo:
        mark = say("picture.demo")
        left = RIGHT - width(mark, TEXT, "Bold") - 2 * 18
        yield Bar((left, 34, RIGHT, 34 + 56), PAPER)
        yield Words(mark, left + 18, 34 + 41, TEXT, ACCENT, "Bold")
        right = left - 24
    yield Words(fit(page.title, right - MARGIN, TITLE, "Bold"), MARGIN, 86, TITLE, PAPER, "Bold")
    yield Words(page.week, MARGIN, 150, TEXT, PAPER)
    yield Words(page.cutoff, RIGHT, 150, TEXT, PAPER, anchor="rs")


def _figures(page: Page, top: int) -> Iterator[Item]:
    pitch = (RIGHT - MARGIN) // len(MAIN)
    for place, main in enumerate(page.main):
        left = MARGIN + place * pitch
        yield Words(main.label, left, top + 60, LABEL, ALARM if main.is_overdue else GREY)
        size = FIGURE if width(main.value, FIGURE, "Bold") < pitch - MARGIN else LEAST_FIGURE
        yield Words(main.value, left - 4, top + 176, size, ALARM if main.is_overdue else INK, "Bold")
        if main.trend:
            yield Words(say(f"picture.arrow.{main.trend}"), left, top + 232, TEXT, INK, "Bold")
        yield Words(main.last, left + (TEXT + 8 if main.trend else 0), top + 232, TEXT, GREY)
    yield Bar((MARGIN, top + 258, RIGHT, top + 260), LINE)
    for place, (label, value) in enumerate(page.rest):
        left = MARGIN + place * pitch
        yield Words(label, left, top + 308, TEXT, GREY)
        yield Words(value, left + width(label, TEXT) + 14, top + 308, TEXT, INK, "Bold")


def _table(villages: Sequence[Village], top: int) -> tuple[list[Item], int]:
    """Lay out the rows, in two columns where one is too short; return them and where they end."""
    room = (TALLEST - MARGIN - top - ROW) // ROW
    columns = 1 if len(villages) <= room else 2
    has_rest = len(villages) > room * columns
    shown = villages[: (room - 1) * columns] if has_rest else villages
    rows = -(-len(shown) // columns)
    pitch = min(max((TALLEST - MARGIN - top - ROW) // max(rows + has_rest, 1), ROW), ROOMY_ROW)
    each = (RIGHT - MARGIN - GUTTER * (columns - 1)) // columns
    items: list[Item] = []
    for column in range(columns):
        left = MARGIN + column * (each + GUTTER)
        part = shown[column * rows : (column + 1) * rows]
        items += _rows(part, left, left + each, top, pitch)
    bottom = top + ROW + rows * pitch
    if has_rest:
        rest = say("picture.rest", count=len(villages) - len(shown))
        items.append(Words(rest, MARGIN, bottom + pitch - 10, SMALL, GREY))
        bottom += pitch
    return items, bottom


def _rows(villages: Sequence[Village], left: int, right: int, top: int, pitch: int) -> Iterator[Item]:
    ends = [right - end for end in (WIDE_ENDS if right - left > WIDTH // 2 else ENDS)]
    yield Words(say("picture.villages"), left, top + 30, SMALL, GREY)
    for end, name in zip(ends, ("valid", "closed", "open", "overdue"), strict=True):
        yield Words(say(f"picture.label.{name}"), end, top + 30, SMALL, GREY, anchor="rs")
    for place, village in enumerate(villages):
        line = top + ROW + place * pitch
        baseline = line + pitch // 2 + 11
        yield Bar((left, line, right, line + 1), LINE)
        room = ends[0] - width(str(village.new), SMALL) - 8 - left
        yield Words(fit(village.name, room, SMALL), left, baseline, SMALL)
        for end, count in zip(ends, (village.new, village.closed, village.open), strict=False):
            yield Words(str(count), end, baseline, SMALL, INK if count else PALE, anchor="rs")
        if village.overdue:
            overdue = say("picture.row.overdue", count=village.overdue)
            yield Words(overdue, right, baseline, SMALL, ALARM, "Bold", "rs")
        else:
            yield Words("0", right, baseline, SMALL, PALE, anchor="rs")
