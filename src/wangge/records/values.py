"""The words that records are made of: roles, urgencies, places, positions.

Values are short English keys; the Chinese office terms are in texts/.
"""

from typing import Annotated, Literal, NewType, get_args

from pydantic import BaseModel, ConfigDict, Field

Role = Literal[
    "grid_worker",
    "village_cadre",
    "stationed_cadre",
    "area_leader",
    "desk_officer",
    "town_leader",
    "judicial_officer",
    "administrator",
    "unit",
]
ROLES: tuple[Role, ...] = get_args(Role)

Urgency = Literal["critical", "urgent", "usual"]

AreaCode = NewType("AreaCode", str)
"""Digits of an area: 9 a town, 12 a village, 15 a grid; a longer code lies inside its beginning."""

Household = Annotated[str, Field(min_length=1, max_length=20)]
"""A household (户) as the visitor names it: 户主 or label."""

Name = Annotated[str, Field(min_length=1, max_length=20)]
"""A person's name as it is written down; lists of names are masked as those of households are."""


class Position(BaseModel):
    """A point on the ground, degrees in WGS 84; one a record at most, never a track."""

    model_config = ConfigDict(frozen=True)

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
