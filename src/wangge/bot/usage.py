"""Help and mistakes of the command line in Chinese: the library has its sentences in English only.

`Cli` is a typer.Typer whose every page is written here; `wording` says what is wrong with a line.
"""

from collections.abc import Callable, Iterable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from wangge.texts import say

Rows = Iterable[tuple[str, str]]


class Cli(typer.Typer):
    """A command line whose help is Chinese."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - what typer takes
        fixed: dict[str, Any] = {"add_completion": False, "pretty_exceptions_enable": False}
        super().__init__(cls=Group, rich_markup_mode=None, **{**fixed, **options})

    def command(self, name: str | None = None, **options: Any) -> Callable[..., Any]:  # noqa: ANN401 - what typer takes
        """Add a command."""
        return super().command(name, cls=Command, **options)


class Command(TyperCommand):
    """One command."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own, which are private
        """Write its page."""
        formatter.write(_page(self, ctx, {}))


class Group(TyperGroup):
    """A command that has commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own, which are private
        """Write its page."""
        formatter.write(_page(self, ctx, self.commands))


def wording(error: typer.TyperException) -> str:
    """Return what is wrong with what was typed, and where to look."""
    ctx = getattr(error, "ctx", None)
    command = ctx.command_path if ctx else "wangge"
    option = getattr(error, "option_name", None)
    if option is not None:
        is_unknown = hasattr(error, "possibilities")
        text_id = "cli.usage.no_option" if is_unknown else "cli.usage.no_value"
        return say(text_id, option=option, command=command)
    if (param := getattr(error, "param", None)) is not None:
        name = param.opts[0] if param.param_type_name == "option" else param.opts[0].upper()
        if not error.message:
            return say("cli.usage.missing", name=name, command=command)
        return say("cli.usage.wrong_value", name=name, command=command)
    if ctx and isinstance(ctx.command, Group):
        return say("cli.usage.no_command", command=command, commands="、".join(ctx.command.commands))
    return say("cli.usage.too_much", command=command)


def _page(command: TyperCommand | TyperGroup, ctx: Any, commands: Any) -> str:  # noqa: ANN401 - typer's own
    parameters = [one for one in command.params if one.name != "help"]
    arguments = [one for one in parameters if one.param_type_name == "argument"]
    options = [one for one in parameters if one.param_type_name == "option"]
    pieces = [one.opts[0].upper() for one in arguments]
    if commands:
        pieces.append(say("cli.page.command"))
    usage = say("cli.page.usage", line=" ".join([ctx.command_path, say("cli.page.some"), *pieces]))
    parts = [usage, command.help or ""]
    parts.append(_table("cli.page.commands", [(name, one.help or "") for name, one in commands.items()]))
    parts.append(_table("cli.page.arguments", [(one.opts[0].upper(), _help(one)) for one in arguments]))
    listed = [(one.opts[0], _help(one)) for one in options]
    parts.append(_table("cli.page.options", [*listed, ("--help", say("cli.page.help"))]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _help(parameter: Any) -> str:  # noqa: ANN401 - typer's own
    return parameter.help or ""


def _table(text_id: str, rows: Rows) -> str:
    rows = list(rows)
    width = max((len(name) for name, _ in rows), default=0)
    lines = [f"  {name:<{width}}  {words}".rstrip() for name, words in rows]
    return "\n".join([say(text_id), *lines]) if lines else ""
