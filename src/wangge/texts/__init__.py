"""Every sentence, label and heading a person reads, by id.

Imports nothing of ours. A text is short, plain, polite, the important thing first.
"""

from wangge.texts.texts import TEXTS as TEXTS


def say(text_id: str, /, **values: object) -> str:
    """Return the text of that id with `values` in their places.

    Raises:
        KeyError: no such text, or a value is missing (a programmer's mistake, caught by tests).
    """
    return TEXTS[text_id].format(**values)


def has(text_id: str) -> bool:
    """Tell whether there is a text of that id."""
    return text_id in TEXTS
