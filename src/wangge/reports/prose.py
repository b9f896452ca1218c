"""A report as words: headings and paragraphs, with numbers that know their figures and places to fill in."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """Plain words."""

    text: str


@dataclass(frozen=True)
class Number:
    """A number, tied to the figure it is."""

    figure: str
    text: str


@dataclass(frozen=True)
class Place:
    """What the writer has to fill in."""

    hint: str


Run = Text | Number | Place
Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (一、), 2 (（一）) or 3 (1.)."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Sentences that stand together."""

    runs: Runs
    is_addressee: bool = False
    """Begins at the margin: to whom the report goes."""


@dataclass(frozen=True)
class Source:
    """Where a number comes from: what figure it is, how it is counted, when, and from how many records."""

    text: str
    name: str
    how: str
    span: str
    until: str
    records: int | None
    """None: it is counted from no records."""
    frozen: int | None = None
    """The same figure as the months were closed with."""


@dataclass(frozen=True)
class Report:
    """The whole document, as it is to be read."""

    title: str
    blocks: tuple[Heading | Paragraph, ...]
    signature: str
    date: str
    sources: Mapping[str, Source]
    months: tuple[tuple[str, int, int], ...] = ()
    """(name, valid, closed) of each month, for a chart."""
    classes: tuple[tuple[str, int], ...] = ()
    """(name, valid) of each 大类, for a chart."""
    is_demo: bool = False

    @property
    def numbers(self) -> list[Number]:
        """Every number in the order in which it is read."""
        runs = (run for block in self.blocks if isinstance(block, Paragraph) for run in block.runs)
        return [run for run in runs if isinstance(run, Number)]
