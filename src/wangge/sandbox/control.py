"""The paths under /sandbox: people act, tests look, the town's time moves.

The bot never calls these, but for the clock. A mistake of the caller is answered with 400 and a
sentence; the platform's own refusals never appear here.
"""

from bisect import bisect_right
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, ValidationError

from wangge.sandbox.acts import ACTS
from wangge.sandbox.errors import ActError
from wangge.sandbox.faults import Fault
from wangge.sandbox.files import safe_headers
from wangge.sandbox.jumps import Jump, jump
from wangge.sandbox.residents import NewGroup, NewPerson, add_group, add_person
from wangge.sandbox.world import World


class ClockChange(BaseModel):
    """A move of town time; the parts that are given happen in this order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    now: datetime | None = None
    forward_seconds: float | None = None
    jump: Jump | None = None
    running: bool | None = None


class Switches(BaseModel):
    """Settings of the platform that a test may change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    down: bool | None = None
    checks: bool | None = None
    strict_pace: bool | None = None


class Control:
    """Answers the paths under /sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the control paths."""
        return [
            web.get("/sandbox/clock", self._see_clock),
            web.post("/sandbox/clock", self._move_clock),
            web.get("/sandbox/persons", self._list_persons),
            web.post("/sandbox/persons", self._add_person),
            web.post("/sandbox/persons/{user_id}/{act}", self._act),
            web.post("/sandbox/groups", self._add_group),
            web.get("/sandbox/chats/{chat_id}", self._see_chat),
            web.get("/sandbox/feed", self._see_feed),
            web.get("/sandbox/files/{file_id}", self._download),
            web.get("/sandbox/updates", self._list_updates),
            web.post("/sandbox/updates", self._inject),
            web.post("/sandbox/updates/{update_id}/again", self._deliver_again),
            web.get("/sandbox/acknowledged", self._wait_acknowledged),
            web.get("/sandbox/log", self._list_calls),
            web.get("/sandbox/faults", self._list_faults),
            web.post("/sandbox/faults", self._add_fault),
            web.delete("/sandbox/faults", self._clear_faults),
            web.post("/sandbox/switches", self._switch),
            web.get("/sandbox/state", self._state),
        ]

    async def _see_clock(self, request: web.Request) -> web.Response:
        if "after" in request.query:
            timeout = float(request.query.get("timeout", "30"))
            await self._world.clock.changed(int(request.query["after"]), timeout)
        return web.json_response(self._clock())

    async def _move_clock(self, request: web.Request) -> web.Response:
        change = ClockChange.model_validate(await request.json())
        clock = self._world.clock
        if change.now is not None:
            clock.move_to(change.now)
        if change.forward_seconds is not None:
            clock.forward(timedelta(seconds=change.forward_seconds))
        if change.jump is not None:
            clock.move_to(jump(clock.now(), change.jump))
        if change.running is not None:
            clock.run(change.running)
        return web.json_response(self._clock())

    def _clock(self) -> dict[str, Any]:
        clock = self._world.clock
        return {"now": clock.now().isoformat(), "version": clock.version, "running": clock.running}

    async def _list_persons(self, _request: web.Request) -> web.Response:
        return web.json_response([account.user for account in self._world.accounts.values()])

    async def _add_person(self, request: web.Request) -> web.Response:
        account = add_person(self._world, NewPerson.model_validate(await request.json()))
        return web.json_response({"user": account.user, "name": account.name})

    async def _add_group(self, request: web.Request) -> web.Response:
        chat = add_group(self._world, NewGroup.model_validate(await request.json()))
        return web.json_response({"chat_id": chat.id})

    async def _act(self, request: web.Request) -> web.Response:
        person = self._world.account(int(request.match_info["user_id"]))
        name = request.match_info["act"]
        if name not in ACTS:
            raise ActError(f"people cannot do {name!r}")
        model, carry_out = ACTS[name]
        done = carry_out(self._world, person, model.model_validate(await request.json()))
        views = [message.view().model_dump() for message in done.messages]
        return web.json_response({"messages": views, "update_ids": done.update_ids})

    async def _see_chat(self, request: web.Request) -> web.Response:
        chat = self._world.chats.get(int(request.match_info["chat_id"]))
        if chat is None:
            raise ActError("there is no such chat")
        return web.json_response(self._world.look(chat).model_dump())

    async def _see_feed(self, request: web.Request) -> web.Response:
        since = int(request.query.get("since", "0"))
        feed = self._world.feed
        if "chat_id" in request.query:
            chat = self._world.chats.get(int(request.query["chat_id"]))
            feed = chat.feed if chat else []
        first = bisect_right(feed, since, key=lambda event: event.seq)
        return web.json_response([event.model_dump() for event in feed[first:]])

    async def _download(self, request: web.Request) -> web.Response:
        stored = self._world.files.by_id.get(request.match_info["file_id"])
        if stored is None:
            raise ActError("there is no such file")
        return web.Response(body=stored.content, headers=safe_headers(stored.content, stored.name))

    async def _list_updates(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(record) for record in self._world.journal.updates.values()])

    async def _inject(self, request: web.Request) -> web.Response:
        return web.json_response({"update_id": self._world.updates.put_raw(await request.json())})

    async def _deliver_again(self, request: web.Request) -> web.Response:
        try:
            self._world.updates.deliver_again(int(request.match_info["update_id"]))
        except KeyError:
            raise ActError("there never was such an update") from None
        return web.json_response({})

    async def _wait_acknowledged(self, request: web.Request) -> web.Response:
        updates, timeout = self._world.updates, float(request.query.get("timeout", "30"))
        is_empty = await updates.bell.wait_until(lambda: not updates.waiting, timeout)
        return web.json_response({"acknowledged": is_empty, "clock": self._world.clock.version})

    async def _list_calls(self, request: web.Request) -> web.Response:
        since, method = int(request.query.get("since", "0")), request.query.get("method")
        calls = self._world.journal.calls[since:]
        return web.json_response([asdict(call) for call in calls if method in (None, call.method)])

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return web.json_response([fault.model_dump() for fault in self._world.faults.faults])

    async def _add_fault(self, request: web.Request) -> web.Response:
        self._world.faults.add(Fault.model_validate(await request.json()))
        return web.json_response({})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._world.faults.clear()
        return web.json_response({})

    async def _switch(self, request: web.Request) -> web.Response:
        wanted = Switches.model_validate(await request.json())
        if wanted.down is not None:
            self._world.is_down = wanted.down
            self._world.updates.displace()
        if wanted.checks is not None:
            self._world.checks = wanted.checks
        if wanted.strict_pace is not None:
            self._world.pace.strict = wanted.strict_pace
        return web.json_response({})

    async def _state(self, _request: web.Request) -> web.Response:
        world = self._world
        return web.json_response(
            {
                "pending": len(world.updates.waiting),
                "calls": len(world.journal.calls),
                "messages": sum(len(chat.messages) for chat in world.chats.values()),
                "down": world.is_down,
                "faults": len(world.faults.faults),
                "webhook": world.webhook.url if world.webhook else None,
                "commands": world.commands,
                "bot": {"name": world.bot.name, "username": world.bot.user["username"]},
                "clock": self._clock(),
            }
        )


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a caller's mistake on a control path into a sentence."""
    if not request.path.startswith("/sandbox/"):
        return await handler(request)
    try:
        return await handler(request)
    except (ActError, ValidationError, ValueError) as mistake:
        return web.json_response({"error": str(mistake)}, status=400)
