"""What a record is: one pydantic model whose fields are the questions.

From the declaration derive the interview, the check of an answer, the card, the
stored row, the export's columns and the documentation. A new kind is one file
and one name in the catalogue; nothing here changes for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from wangge.records.values import Role

Note = TypeVar("Note")
Column = Literal["area", "class", "happened_on", "urgency", "quantity", "source"]
"""The columns of the one table of records that a field may fill."""


@dataclass(frozen=True)
class Ask:
    """How a field is asked for; `text` is the id of its texts (`.ask`, `.label`)."""

    text: str
    offers: str | None = None
    """Name of the question to storage that yields what can be tapped."""
    suggest: tuple[str, ...] = ()
    """Ids of texts that can be tapped as an answer."""
    on_card: bool = False
    """True: has a button on the card itself, not only under 改一改."""
    author_if: tuple[Role, ...] = ()
    """Roles whose holder is the answer himself until he says otherwise; for lists of names."""


@dataclass(frozen=True)
class Fills:
    """Which column of the stored row the field fills, and how."""

    column: Column
    value: Callable[[Any], Any] = lambda value: value


class Record(BaseModel):
    """Base of every kind. A field without a default is asked, the others only by exception."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]
    right: ClassVar[str] = "report"
    """The verb that whoever keeps such records must have."""
    main: ClassVar[str] = ""
    """The field that takes the sentence in which it was told, and the words under a photo."""

    @classmethod
    @cache
    def asks(cls) -> Mapping[str, Ask]:
        """Return the question of each field, in the order of the interview."""
        return {name: ask for name, field in cls.model_fields.items() if (ask := _find(field, Ask))}

    @classmethod
    def is_asked(cls, field: str) -> bool:
        """Tell whether the interview asks for the field (else: by exception, from the card)."""
        return cls.model_fields[field].is_required()

    @classmethod
    def filling(cls, column: Column) -> str:
        """Return the field that fills a column of the stored row, "" if none does."""
        notes = ((name, _find(field, Fills)) for name, field in cls.model_fields.items())
        return next((name for name, note in notes if note and note.column == column), "")

    def columns(self) -> dict[Column, Any]:
        """Return what this record fills of the stored row."""
        filled: dict[Column, Any] = {}
        for name, field in type(self).model_fields.items():
            if fills := _find(field, Fills):
                filled[fills.column] = fills.value(getattr(self, name))
        return filled


def _find(field: FieldInfo, sort: type[Note]) -> Note | None:
    return next((note for note in field.metadata if isinstance(note, sort)), None)
