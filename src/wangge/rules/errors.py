"""What can go wrong, named by what the caller does next.

Only a PersonError may be shown to a person; every other error is logged.
"""


class BotError(Exception):
    """Something went wrong in the bot."""


class PersonError(BotError):
    """The person can put this right; the text id names the sentence to show.

    Args:
        text_id: an id of `wangge.texts`.
        values: what the sentence has places for.
    """

    def __init__(self, text_id: str, **values: object) -> None:
        super().__init__(text_id)
        self.text_id = text_id
        self.values = values


class InvalidAnswer(PersonError):
    """The answer does not fit the question; ask again, the draft stays."""
