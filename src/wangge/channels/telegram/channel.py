"""The Telegram channel: long polling with our own acknowledgement or a webhook, sending, fetching.

Not PTB's Updater: it acknowledges updates before any handler has run (ADR 0001).
"""

import asyncio
import json
import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar

import structlog
from telegram import Bot, InputFile
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.warnings import PTBUserWarning

from wangge.channels.channel import (
    Accept,
    ChannelError,
    Displaced,
    Gone,
    Interrupted,
    Noted,
    Refused,
    SlowDown,
    Unreachable,
    Upload,
    Webhook,
    WrongToken,
)
from wangge.channels.render import Capabilities, Message
from wangge.channels.telegram.inbound import NAME, to_inbound
from wangge.channels.telegram.request import AiohttpRequest, Call
from wangge.handlers.message import Inbound

log = structlog.get_logger()
Answer = TypeVar("Answer")
POLL_SECONDS = 30
CHECK_SECONDS = 60.0
"""How often we ask whether Telegram still pushes to us."""
CONNECTIONS = 1
"""Pushes at the same time: with more, two sentences of one person may overtake each other."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - its name, not the secret
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
DOWNLOAD_LIMIT = 20_000_000


class TelegramChannel:
    """One bot account on one Bot API server."""

    name = NAME
    capabilities = Capabilities(text_limit=4000, caption_limit=1000, choices=40, edits=True, markup="html")

    def __init__(
        self,
        token: str,
        api_root: str,
        pace: float,
        webhook: Webhook | None = None,
        noted: Noted = lambda _method, _error: None,
        may_call: Callable[[], bool] = lambda: True,
    ) -> None:
        """`api_root` is the Bot API server without /bot; `pace` messages a second, 0: unlimited.

        `may_call` is asked before each call: the channel may belong to another process meanwhile.
        """
        self._may_call = may_call
        self.pace = pace
        self.webhook = webhook
        self._noted = noted
        self._is_ours = False
        """Whether Telegram has been told which way its updates come."""
        self._offset: int | None = None
        self._push_failed_at: int | None = None
        self._api_root = api_root.rstrip("/")
        self._requests = (AiohttpRequest(), AiohttpRequest(connections=2))
        self._bot = Bot(
            token,
            base_url=f"{self._api_root}/bot",
            base_file_url=f"{self._api_root}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )
        # do_api_request warns at each call that a method of that name exists; it takes files of any name.
        warnings.filterwarnings("ignore", "Please use 'Bot", PTBUserWarning)
        warnings.filterwarnings("ignore", ".*attribute `retry_after`", PTBUserWarning)

    async def __aenter__(self) -> Self:
        """Open the connections; Telegram itself is not asked yet, it may be down."""
        for request in self._requests:
            await request.initialize()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the connections."""
        for request in self._requests:
            await request.shutdown()

    async def introduce(self, commands: Sequence[tuple[str, str]]) -> str:
        """Set the menu of commands and return the link by which an invitation is accepted."""
        me = await self._call("getMe", {})
        listed = [{"command": command, "description": text} for command, text in commands]
        await self._call("setMyCommands", {"commands": listed})
        return f"https://t.me/{me['username']}?start={{code}}"

    async def listen(self, accept: Accept) -> None:
        """Poll, or have Telegram push, for ever."""
        pause = FIRST_PAUSE
        while True:
            try:
                await (self._see_to_pushes(self.webhook) if self.webhook else self._poll(accept))
                pause = FIRST_PAUSE
            except ChannelError as error:
                log.warning("listening_interrupted", error=type(error).__name__)
                self._is_ours = self._is_ours and not isinstance(error, Displaced)
                await asyncio.sleep(error.seconds if isinstance(error, SlowDown) else pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _poll(self, accept: Accept) -> None:
        """Poll once. The offset moves on only after `accept` has stored the batch.

        Polling starts without an offset: whatever was not acknowledged comes again and
        falls on the inbox's unique key. What waits at a webhook is kept by Telegram.
        """
        if not self._is_ours:
            await self._call("deleteWebhook", {})
            self._is_ours = True
        poll: dict[str, Any] = {"timeout": POLL_SECONDS, "allowed_updates": ALLOWED_UPDATES}
        if self._offset is not None:
            poll["offset"] = self._offset
        raw = await self._call("getUpdates", poll, read_timeout=POLL_SECONDS + 10)
        await accept([to_inbound(update) for update in raw])
        self._offset = _next_offset(raw, self._offset)

    async def _see_to_pushes(self, webhook: Webhook) -> None:
        """Have updates pushed to our address; after a while look whether they still are.

        Raises:
            Displaced: somebody else has taken them.
        """
        if not self._is_ours:
            place = {"url": webhook.url, "secret_token": webhook.secret}
            limits = {"max_connections": CONNECTIONS, "allowed_updates": ALLOWED_UPDATES}
            await self._call("setWebhook", {**place, **limits})
            self._push_failed_at = (await self._call("getWebhookInfo", {})).get("last_error_date")
            self._is_ours = True
        await asyncio.sleep(CHECK_SECONDS)
        found = await self._call("getWebhookInfo", {})
        if found["url"] != webhook.url:
            self._noted("push", Displaced.__name__)
            raise Displaced
        failed_at = found.get("last_error_date")
        if failed_at and failed_at != self._push_failed_at:
            self._push_failed_at = failed_at
            log.warning("push_failed", reason=found.get("last_error_message"))
            self._noted("push", "PushFailed")

    def read(self, body: bytes) -> Inbound:
        """Return the message in a pushed update."""
        return to_inbound(json.loads(body))

    async def send(self, chat: str, message: Message, editing: str | None, upload: Upload | None) -> str:
        """Send or edit; falls back to plain text where Telegram does not take the marks."""
        try:
            return await self._send(chat, message, editing, upload, parse_mode="HTML")
        except Refused as error:
            reason = str(error).lower()  # PTB writes the first letter large
            if "message is not modified" in reason:
                return editing or ""
            if editing and ("to edit not found" in reason or "can't be edited" in reason):
                raise Gone(reason) from error
            if "can't parse entities" in reason:
                return await self._send(chat, message, editing, upload, parse_mode=None)
            raise

    async def toast(self, tap: str, text: str, *, alert: bool) -> None:
        """Answer a tap; one that is too old to be answered does not matter."""
        with suppress(Refused):
            await self._call(
                "answerCallbackQuery", {"callback_query_id": tap, "text": text[:200], "show_alert": alert}
            )

    async def fetch(self, key: str, limit: int) -> bytes:
        """Download a file."""
        found = await self._call("getFile", {"file_id": key})
        if found.get("file_size", 0) > min(limit, DOWNLOAD_LIMIT):
            raise Refused("file is too big")
        address = f"{self._api_root}/file/bot{self._bot.token}/{found['file_path']}"
        content = await self._counted("download", lambda: self._bot.request.retrieve(address))
        if len(content) > limit:
            raise Refused("file is too big")
        return content

    async def _send(
        self, chat: str, message: Message, editing: str | None, upload: Upload | None, parse_mode: str | None
    ) -> str:
        parameters: dict[str, Any] = {"chat_id": int(chat)}
        if parse_mode:
            parameters["parse_mode"] = parse_mode
        if markup := _markup(message):
            parameters["reply_markup"] = markup
        if upload:
            endpoint, field = _way(upload)
            parameters |= {field: InputFile(upload.content, filename=upload.name), "caption": message.text}
            sent = await self._counted(
                endpoint, lambda: self._bot.do_api_request(endpoint, api_kwargs=parameters)
            )
        elif editing:
            parameters |= {"message_id": int(editing), "text": message.text}
            sent = await self._call("editMessageText", parameters)
        else:
            sent = await self._call("sendMessage", {**parameters, "text": message.text})
        return str(sent["message_id"]) if isinstance(sent, dict) else editing or ""

    async def _call(self, endpoint: str, parameters: dict[str, Any], **options: Any) -> Any:  # noqa: ANN401 - JSON
        """Make a call with PTB's errors, and without the reply objects that we do not read."""
        request = self._requests[endpoint == "getUpdates"]
        call = Call.of(f"{self._bot.base_url}/{endpoint}", parameters)
        return await self._counted(endpoint, lambda: request.post(call, **options))

    async def _counted(self, method: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        if not self._may_call():
            raise Displaced
        try:
            answer = await _translated(call())
        except ChannelError as error:
            self._noted(method, type(error).__name__)
            raise
        self._noted(method, "")
        return answer


async def _translated(call: Awaitable[Answer]) -> Answer:
    """Turn PTB's errors into what the caller does next."""
    try:
        return await call
    except RetryAfter as error:
        seconds = error.retry_after
        raise SlowDown(seconds if isinstance(seconds, int) else seconds.total_seconds()) from error
    except Forbidden as error:
        raise Unreachable(error.message) from error
    except Conflict as error:
        raise Displaced from error
    except BadRequest as error:
        if "chat not found" in error.message.lower():
            raise Unreachable(error.message) from error
        raise Refused(error.message) from error
    except InvalidToken as error:
        raise WrongToken from error
    except NetworkError as error:
        raise Interrupted(type(error).__name__) from error
    except TelegramError as error:
        raise Interrupted(type(error).__name__) from error


def _next_offset(raw: Sequence[Any], offset: int | None) -> int | None:
    ids = [update["update_id"] for update in raw if isinstance(update, dict) and "update_id" in update]
    return max(ids) + 1 if ids else offset


def _markup(message: Message) -> dict[str, Any] | None:
    if message.rows:
        return {
            "inline_keyboard": [
                [{"text": label, "callback_data": payload} for label, payload in row] for row in message.rows
            ]
        }
    if message.keyboard is None:
        return None
    if not message.keyboard:
        return {"remove_keyboard": True}
    rows = [[{"text": word} for word in row] for row in message.keyboard]
    return {"keyboard": rows, "resize_keyboard": True, "is_persistent": True}


def _way(upload: Upload) -> tuple[str, str]:
    """Return method and field for a file: pictures are shown, voice is played, the rest is downloaded."""
    match upload.name.rpartition(".")[2]:
        case "jpg" | "png":
            return "sendPhoto", "photo"
        case "ogg":
            return "sendVoice", "voice"
    return "sendDocument", "document"
