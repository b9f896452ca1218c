"""Every planted bug still fits the source, and the cheapest are played; `make planted` plays them all."""

import pytest
from tests.faults.planted import SOURCE, Unfit, break_source, play
from tests.faults.plants import PLANTS, Plant

HARMLESS = Plant(
    "harmless",
    "rules/window.py",
    "return earliest\n",
    "return earliest  # at once\n",
    ("unit/test_window.py",),
)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_the_bug_still_fits(plant: Plant) -> None:
    """If not, the code has moved on: plant it where the promise is kept now, or take it out."""
    text = (SOURCE / "wangge" / plant.file).read_text("utf-8")
    assert break_source(plant, text) != text


def test_a_bug_that_fits_nowhere_or_twice_is_no_bug() -> None:
    for text in ("", "return earliest\n" * 2):
        with pytest.raises(Unfit):
            break_source(HARMLESS, text)


def test_a_bug_is_caught_and_what_is_none_is_not() -> None:
    escaped, hours = (
        plant for plant in PLANTS if plant.name in {"words not escaped", "open hours forgotten"}
    )
    assert play(escaped).caught_by == "test_text_is_escaped_and_bold_is_the_only_mark"
    assert play(hours).caught_by == "test_nothing_unasked_leaves_outside_the_open_hours"
    assert play(HARMLESS).caught_by == ""
