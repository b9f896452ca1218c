"""Texts and code agree: each id that is said exists, with all its values; each text is said somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import wangge
from wangge.records.catalogue import CATALOGUE
from wangge.rules.loop import VERBS, Required, State
from wangge.texts import TEXTS

SOURCE = Path(wangge.__file__).parent
FILES = [file for file in SOURCE.rglob("*.py") if "texts" not in file.parts and "sandbox" not in file.parts]
TREES = {file: ast.parse(file.read_text(encoding="utf-8")) for file in FILES}
SAYS = {"say": 0, "PersonError": 0, "InvalidAnswer": 0, "toast": 0, "choice": 0}
"""Functions that take a text's id first and its values by name."""
AUDIENCES = ("reporter", "desk", "holder", "leader", "helper", "checker")
NOT_VALUES = {"alert", "primary", "wide", "payload"}


def places_of(text: str) -> set[str]:
    return {name.partition(".")[0] for _, name, _, _ in Formatter().parse(text) if name}


def said() -> Iterator[tuple[str, ast.Call, str]]:
    """Yield (place, call, id) of each text that is said by a plain id."""
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            options = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            for option in options:
                if name in SAYS and isinstance(option, ast.Constant) and isinstance(option.value, str):
                    yield f"{file.relative_to(SOURCE)}:{node.lineno}", node, option.value


def patterns() -> set[str]:
    """Return regular expressions for ids that are put together: f"act.{verb}" and "role." + role."""
    found = set()
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.]+"
                    for part in node.values
                ]
                literal = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
                if "." in literal and re.search("[a-z]{3}", literal):
                    found.add("".join(parts))
    return found


def words() -> set[str]:
    """Return every plain string of the code: ids stand in tables and declarations too."""
    return {
        node.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_id_that_is_said_exists() -> None:
    missing = sorted({f"{place}: {text_id}" for place, _, text_id in said() if text_id not in TEXTS})
    assert not missing


def test_every_place_in_a_text_is_given_its_value() -> None:
    lacking = []
    for place, call, text_id in said():
        if text_id not in TEXTS or any(word.arg is None for word in call.keywords):
            continue  # given by a mapping
        given = {word.arg for word in call.keywords} - NOT_VALUES
        needed = places_of(TEXTS[text_id])
        if not needed <= given:
            lacking.append(f"{place}: {text_id} lacks {sorted(needed - given)}")
        more = sorted(str(name) for name in given - needed)
        if more and getattr(call.func, "id", "") == "say" and isinstance(call.args[0], ast.Constant):
            lacking.append(f"{place}: {text_id} has no place for {more}")
    assert not lacking


def test_no_text_is_left_over() -> None:
    declared = {
        f"{ask.text}.{end}"
        for kind in CATALOGUE.values()
        for field, ask in kind.asks().items()
        for end in ("ask", "label", "button", *get_args(kind.model_fields[field].annotation))
    }
    declared |= {f"{audience}.{state}" for audience in AUDIENCES for state in get_args(State)}
    declared |= {f"{verb}.{each}" for verb in VERBS for each in get_args(Required)}
    plain, put_together = words() | declared, [re.compile(pattern) for pattern in patterns()]
    unused = [
        text_id
        for text_id in TEXTS
        if text_id not in plain and not any(pattern.fullmatch(text_id) for pattern in put_together)
    ]
    assert not unused


def test_a_text_has_no_blank_ends_and_no_foreign_punctuation() -> None:
    assert not [
        text_id for text_id, text in TEXTS.items() if text != text.strip() and not text_id.startswith("card.")
    ]
    assert not [text_id for text_id, text in TEXTS.items() if re.search(r"[\u4e00-\u9fff][,;?!]", text)]
