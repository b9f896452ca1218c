"""The texts."""

from wangge.texts.roster import ROSTER

TEXTS: dict[str, str] = {**ROSTER}
