"""I16: role × verb × reach as one table, and nothing a person can tap or type is missing from it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import wangge
from wangge.handlers import choosing, commands
from wangge.records.values import ROLES, Role
from wangge.rules.loop import (
    ENDED,
    LOOP,
    OPEN,
    OUTCOMES,
    STATES,
    UNACCEPTED,
    VERBS,
    State,
    Told,
    allowed,
)
from wangge.rules.rights import RIGHTS, Person, Post, Subject, lies_in, may, reach

SOURCE = Path(wangge.__file__).parent
TOWN, VILLAGE, GRID, ELSEWHERE = "990101001", "990101001201", "990101001201001", "990101002201"
LETTERS: dict[str, Role] = {
    "g": "grid_worker",
    "v": "village_cadre",
    "s": "stationed_cadre",
    "a": "area_leader",
    "d": "desk_officer",
    "t": "town_leader",
    "j": "judicial_officer",
    "m": "administrator",
    "u": "unit",
}
ALL, FIELD, HANDLERS = "gvsadtjmu", "gvsa", "gvsaju"

# verb: whoever holds the post, as author, as holder, within the post's area, as a party
MATRIX: dict[str, tuple[str, ...]] = {
    "help": (ALL, "", "", ""),
    "start": (ALL, "", "", ""),
    "leave": (ALL, "", "", ""),
    "end_leave": (ALL, "", "", ""),
    "feedback": (ALL, "", "", ""),
    "mute": (ALL, "", "", ""),
    "mine": (HANDLERS + "dt", "", "", ""),
    "progress": (FIELD, "", "", ""),
    "report": (HANDLERS + "d", "", "", ""),
    "visit": (FIELD, "", "", ""),
    "reception": ("dat", "", "", ""),
    "briefing": ("dat", "", "", ""),
    "study": ("dtj", "", "", ""),
    "legal": ("dj", "", "", ""),
    "publicity": (FIELD + "dj", "", "", ""),
    "practice": (HANDLERS + "d", "", "", ""),
    "draft": ("", ALL, "", ""),
    "amend": ("", ALL, "", ""),
    "withdraw": ("", ALL, "", ""),
    "answer": ("", ALL, "", "", ALL),
    "village": ("", ALL, "", ""),
    "files": ("", ALL, HANDLERS, "d"),
    "supplement": ("", ALL, HANDLERS, "d", ALL),
    "confirm": ("", ALL, "", "d", ALL),
    "deny": ("", ALL, "", "d", ALL),
    "rate": ("", ALL, "", ""),
    "join": (HANDLERS + "d", "", "", ""),
    "board": ("d", "", "", ""),
    "list": ("d", "", "", ""),
    "accept": ("", "", "", "d"),
    "assign": ("", "", "", "d"),
    "return": ("", "", "", "d"),
    "not_grid": ("", "", "", "d"),
    "redo": ("", "", "", "d"),
    "close": ("", "", "", "d"),
    "petition": ("", "", "", "d"),
    "escalate": ("", "", "", "d"),
    "merge": ("", "", "", "d"),
    "ask_check": ("", "", "", "d"),
    "reopen": ("", "", "", "d"),
    "ask_suspend": ("", "", "", "d"),
    "resume": ("", "", "", "d"),
    "enter": ("", "", "", "d"),
    "undo": ("", "", "", "d"),
    "copy": ("", "", "", "d"),
    "upper": ("d", "", "", ""),
    "duty": ("dm", "", "", ""),
    "take_over": ("d", "", "", ""),
    "hand_on": ("", "", HANDLERS, ""),
    "add_helper": ("", "", HANDLERS, "d"),
    "ask_extend": ("", "", HANDLERS, "d"),
    "acknowledge": ("", "", HANDLERS, "d"),
    "note": ("", "", HANDLERS, "dat"),
    "suspend": ("", "", "", "at"),
    "extend": ("", "", "", "at"),
    "refuse": ("", "", "", "at"),
    "supervise": ("", "", "", "at"),
    "instruct": ("", "", "", "at"),
    "search": (ALL, "", "", ""),
    "reply": ("m", "", "", ""),
    "begin": ("", "", HANDLERS, ""),
    "hand_back": ("", "", HANDLERS, ""),
    "finish": ("", "", HANDLERS, ""),
    "open": ("", ALL, HANDLERS, "dat", ALL),
    "unmask": ("", "", HANDLERS, "dat"),
    "digest": ("dat", "", "", ""),
    "monthly": ("dat", "", "", ""),
    "figures": ("dat", "", "", ""),
    "figure": ("", "", "", "dat"),
    "annual": ("dtm", "", "", ""),
    "export": ("datm", "", "", ""),
    "export_area": ("", "", "", "datm"),
    "export_names": ("", "", "", "dat"),
    "roster": ("m", "", "", ""),
    "invite": ("m", "", "", ""),
}
"""Who may do what. A change here is a change of who sees or does things in the township."""


def somebody(role: Role, area: str = VILLAGE) -> Person:
    return Person(1, "1", "某", (Post(role, area),))


def test_the_letters_name_every_role() -> None:
    assert set(LETTERS.values()) == set(ROLES)


def test_every_verb_has_a_row_here() -> None:
    assert set(MATRIX) == set(RIGHTS)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("verb", RIGHTS)
def test_a_role_may_what_its_row_says_and_nothing_else(verb: str, letter: str) -> None:
    person = somebody(LETTERS[letter])
    alone, author, holder, area, party = (letter in roles for roles in (*MATRIX[verb], "")[:5])
    assert may(person, verb) is alone
    assert may(person, verb, Subject(ELSEWHERE, author=2, holder=3)) is alone
    assert may(person, verb, Subject(ELSEWHERE, author=1)) is (alone or author)
    assert may(person, verb, Subject(ELSEWHERE, author=2, holder=1)) is (alone or holder)
    assert may(person, verb, Subject(ELSEWHERE, author=2, parties=frozenset({1}))) is (alone or party)
    assert may(person, verb, Subject(ELSEWHERE, author=2, parties=frozenset({3}))) is alone
    assert may(person, verb, Subject(VILLAGE, author=2, holder=3)) is (alone or area)
    assert may(person, verb, Subject(GRID)) is (alone or area)
    assert may(person, verb, Subject(TOWN)) is alone, "what lies around the post's area is not in it"
    assert not may(Person(1, "1", "某"), verb, Subject(VILLAGE, author=1, holder=1)), "no post, no right"


def test_areas_of_one_post_do_not_lend_their_reach_to_another() -> None:
    person = Person(1, "1", "某", (Post("desk_officer", VILLAGE), Post("grid_worker", TOWN)))
    assert may(person, "accept", Subject(VILLAGE)) and not may(person, "accept", Subject(TOWN + "999"))
    assert lies_in(GRID, VILLAGE) and not lies_in(VILLAGE, GRID) and not lies_in(VILLAGE, "")


def test_the_reach_of_a_verb_is_the_areas_of_the_posts_that_give_it_each_once() -> None:
    posts = (Post("desk_officer", VILLAGE), Post("administrator", TOWN), Post("grid_worker", ELSEWHERE))
    person = Person(1, "1", "某", posts)
    assert reach(person, "open") == (VILLAGE,)
    assert reach(person, "export_area") == (TOWN,), "the village lies in the town"
    assert reach(somebody("grid_worker"), "export_area") == reach(person, "delete") == ()


@pytest.mark.parametrize("verb", ["", "delete", "Accept", "accept:1"])
def test_a_verb_nobody_has_thought_of_is_refused(verb: str) -> None:
    assert not any(may(somebody(role), verb, Subject(VILLAGE, 1, 1)) for role in ROLES)


def test_every_command_and_place_asks_a_right() -> None:
    free = {"cancel", "back"}
    """They only leave what is open in one's own chat."""
    assert set(commands.COMMANDS) == set(commands.DOES)
    assert set(commands.COMMANDS) - free <= set(RIGHTS)
    assert {right for right, _ in commands.PLACES.values()} <= set(RIGHTS)
    assert set(commands.WORDS.values()) <= set(commands.COMMANDS)


def test_loop_and_rights_name_the_same_acts() -> None:
    assert set(RIGHTS) >= VERBS
    told = {role for act in LOOP for role in act.told}
    assert told <= set(get_args(Told))
    for act in LOOP:
        assert act.states, act.verb
    for verb in VERBS:
        for state in get_args(State):
            found = [act for act in LOOP if act.verb == verb and state in act.states]
            assert len(found) <= 1, "an act leads one way from a state"
            assert allowed(verb, state) is bool(found)


def test_every_state_can_be_reached_and_only_ended_ones_have_no_way_on() -> None:
    reached = {"reported", "self_handled"}
    while True:
        more = {act.to for act in LOOP if act.to and act.states & reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(get_args(State)) == STATES
    assert OPEN | ENDED | {"withdrawn", "duplicate"} == STATES
    assert UNACCEPTED <= OPEN
    stuck = {state for state in reached if not any(state in act.states and act.to for act in LOOP)}
    assert stuck == {"duplicate", "withdrawn"}, "a merge can be undone for some minutes"
    assert OUTCOMES[0] == "solved"


def payloads() -> Iterator[tuple[str, str]]:
    """Yield (place, payload) of every payload written in the code, each value in it as 10 digits."""
    for file in sorted(SOURCE.glob("handlers/*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                named = {word.arg: word.value for word in node.keywords}
                is_choice = isinstance(node.func, ast.Name) and node.func.id == "choice"
                value = named.get("payload") or (node.args[1] if is_choice and len(node.args) > 1 else None)
                if isinstance(value, ast.Constant | ast.JoinedStr):
                    yield f"{file.name}:{node.lineno}", written(value)


def written(value: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "9" * 10 for part in value.values)


KNOWN = choosing.DRAFT_VERBS | set(commands.PLACES) | set(RIGHTS) | {"to_event"}


def test_every_button_says_a_verb_that_is_known_in_at_most_64_bytes() -> None:
    found = list(payloads())
    assert len(found) > 30
    for place, payload in found:
        verb = payload.partition(":")[0]
        assert verb in KNOWN or verb.startswith("9"), f"{place}: {payload}"
        assert len(payload.encode()) <= 64, f"{place}: {payload}"
