"""A town as its people and tests see it: the sandbox's address and the bot's health page.

Everything goes over HTTP, also when the sandbox runs in the same process, so a story told in a test
and one played against a bot in another process are the same story.
"""

import asyncio
import io
import json
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import aiohttp

from wangge.sandbox.person import Person
from wangge.sandbox.transcript import lines_of
from wangge.sandbox.views import Event, Json

SETTLES_WITHIN = 30.0


class NotSettled(Exception):
    """The bot did not finish in time what was to be done."""


class Refused(Exception):
    """The sandbox says that this cannot be done."""


class Town:
    """One sandbox, and the bot that works in it if `health_url` names its health page."""

    def __init__(self, url: str, *, health_url: str | None = None, within: float = SETTLES_WITHIN) -> None:
        self.url = url.rstrip("/")
        self.health_url = health_url.rstrip("/") if health_url else None
        self.within = within
        self._session: aiohttp.ClientSession | None = None
        self._people: dict[str, Person] = {}

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=self.within + 30)
        self._session = aiohttp.ClientSession(timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def person(
        self, name: str, *, user_id: int | None = None, title: str = "", has_started: bool = False
    ) -> Person:
        """Return the person of this name, who gets an account on being named first.

        A Chinese name is taken apart into family name and given name, as clients ask for them; `title`
        is post and area, "网格员 · 东桥村".
        """
        if name in self._people:
            return self._people[name]
        is_chinese = 2 <= len(name) <= 4 and not name.isascii()
        names = {"last_name": name[0], "first_name": name[1:]} if is_chinese else {"first_name": name}
        details = {"user_id": user_id, "title": title, "has_started": has_started}
        made = await self.post("/persons", {**names, **details})
        self._people[name] = Person(self, made["user"]["id"], made["name"])
        return self._people[name]

    async def group(self, title: str, members: list[Person]) -> int:
        """Found a group with the bot in it and return its chat id."""
        made = await self.post("/groups", {"title": title, "members": [member.id for member in members]})
        return int(made["chat_id"])

    async def now(self) -> datetime:
        """Return town time."""
        return datetime.fromisoformat((await self.get("/clock"))["now"])

    async def clock_to(self, now: datetime, *, wait: bool = True) -> None:
        """Set town time and wait until all that falls due by it is done."""
        await self.post("/clock", {"now": now.isoformat()})
        if wait:
            await self.settled()

    async def forward(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, wait: bool = True
    ) -> None:
        """Let time pass at once and wait until all that falls due by then is done."""
        span = timedelta(days=days, hours=hours, minutes=minutes)
        await self.post("/clock", {"forward_seconds": span.total_seconds()})
        if wait:
            await self.settled()

    async def settled(self) -> None:
        """Wait until the bot has taken up, answered and sent everything there is at this town time.

        Raises:
            NotSettled: that took longer than `within` seconds.
        """
        try:
            async with asyncio.timeout(self.within):
                while not await self._settled_once():
                    pass
        except TimeoutError:
            state = await self.get("/state")
            raise NotSettled(f"not settled within {self.within} s: {state}") from None

    async def _settled_once(self) -> bool:
        """Look at both sides in turn; what happened on one meanwhile asks for another look."""
        taken = await self.get("/acknowledged", timeout=self.within)
        if not taken["acknowledged"]:
            return False
        if self.health_url is None:
            return True
        address = f"{self.health_url}/settled?version={taken['clock']}&timeout={self.within}"
        async with self._http().get(address) as answer:
            if answer.status != 200:
                return False
        return bool(await self.get("/acknowledged", timeout=0) == taken)

    async def fault(self, kind: str, **details: Json) -> None:
        """Order trouble for the bot's next calls; see `faults.Fault` for the details."""
        await self.post("/faults", {"kind": kind, **details})

    async def down(self, is_down: bool = True) -> None:
        """Take the whole Bot API away, or bring it back."""
        await self.post("/switches", {"down": is_down})

    async def inject(self, update: dict[str, Any]) -> int:
        """Hand the bot any JSON as an update and return its identifier."""
        return int((await self.post("/updates", update))["update_id"])

    async def deliver_again(self, update_id: int) -> None:
        """Hand the bot an update once more, under the same identifier."""
        await self.post(f"/updates/{update_id}/again", {})

    async def calls(self, method: str | None = None) -> list[dict[str, Any]]:
        """Return the calls the bot made, oldest first."""
        found: list[dict[str, Any]] = await self.get("/log", **({"method": method} if method else {}))
        return found

    async def updates(self) -> list[dict[str, Any]]:
        """Return every update made for the bot, and whether it was acknowledged."""
        found: list[dict[str, Any]] = await self.get("/updates")
        return found

    async def events(self, *, since: int = 0, chat_id: int | None = None) -> list[Event]:
        """Return what happened after a sequence number, in one chat or all."""
        wanted = {"since": since} | ({} if chat_id is None else {"chat_id": chat_id})
        return [Event.model_validate(event) for event in await self.get("/feed", **wanted)]

    async def transcript(self, *, since: int = 0, with_times: bool = False) -> list[str]:
        """Return all chats as lines for reading, in the order in which things happened."""
        titles = {person.id: person.name for person in self._people.values()}
        return lines_of(await self.events(since=since), titles=titles, with_times=with_times)

    async def get(self, path: str, **query: str | float) -> Json:
        """Read a control path.

        Raises:
            Refused: with the sandbox's own sentence.
        """
        async with self._http().get(f"{self.url}/sandbox{path}", params=query) as answer:
            return await _checked(answer)

    async def post(self, path: str, body: object) -> Json:
        """Write to a control path.

        Raises:
            Refused: with the sandbox's own sentence.
        """
        # As a stream: aiohttp warns about large bodies that are handed over in one piece.
        content = io.BytesIO(json.dumps(body).encode())
        headers = {"Content-Type": "application/json"}
        async with self._http().post(f"{self.url}/sandbox{path}", data=content, headers=headers) as answer:
            return await _checked(answer)

    async def download(self, file_id: str) -> bytes:
        """Return the bytes of a file in any chat."""
        async with self._http().get(f"{self.url}/sandbox/files/{file_id}") as answer:
            if answer.status != 200:
                raise Refused((await answer.json())["error"])
            return await answer.read()

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("a town is used with `async with`")
        return self._session


async def _checked(answer: aiohttp.ClientResponse) -> Json:
    body = await answer.json()
    if answer.status != 200:
        raise Refused(body["error"])
    return body
