"""I16: role × verb × reach as one table, and nothing a person can tap or type is missing from it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import wangge
from wangge.handlers import choosing, commands
from wangge.records.values import ROLES, Role
from wangge.rules.loop import ENDED, LOOP, OPEN, OUTCOMES, UNACCEPTED, State, allowed
from wangge.rules.rights import RIGHTS, Person, Post, Subject, lies_in, may

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

# verb: whoever holds the post, as author, as holder, within the post's area
MATRIX: dict[str, tuple[str, str, str, str]] = {
    "help": (ALL, "", "", ""),
    "start": (ALL, "", "", ""),
    "leave": (ALL, "", "", ""),
    "feedback": (ALL, "", "", ""),
    "mute": (ALL, "", "", ""),
    "mine": (HANDLERS + "d", "", "", ""),
    "progress": (FIELD, "", "", ""),
    "report": (HANDLERS + "d", "", "", ""),
    "visit": (FIELD, "", "", ""),
    "practice": (HANDLERS + "d", "", "", ""),
    "draft": ("", ALL, "", ""),
    "amend": ("", ALL, "", ""),
    "withdraw": ("", ALL, "", ""),
    "answer": ("", ALL, "", ""),
    "village": ("", ALL, "", ""),
    "files": ("", ALL, HANDLERS, "d"),
    "supplement": ("", ALL, HANDLERS, "d"),
    "confirm": ("", ALL, "", ""),
    "deny": ("", ALL, "", ""),
    "board": ("d", "", "", ""),
    "list": ("d", "", "", ""),
    "accept": ("", "", "", "d"),
    "assign": ("", "", "", "d"),
    "return": ("", "", "", "d"),
    "not_grid": ("", "", "", "d"),
    "redo": ("", "", "", "d"),
    "close": ("", "", "", "d"),
    "begin": ("", "", HANDLERS, ""),
    "hand_back": ("", "", HANDLERS, ""),
    "finish": ("", "", HANDLERS, ""),
    "open": ("", ALL, HANDLERS, "dat"),
    "unmask": ("", "", HANDLERS, "dat"),
    "digest": ("dat", "", "", ""),
    "figure": ("", "", "", "dat"),
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
    alone, author, holder, area = (letter in roles for roles in MATRIX[verb])
    assert may(person, verb) is alone
    assert may(person, verb, Subject(ELSEWHERE, author=2, holder=3)) is alone
    assert may(person, verb, Subject(ELSEWHERE, author=1)) is (alone or author)
    assert may(person, verb, Subject(ELSEWHERE, author=2, holder=1)) is (alone or holder)
    assert may(person, verb, Subject(VILLAGE, author=2, holder=3)) is (alone or area)
    assert may(person, verb, Subject(GRID)) is (alone or area)
    assert may(person, verb, Subject(TOWN)) is alone, "what lies around the post's area is not in it"
    assert not may(Person(1, "1", "某"), verb, Subject(VILLAGE, author=1, holder=1)), "no post, no right"


def test_areas_of_one_post_do_not_lend_their_reach_to_another() -> None:
    person = Person(1, "1", "某", (Post("desk_officer", VILLAGE), Post("grid_worker", TOWN)))
    assert may(person, "accept", Subject(VILLAGE)) and not may(person, "accept", Subject(TOWN + "999"))
    assert lies_in(GRID, VILLAGE) and not lies_in(VILLAGE, GRID) and not lies_in(VILLAGE, "")


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
    assert set(LOOP) <= set(RIGHTS)
    told = {role for act in LOOP.values() for role in act.told}
    assert told <= {"reporter", "holder", "desk"}
    for verb, act in LOOP.items():
        assert act.states, verb
        for state in get_args(State):
            assert allowed(verb, state) is (state in act.states)


def test_every_state_can_be_reached_and_only_ended_ones_have_no_way_on() -> None:
    reached = {"reported", "self_handled"}
    while True:
        more = {act.to for act in LOOP.values() if act.to and act.states & reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(get_args(State)) == OPEN | ENDED | {"withdrawn"}
    assert UNACCEPTED <= OPEN
    stuck = {state for state in reached if not any(state in act.states and act.to for act in LOOP.values())}
    assert stuck == {"not_grid", "withdrawn"}
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
