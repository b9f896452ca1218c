"""Whether two events are likely the same matter. Pure.

The same village, the same 大类 or one that nobody has named yet, at most three days apart; and
then similar words, or positions within a hundred metres. Tried on pairs of made-up sentences:
tests/unit/test_nearness.py holds them.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rapidfuzz import fuzz

from wangge.records.values import Position
from wangge.rules.policy import UNSORTED

WITHIN = timedelta(days=3)
ALIKE = 50.0
"""How alike words must be, of 100; a wrong question costs a tap, a missed one a second event."""
METRES = 100.0
_EARTH_RADIUS = 6_371_000.0
_IDLE = re.compile(r"[\s，。、；：！？,.;:!?（）()“”\"'了的啦呢吧啊呀着哩这那有个几好]")
"""Signs and words that say nothing of the matter."""


@dataclass(frozen=True)
class Matter:
    """What nearness is judged by."""

    village: str
    klass: str
    day: date
    words: str
    place: str = ""
    position: Position | None = None


def are_near(one: Matter, other: Matter) -> bool:
    """Tell whether two events may be the same matter."""
    if one.village != other.village or abs(one.day - other.day) > WITHIN:
        return False
    if one.klass != other.klass and UNSORTED not in {one.klass, other.klass}:
        return False
    if one.position and other.position:
        return metres(one.position, other.position) <= METRES
    return likeness(one, other) >= ALIKE


def likeness(one: Matter, other: Matter) -> float:
    """Return how alike the words of two events are, from 0 to 100."""
    first, second = (_IDLE.sub("", f"{each.words}{each.place}") for each in (one, other))
    if not first or not second:
        return 0.0
    return (fuzz.ratio(first, second) + fuzz.partial_ratio(first, second)) / 2


def metres(one: Position, other: Position) -> float:
    """Return how far two points are apart; exact enough within a town."""
    mean = math.radians((one.latitude + other.latitude) / 2)
    north = math.radians(other.latitude - one.latitude)
    east = math.radians(other.longitude - one.longitude) * math.cos(mean)
    return _EARTH_RADIUS * math.hypot(north, east)


def groups(matters: Sequence[Matter]) -> list[list[int]]:
    """Return which of the matters belong together, as lists of their places; those alone are left out."""
    found: list[list[int]] = []
    for place, matter in enumerate(matters):
        group = next((one for one in found if are_near(matters[one[0]], matter)), None)
        if group is None:
            found.append([place])
        else:
            group.append(place)
    return [group for group in found if len(group) > 1]
