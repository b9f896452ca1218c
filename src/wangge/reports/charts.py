"""Bars with their numbers on them: of the weekly picture, and two charts for the annual report."""

from collections.abc import Sequence

from wangge.reports.drawing import ACCENT, GREY, INK, LINE, PALE, TINT, Bar, Item, Words, fit, paint, width
from wangge.texts import say

DOTS_PER_INCH = 200
TEXT_WIDTH = 1228
"""Pixels of the 156 mm between the margins of an official page of A4."""
TITLE, LABEL, NUMBER = 36, 30, 28
"""Ten and a half points and more on paper."""
HEAD = 72
TALLEST_BAR = 180
ROW = 60
LONGEST_LABEL = 330
GAP = 16

Pair = tuple[str, int, int]
"""A label and two values that are compared."""


def month_bars(title: str, rows: Sequence[Pair]) -> bytes:
    """Return a chart, as PNG, of the events reported and closed in each month, 156 mm wide."""
    height = HEAD + two_way_height(TALLEST_BAR, NUMBER, LABEL)
    names = (say("picture.chart.reported"), say("picture.chart.closed"))
    bars = two_way(rows, names, (0, HEAD, TEXT_WIDTH), TALLEST_BAR, NUMBER, LABEL)
    return _paint(title, bars, height)


def category_bars(title: str, rows: Sequence[tuple[str, int]]) -> bytes:
    """Return a chart, as PNG, of one value of each category in the order given, 156 mm wide."""
    labels = [fit(label, LONGEST_LABEL, LABEL) for label, _ in rows]
    left = max((width(label, LABEL) for label in labels), default=0) + GAP
    numbers = max((width(f"{value:,}", NUMBER, "Bold") for _, value in rows), default=0)
    room = TEXT_WIDTH - left - GAP - numbers
    most = max((value for _, value in rows), default=0) or 1
    items: list[Item] = []
    for place, (label, (_, value)) in enumerate(zip(labels, rows, strict=True)):
        top = HEAD + place * ROW
        baseline = top + ROW // 2 + LABEL // 3
        end = left + _length(value, most, room)
        items += [
            Bar((left, top + 10, end, top + ROW - 10), ACCENT),
            Words(label, left - GAP, baseline, LABEL, anchor="rs"),
            Words(f"{value:,}", end + GAP // 2, baseline, NUMBER, weight="Bold"),
        ]
    items.append(Bar((left - 2, HEAD, left, HEAD + len(rows) * ROW), LINE))
    return _paint(title, items, HEAD + len(rows) * ROW)


def two_way(
    rows: Sequence[Pair],
    names: tuple[str, str],
    place: tuple[int, int, int],
    tallest: int,
    number: int,
    label: int,
) -> list[Item]:
    """Lay out bars that rise with the first value and hang with the second; the labels stand between.

    `place` is left, top and right; `number` and `label` are sizes of words. What
    the two values are (`names`) stands once, at the left, beside the bars it names.
    """
    left, top, right = place
    start = left + max(width(name, label, "Bold") for name in names) + GAP
    pitch = (right - start) / max(len(rows), 1)
    most = max((value for _, *values in rows for value in values), default=0) or 1
    upper = top + number + 10 + tallest
    lower = upper + label + 2 * GAP
    items: list[Item] = [
        Words(names[0], left, upper - 4, label, ACCENT, "Bold"),
        Words(names[1], left, lower + label, label, GREY, "Bold"),
        Bar((start, upper, right, upper + 2), LINE),
        Bar((start, lower - 2, right, lower), LINE),
    ]
    for index, (name, first, second) in enumerate(rows):
        middle = round(start + (index + 0.5) * pitch)
        half = min(round(pitch * 0.3), 36)
        up, down = upper - _length(first, most, tallest), lower + _length(second, most, tallest)
        items += [
            Bar((middle - half, up, middle + half, upper), ACCENT),
            Bar((middle - half, lower, middle + half, down), TINT),
            Words(f"{first:,}", middle, up - 8, number, INK if first else PALE, "Bold", "ms"),
            Words(f"{second:,}", middle, down + number, number, INK if second else PALE, anchor="ms"),
            Words(name, middle, upper + label + GAP - 4, label, GREY, anchor="ms"),
        ]
    return items


def two_way_height(tallest: int, number: int, label: int) -> int:
    """Return the pixels that `two_way` takes from its top."""
    return 2 * (tallest + number + 10) + label + 2 * GAP


def _length(value: int, most: int, room: int) -> int:
    """Return the pixels of a bar; what is not nothing can be seen."""
    return max(round(room * value / most), 2) if value else 0


def _paint(title: str, items: Sequence[Item], height: int) -> bytes:
    head = Words(fit(title, TEXT_WIDTH, TITLE, "Bold"), 0, TITLE, TITLE, weight="Bold")
    return paint([head, *items], (TEXT_WIDTH, height + GAP), DOTS_PER_INCH)
