"""Write the pages of docs/ that derive from declarations; `make docs` runs it, a test compares.

settings.md from bot.settings, policy.md from rules.policy, loop.md from rules.loop and rules.rights.
"""

import types
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from wangge.bot.settings import Settings
from wangge.rules.loop import LOOP, Act
from wangge.rules.policy import Policy
from wangge.rules.rights import RIGHTS
from wangge.texts import say

HERE = Path(__file__).parent


def settings_page() -> str:
    """Return the reference of the environment variables."""
    lines = [
        "# Settings",
        "",
        "Read once at start from the environment. Written by `make docs` from `bot/settings.py`.",
        "",
        "| variable | default | what it is for |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `WANGGE_{name.upper()}` | {_default(field.default)} | {field.description} |")
    return "\n".join(lines) + "\n"


def policy_page() -> str:
    """Return the reference of town.toml."""
    lines = [
        "# Policy: `town.toml`",
        "",
        "What the town decides for itself. `wangge init` writes one with every part filled in; after a change",
        "`wangge policy apply town.toml` puts it in force as the next numbered version, or names every mistake",
        "at once. Durations are ISO 8601: `PT15M` 15 minutes, `PT7H` 7 hours (a working day), `P30D` 30 days.",
        "Written by `make docs` from `rules/policy.py`.",
        "",
    ]
    for name, field in Policy.model_fields.items():
        part = _part(field.annotation)
        if part is None:
            continue
        lines += [f"## `{name}`", "", " ".join((part.__doc__ or "").split()), ""]
        lines += ["| key | default | what it is for |", "|---|---|---|"]
        for key, inner in part.model_fields.items():
            default = (
                "needed" if inner.is_required() else _default(inner.get_default(call_default_factory=True))
            )
            lines.append(f"| `{key}` | {default} | {' '.join((inner.description or '').split())} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def loop_page() -> str:
    """Return the event loop as a diagram and a table."""
    lines = [
        "# The event loop (网格事件流转)",
        "",
        "Written by `make docs` from `rules/loop.py` and `rules/rights.py`.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> reported: report",
        "    [*] --> self_handled: report",
    ]
    for act in LOOP:
        ways = [to for to in (act.to, act.unheld) if to]
        lines += [f"    {state} --> {to}: {act.verb}" for state in sorted(act.states) for to in ways]
    lines += [
        "```",
        "",
        "| act | 中文 | from | to | requires | told | who |",
        "|---|---|---|---|---|---|---|",
    ]
    for act in LOOP:
        who = "; ".join(f"{_roles(grant.roles)} ({grant.reach})" for grant in RIGHTS[act.verb])
        states = ", ".join(sorted(act.states))
        lines.append(
            f"| `{act.verb}` | {say(f'act.{act.verb}')} | {states} | {_goes_to(act)} "
            f"| {', '.join(act.requires) or '—'} | {', '.join(act.told) or '—'} | {who} |"
        )
    return "\n".join(lines) + "\n"


def _goes_to(act: Act) -> str:
    way = f"{act.to} ({act.unheld} if nobody holds it)" if act.unheld else act.to or "stays"
    return f"{way}; undo" if act.is_undoable else way


def _roles(roles: frozenset[str]) -> str:
    return "everybody" if len(roles) == len(_all_roles()) else ", ".join(sorted(roles))


def _all_roles() -> frozenset[str]:
    return RIGHTS["help"][0].roles


def _part(annotation: Any) -> type[BaseModel] | None:
    found = get_args(annotation)[0] if get_args(annotation) else annotation
    is_part = (
        isinstance(found, type) and not isinstance(found, types.GenericAlias) and issubclass(found, BaseModel)
    )
    return found if is_part else None


def _default(value: Any) -> str:
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, timedelta):
        return f"{value}"
    if isinstance(value, BaseModel):
        return "; ".join(f"{key} {_default(inner)}" for key, inner in value)
    if isinstance(value, dict):
        return "; ".join(f"{key} {_default(inner)}" for key, inner in value.items())
    if isinstance(value, tuple):
        return ", ".join(_default(inner) for inner in value)
    return f"`{value}`"


PAGES = {"settings.md": settings_page, "policy.md": policy_page, "loop.md": loop_page}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
