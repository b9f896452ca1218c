"""Interviews as tables: each answer opens the next question; a wrong one leaves the draft as it was."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.handlers import form
from wangge.handlers.form import Given, Offer
from wangge.records.catalogue import CATALOGUE
from wangge.records.draft import Draft
from wangge.rules.errors import InvalidAnswer, PersonError
from wangge.texts import has

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
EAST, WEST = "990101001201", "990101001202"
VILLAGES = (Offer("东桥村", EAST), Offer("西桥村", WEST))
VISIT, EVENT = CATALOGUE["visit"], CATALOGUE["event"]


def blank(kind: str, **rest: Any) -> Draft:
    fit: dict[str, Any] = {"state": "open", "values": {}, "opened_at": NOW, "touched_at": NOW}
    draft = Draft(id=1, person=1, kind=kind, **{**fit, **rest})
    return Draft(**{**vars(draft), "asked": rest.get("asked", form.missing(CATALOGUE[kind], draft.values))})


def offers(kind: str, field: str) -> tuple[Offer, ...]:
    return VILLAGES if field == "village" else form.own_offers(CATALOGUE[kind], field)


def interview(kind: str, *answers: str, draft: Draft | None = None) -> Draft:
    draft = draft or blank(kind)
    for words in answers:
        draft = form.answer(CATALOGUE[kind], draft, Given(words), offers(kind, draft.asked or ""), MONDAY)
    return draft


@pytest.mark.parametrize(
    ("kind", "answers", "values"),
    [
        (
            "visit",
            ("东桥村", "甲家、乙家", "都好", "昨天"),
            {"village": EAST, "households": ["甲家", "乙家"], "content": "都好", "seen_on": "2026-11-22"},
        ),
        (
            "visit",
            (WEST, "老李家", "屋顶漏雨", "11月3日"),
            {"village": WEST, "households": ["老李家"], "content": "屋顶漏雨", "seen_on": "2026-11-03"},
        ),
        (
            "event",
            ("路灯不亮", "西桥村", "前天"),
            {"what": "路灯不亮", "village": WEST, "happened_on": "2026-11-21"},
        ),
    ],
)
def test_an_interview_ends_in_a_record(kind: str, answers: tuple[str, ...], values: dict[str, Any]) -> None:
    draft = interview(kind, *answers)
    assert draft.asked is None and draft.values == values
    assert form.to_record(CATALOGUE[kind], draft.values).kind == kind


@pytest.mark.parametrize(
    ("asked", "words", "error"),
    [
        ("village", "月亮村", "form.choose_one"),
        ("village", "", "form.need_words"),
        ("households", "   ", "form.need_words"),
        ("content", "长" * 501, "form.error.string_too_long"),
        ("seen_on", "改天", "day.not_understood"),
        ("seen_on", "明天", "day.future"),
        ("seen_on", "2025-11-22", "day.too_old"),
        ("households", "家" * 30, "households.too_long"),
    ],
)
def test_a_wrong_answer_says_how_to_put_it_right_and_the_draft_stays(
    asked: str, words: str, error: str
) -> None:
    draft = blank("visit", asked=asked, values={"village": EAST})
    with pytest.raises(InvalidAnswer) as caught:
        form.answer(VISIT, draft, Given(words), offers("visit", asked), MONDAY)
    assert caught.value.text_id == error and has(error)
    assert draft == blank("visit", asked=asked, values={"village": EAST})


def test_several_are_picked_one_after_the_other_and_taken_back() -> None:
    draft = blank("visit", asked="households", values={"village": EAST}, offered=("甲家", "乙家", "丙家"))
    for number in (0, 2, 1, 2):
        draft = form.pick(VISIT, draft, number, MONDAY)
    assert draft.values["households"] == ["甲家", "乙家"] and draft.asked == "households"
    assert form.finish_picking(VISIT, draft).asked == "content"
    with pytest.raises(InvalidAnswer):
        form.finish_picking(VISIT, blank("visit", asked="households", values={"village": EAST}))


@pytest.mark.parametrize("number", [-1, 2, 99])
def test_a_button_that_was_never_there_is_refused(number: int) -> None:
    draft = blank("visit", offered=(EAST, WEST))
    with pytest.raises(InvalidAnswer, match=r"^form\.stale$"):
        form.pick(VISIT, draft, number, MONDAY)
    with pytest.raises(InvalidAnswer, match=r"^form\.stale$"):
        form.ask_for(VISIT, draft, "number")


def test_back_goes_one_question_back_and_the_first_one_stays() -> None:
    draft = interview("visit", "东桥村", "甲家")
    once = form.back(VISIT, draft)
    assert once.asked == "households" and "households" not in once.values
    twice = form.back(VISIT, once)
    assert twice.asked == "village" and form.back(VISIT, twice) == twice


def test_what_is_needed_cannot_be_skipped_and_the_rest_can() -> None:
    with pytest.raises(InvalidAnswer, match=r"^form\.needed$"):
        form.skip(VISIT, blank("visit"))
    full = interview("visit", "东桥村", "甲家", "都好", "今天")
    assert form.skip(VISIT, form.ask_for(VISIT, full, "request")).asked is None


def test_a_position_is_asked_for_as_one() -> None:
    full = interview("event", "路灯不亮", "东桥村", "今天")
    asked = form.ask_for(EVENT, full, "position")
    with pytest.raises(InvalidAnswer, match=r"^form\.need_position$"):
        form.answer(EVENT, asked, Given("在村口"), (), MONDAY)
    there = form.answer(EVENT, asked, Given("", {"latitude": 35.5, "longitude": 112.9}), (), MONDAY)
    assert there.values["position"] == {"latitude": 35.5, "longitude": 112.9}


def test_an_identity_number_in_an_answer_is_not_kept() -> None:
    draft = interview("visit", "东桥村", "甲家", "身份证11010519491231002X")
    assert "1949" not in draft.values["content"]


@given(
    st.lists(
        st.text(max_size=60) | st.sampled_from(["东桥村", "今天", "甲家、乙家", "-1", "²", "\x00", "\u202e"]),
        max_size=8,
    )
)
def test_any_answers_lead_to_a_draft_or_a_sentence(answers: list[str]) -> None:
    said: list[str] = []
    for kind in ("visit", "event"):
        draft = blank(kind)
        for words in answers:
            if draft.asked is None:
                break
            try:
                draft = form.answer(CATALOGUE[kind], draft, Given(words), offers(kind, draft.asked), MONDAY)
            except PersonError as error:
                said.append(error.text_id)
        if draft.asked is None:
            form.to_record(CATALOGUE[kind], draft.values)
    assert all(has(text_id) for text_id in said)
