"""All texts in one table; each lies in the module of those who read it."""

from itertools import chain

from wangge.texts.annual import ANNUAL
from wangge.texts.desk import DESK
from wangge.texts.duty import DUTY
from wangge.texts.exporting import EXPORTING
from wangge.texts.figures import FIGURES
from wangge.texts.health import HEALTH
from wangge.texts.ledgers import LEDGERS
from wangge.texts.operator import OPERATOR
from wangge.texts.picture import PICTURE
from wangge.texts.practice import PRACTICE
from wangge.texts.reading import READING
from wangge.texts.reports import REPORTS
from wangge.texts.roster import ROSTER
from wangge.texts.talk import TALK
from wangge.texts.upper import UPPER

TEXTS: dict[str, str] = dict(
    chain.from_iterable(
        texts.items()
        for texts in (
            TALK,
            PRACTICE,
            DESK,
            DUTY,
            UPPER,
            FIGURES,
            PICTURE,
            ANNUAL,
            REPORTS,
            EXPORTING,
            LEDGERS,
            READING,
            ROSTER,
            OPERATOR,
            HEALTH,
        )
    )
)
