"""A Bot API that costs next to nothing, so that what is measured is the bot.

It speaks HTTP by hand (one request at a time on a kept connection, which is all that the three clients do),
checks nothing a bot of ours could get wrong, and keeps updates until they are acknowledged as the real one does.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from typing import Any, Self
from urllib.parse import parse_qsl

TOKEN = "7000000001:sandbox-token-of-no-value-anywhere-0"  # opens nothing
TOWN_TIME = "2026-11-23T10:00:00+08:00"
ME = {"id": 7000000001, "is_bot": True, "first_name": "网格助手", "username": "wangge_test_bot"}
MOST_UPDATES = 100
Heard = Callable[[int, dict[str, Any]], None]
"""Is told the chat and the message as it is shown now, after each sending or editing."""


class StandIn:
    """Updates that wait, and what the chats show."""

    def __init__(self, heard: Heard) -> None:
        self.url = ""
        self.calls = 0
        self.open_taps: set[str] = set()
        """Taps that nobody has answered yet: on a real phone they still spin."""
        self.polled = asyncio.Event()
        self.deaf = 0
        """How many acknowledgements are still to get lost: what they were for is handed out again."""
        self._now = datetime.fromisoformat(TOWN_TIME)
        self._clock = 1
        self._watchers: list[Connection] = []
        self._heard = heard
        self._updates: list[dict[str, Any]] = []
        self._next = {"update": 1, "message": 1, "tap": 1}
        self._poll: tuple[Connection, asyncio.TimerHandle] | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._server:
            self._server.close()

    @property
    def handed_out(self) -> int:
        """How many updates there have been."""
        return self._next["update"] - 1

    def move_to(self, now: datetime) -> None:
        """Let it be that town time for whoever follows the clock."""
        self._now, self._clock = now, self._clock + 1
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            self.tell_time(watcher)

    def tell_time(self, connection: "Connection", after: int = 0) -> None:
        """Tell the town time; whoever has heard it already waits for a change."""
        if after >= self._clock:
            self._watchers.append(connection)
            return
        connection.reply({"now": self._now.isoformat(), "version": self._clock, "running": False})

    def says(self, person: int, text: str) -> None:
        """Let a person type words."""
        message = {**self._message(person), "from": _user(person), "text": text}
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text)}]
        self._put("message", message)

    def taps(self, person: int, message: dict[str, Any], payload: str) -> None:
        """Let a person tap a button."""
        tap = str(self._number("tap"))
        self.open_taps.add(tap)
        query = {
            "id": tap,
            "from": _user(person),
            "message": message,
            "chat_instance": "1",
            "data": payload,
        }
        self._put("callback_query", query)

    def answer(self, connection: "Connection", method: str, fields: dict[str, Any]) -> None:
        """Carry out one call."""
        match method.lower():
            case "getupdates":
                self._take_poll(connection, fields)
                return
            case "sendmessage" | "sendphoto":
                result: Any = {**self._message(int(fields["chat_id"])), "from": ME, **_content(fields)}
                self._heard(int(fields["chat_id"]), result)
            case "editmessagetext":
                message = {"message_id": int(fields["message_id"]), "edit_date": self._sent_at}
                chat = int(fields["chat_id"])
                result = {**self._message(chat, is_new=False), **message, "from": ME, **_content(fields)}
                self._heard(chat, result)
            case "answercallbackquery":
                self.open_taps.discard(fields["callback_query_id"])
                result = True
            case "getme":
                result = {**ME, "can_join_groups": True, "can_read_all_group_messages": False}
            case "getwebhookinfo":
                result = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
            case _:
                result = True
        self.calls += 1
        connection.reply({"ok": True, "result": result})

    def _take_poll(self, connection: "Connection", fields: dict[str, Any]) -> None:
        self.polled.set()
        offset = int(fields.get("offset", "0"))
        if offset and self.deaf:
            self.deaf -= 1
        elif offset:
            self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if self._poll:
            self._poll[1].cancel()
        if self._updates or not float(fields.get("timeout", "0")):
            self._poll = None
            connection.reply({"ok": True, "result": self._updates[:MOST_UPDATES]})
            return
        timer = asyncio.get_running_loop().call_later(float(fields["timeout"]), self._end_poll)
        self._poll = (connection, timer)

    def _end_poll(self) -> None:
        if self._poll:
            connection, timer = self._poll
            timer.cancel()
            self._poll = None
            connection.reply({"ok": True, "result": self._updates[:MOST_UPDATES]})

    def _put(self, kind: str, content: dict[str, Any]) -> None:
        self._updates.append({"update_id": self._number("update"), kind: content})
        if self._poll and len(self._updates) == 1:  # whatever comes in this turn of the loop goes along
            asyncio.get_running_loop().call_soon(self._end_poll)

    def _message(self, chat: int, *, is_new: bool = True) -> dict[str, Any]:
        number = {"message_id": self._number("message")} if is_new else {}
        return {
            **number,
            "date": self._sent_at,
            "chat": {"id": chat, "type": "private", "first_name": f"人{chat}"},
        }

    @property
    def _sent_at(self) -> int:
        return int(self._now.timestamp())

    def _number(self, kind: str) -> int:
        self._next[kind] += 1
        return self._next[kind] - 1


class Connection(asyncio.Protocol):
    """One kept connection of the bot."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            length = _length(head)
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._request(head, rest[:length])

    def reply(self, answer: Any) -> None:
        """Send an answer, if the bot is still there."""
        body = json.dumps(answer).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        if not self._transport.is_closing():
            self._transport.write(head + body)

    def _request(self, head: bytes, body: bytes) -> None:
        path, _, query = head.split(b" ", 2)[1].decode().partition("?")
        if path == "/sandbox/clock":
            self._stand_in.tell_time(self, int(dict(parse_qsl(query)).get("after", "0")))
            return
        if body.startswith(b"--"):
            fields = _parts(head.partition(b"\r\n")[2] + b"\r\n\r\n" + body)
        else:
            fields = json.loads(body) if body.startswith(b"{") else dict(parse_qsl(query or body.decode()))
        self._stand_in.answer(self, path.rpartition("/")[2], fields)


def _parts(form: bytes) -> dict[str, str]:
    """Return the fields of a form that brings a file along; what is in the file nobody looks at."""
    parts = message_from_bytes(form).get_payload()
    named = {
        str(part.get_param("name", header="content-disposition")): part
        for part in parts
        if isinstance(part, Message)
    }
    return {name: str(part.get_payload()) for name, part in named.items() if part.get_filename() is None}


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _content(fields: dict[str, Any]) -> dict[str, Any]:
    markup = fields.get("reply_markup", {})
    markup = json.loads(markup) if isinstance(markup, str) else markup
    is_inline = "inline_keyboard" in markup
    text = {"text": fields["text"]} if "text" in fields else {"caption": fields.get("caption", "")}
    return {**text, **({"reply_markup": markup} if is_inline else {})}


def _user(person: int) -> dict[str, Any]:
    return {"id": person, "is_bot": False, "first_name": f"人{person}", "language_code": "zh-hans"}
