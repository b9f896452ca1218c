"""The paths of the chat page: the page itself, its parts, and the stream that keeps it up to date."""

import asyncio
import json
import secrets
from pathlib import Path
from string import Template

from aiohttp import web

from wangge.sandbox.chats import Account
from wangge.sandbox.page.columns import column, older, people
from wangge.sandbox.page.follower import Change, Follower
from wangge.sandbox.page.host import Host
from wangge.sandbox.page.inside import calls_for, cause_of, facts, opening, updates_of
from wangge.sandbox.page.items import TOWN_ZONE, day_name
from wangge.sandbox.page.tags import join, tag
from wangge.sandbox.page.watch import Watch

FOLDER = Path(__file__).parent
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FEATURED = 4
HEARTBEAT = 15.0
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "Permissions-Policy": "microphone=(self), geolocation=(self)",
    "Cache-Control": "no-store",
}


class ChatPage:
    """Answers the paths of the page.

    `boot` tells one run of the sandbox from the next: a page of an earlier run is told to load anew.
    """

    def __init__(self, host: Host) -> None:
        self.boot = secrets.token_hex(8)
        self._host = host
        self._world = host.world
        self._watch = Watch(host.world)
        self._shell = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
        self._files = {file.name: file.read_bytes() for file in FOLDER.iterdir() if file.suffix in KINDS}

    def routes(self) -> list[web.RouteDef]:
        """Return the paths of the page."""
        return [
            web.get("/", self._page),
            web.get("/page/{name}", self._file),
            web.get("/sandbox/page/stream", self._stream),
            web.get("/sandbox/page/column/{person}", self._column),
            web.get("/sandbox/page/older/{person}", self._older),
            web.get("/sandbox/page/inside/{person}", self._inside),
            web.get("/sandbox/page/settled", self._settled),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        self._watch.look()
        shown = self._shown(request.query.get("people", ""))
        hinted = next(iter(self._featured()), None)
        clock = self._world.clock
        now = clock.now().astimezone(TOWN_ZONE)
        columns = [column(self._world, self._watch, each, has_hint=each is hinted) for each in shown]
        nobody = tag("p", "镇上还没有人。有人来了，名字会出现在旁边。", class_="empty")
        body = self._shell.substitute(
            boot=self.boot,
            seq=len(self._world.feed),
            now=now.isoformat(),
            day=day_name(now),
            time=f"{now:%H:%M}",
            running="true" if clock.running else "false",
            version=clock.version,
            settles="true" if self._host.settled else "false",
            people=people(self._world, self._watch, self._featured()),
            columns=join(columns or nobody),
        )
        return web.Response(text=body, content_type="text/html", headers=PAGE_HEADERS)

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "no-cache"}
        return web.Response(
            body=self._files[name], content_type=KINDS[Path(name).suffix], charset="utf-8", headers=headers
        )

    async def _column(self, request: web.Request) -> web.Response:
        self._watch.look()
        account = self._person(request)
        has_hint = account in self._featured()[:1]
        html = column(self._world, self._watch, account, has_hint=has_hint)
        return web.json_response({"html": html})

    async def _older(self, request: web.Request) -> web.Response:
        chat = self._world.chats[self._person(request).id]
        before = int(request.query["before"])
        return web.json_response({"html": older(self._world, self._watch, chat, before)})

    async def _settled(self, request: web.Request) -> web.Response:
        """Wait, within one answer's time, until the bot is done; null if nobody can say."""
        version = int(request.query["version"])
        known = await self._host.settled(version) if self._host.settled else None
        return web.json_response({"settled": known})

    async def _inside(self, request: web.Request) -> web.Response:
        """Show what happened inside for a message, an update, or the last act of a chat."""
        world, chat = self._world, self._world.chats[self._person(request).id]
        updates = updates_of(world, chat)
        message_id = int(request.query["message"]) if "message" in request.query else None
        if "update" in request.query:
            found = world.journal.updates.get(int(request.query["update"]))
        else:
            found = cause_of(world, chat, message_id)
        sections = await self._host.inside(found.update_id) if found and self._host.inside else []
        sections = [*sections, calls_for(world, found, message_id)]
        at = updates.index(found) if found in updates else None
        return web.json_response(
            {
                "html": join(tag("p", opening(world, found), class_="about"), map(facts, sections)),
                "before": updates[at - 1].update_id if at else None,
                "after": updates[at + 1].update_id if at is not None and at + 1 < len(updates) else None,
            }
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Send changes as they happen; a page that comes back says what it has heard last."""
        shown = [int(each) for each in request.query.get("people", "").split(",") if each]
        seq = int(request.headers.get("Last-Event-ID") or request.query.get("since", "0"))
        answer = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await answer.prepare(request)
        if request.query.get("boot") != self.boot or seq > len(self._world.feed):
            await _send(answer, [{"type": "reload"}], len(self._world.feed))
            return answer
        follower = Follower(self._world, self._watch, shown, seq)
        while not request.transport or not request.transport.is_closing():
            if await self._world.bell.wait_until(follower.has_news, HEARTBEAT):
                await _send(answer, follower.changes(), follower.seq)
            else:
                await _write(answer, ": still here\n\n")
        return answer

    def _person(self, request: web.Request) -> Account:
        return self._world.account(int(request.match_info["person"]))

    def _featured(self) -> list[Account]:
        accounts = self._world.accounts
        chosen = [accounts[number] for number in self._host.featured if number in accounts]
        return chosen or list(accounts.values())[:FEATURED]

    def _shown(self, wanted: str) -> list[Account]:
        """Return whom the address names, each once, or the featured if it names nobody who is here."""
        accounts = self._world.accounts
        numbers = dict.fromkeys(int(each) for each in wanted.split(",") if each.isdecimal())
        return [accounts[number] for number in numbers if number in accounts] or self._featured()


async def _send(answer: web.StreamResponse, changes: list[Change], seq: int) -> None:
    body = json.dumps(changes, ensure_ascii=False)
    await _write(answer, f"id: {seq}\ndata: {body}\n\n")


async def _write(answer: web.StreamResponse, words: str) -> None:
    """Write to a page; one that has gone is no trouble of ours."""
    try:
        await answer.write(words.encode())
    except ConnectionError:
        raise asyncio.CancelledError from None
