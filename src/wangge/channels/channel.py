"""What a way to reach people must be able to do: the Channel protocol and its errors."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self
from urllib.parse import urlsplit

from wangge.channels.render import Capabilities, Message
from wangge.handlers.message import Inbound

Accept = Callable[[Sequence[Inbound]], Awaitable[None]]
"""Stores messages durably; only after it has returned may they be acknowledged."""
Noted = Callable[[str, str], None]
"""Is told of each platform call: its method, and the name of its ChannelError, "" if it went well."""


class ChannelError(Exception):
    """A platform call did not succeed; the subclass says what to do next."""


class Interrupted(ChannelError):
    """Network, time-out or the platform's own trouble: try again, it does not count."""


class WrongToken(Interrupted):
    """The platform does not know us: nothing goes until the operator puts the token right."""


@dataclass
class SlowDown(ChannelError):
    """The platform asks for a pause of that many seconds, for everything."""

    seconds: float


class Unreachable(ChannelError):
    """The person has blocked the bot or deleted the account: never retry, tell the administrator."""


class Refused(ChannelError):
    """The platform will never take this message: give it up, the next one may pass."""


class Gone(Refused):
    """The message that was to be edited is not there any more."""


class Displaced(ChannelError):
    """Another process fetches with the same token."""


@dataclass(frozen=True)
class Upload:
    """A stored file on its way out."""

    content: bytes
    name: str


@dataclass(frozen=True)
class Webhook:
    """Where a platform pushes messages to, and how it proves that it is the platform."""

    url: str
    """The public address; its path is the bot's own and no other path is answered."""
    header: str
    secret: str = field(repr=False)

    @property
    def path(self) -> str:
        """The path behind the proxy."""
        return urlsplit(self.url).path

    def is_platform(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a request knows the secret; takes equally long whatever it says."""
        return hmac.compare_digest(headers.get(self.header, "").encode(), self.secret.encode())


class Channel(Protocol):
    """One platform. Nothing of ours goes in or out but messages."""

    name: str
    capabilities: Capabilities
    pace: float
    """Messages a second that the platform takes from us; 0: unlimited."""
    webhook: Webhook | None
    """None: messages are fetched by `listen`."""

    async def listen(self, accept: Accept) -> None:
        """Fetch messages until cancelled, or see to it that the platform pushes them to the webhook.

        A batch that was fetched is acknowledged after it has been accepted.
        """
        ...

    def read(self, body: bytes) -> Inbound:
        """Return the message in what was pushed.

        Raises:
            ValueError: it is not JSON.
        """
        ...

    async def send(self, chat: str, message: Message, editing: str | None, upload: Upload | None) -> str:
        """Send one message, or edit the one called `editing`; return the message's id.

        Raises:
            Gone: what was to be edited is not there any more.
            ChannelError: see its subclasses.
        """
        ...

    async def toast(self, tap: str, text: str, *, alert: bool) -> None:
        """Answer a tap with a short notice; a tap that is too old is no error."""
        ...

    async def fetch(self, key: str, limit: int) -> bytes:
        """Download a file a person has sent, up to `limit` bytes.

        Raises:
            Refused: the file is gone or larger.
        """
        ...

    async def introduce(self, commands: Sequence[tuple[str, str]]) -> str:
        """Make the platform show the commands; return the link of an invitation, with {code} in it."""
        ...

    async def __aenter__(self) -> Self:
        """Open what is needed to send; no call to the platform yet."""
        ...

    async def __aexit__(self, *error: object) -> None:
        """Close it."""
        ...
