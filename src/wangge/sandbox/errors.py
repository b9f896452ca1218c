"""What the Bot API answers when it refuses a call."""

from typing import Any


class ApiError(Exception):
    """The call is refused; code and description are the ones Telegram itself would send."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after

    def answer(self) -> dict[str, Any]:
        """Return the JSON body of the refusal."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


class ActError(Exception):
    """A person asked for something that cannot be done in a chat, such as tapping a missing button."""


def bad_request(text: str) -> ApiError:
    """Return the refusal of a call that was understood and is wrong."""
    return ApiError(400, f"Bad Request: {text}")


def blocked() -> ApiError:
    """Return the refusal to write to somebody who has stopped the bot."""
    return ApiError(403, "Forbidden: bot was blocked by the user")


def too_many_requests(retry_after: int) -> ApiError:
    """Return the refusal that asks for a pause of `retry_after` seconds."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
