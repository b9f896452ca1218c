"""HTML that cannot be said wrong: whatever is not HTML already is escaped here and nowhere else."""

import html
from collections.abc import Iterable

VOID = frozenset({"img", "input"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | None | Iterable[str | None]


def tag(name: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Return an element.

    Of an attribute's name a last underscore is dropped and the others become hyphens; True gives a bare
    attribute, False and None none.
    """
    written = "".join(_attribute(each, value) for each, value in attributes.items())
    opening = f"<{name}{written}>"
    return Html(opening if name in VOID else f"{opening}{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    """Return children one after the other; plain words are escaped, None is nothing."""
    return Html("".join(_child(child) for child in children))


def icon(name: str) -> Html:
    """Return one of the drawings that stand at the beginning of the page."""
    use = tag("use", href=f"#icon-{name}")
    return tag("svg", use, class_="icon", aria_hidden="true", focusable="false")


def _child(child: Child) -> str:
    if child is None or isinstance(child, Html):
        return child or ""
    if isinstance(child, str):
        return html.escape(child)
    return "".join(_child(each) for each in child)


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = name.removesuffix("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{html.escape(str(value))}"'
