"""The Bot API over HTTP: token, faults, the method itself, the journal, the answer."""

import asyncio
from typing import Any

from aiohttp import web

from wangge.sandbox.errors import ApiError, bad_request, blocked, too_many_requests
from wangge.sandbox.faults import Fault
from wangge.sandbox.incoming import Incoming, read
from wangge.sandbox.journal import Call
from wangge.sandbox.methods import METHODS
from wangge.sandbox.params import GetUpdates
from wangge.sandbox.views import Json
from wangge.sandbox.world import World

WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
LONGEST_POLL = 50
NAMES = {name.lower(): name for name in (*METHODS, "getUpdates")}


class _Lost(Exception):
    """The connection breaks without an answer."""


class BotApi:
    """Answers the calls of the bot."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the paths of the Bot API."""
        return [
            web.route("*", "/bot{token:[^/]+}/{method}", self._call),
            web.get("/file/bot{token:[^/]+}/{path:.+}", self._download),
        ]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        method = NAMES.get(name.lower(), name)
        call = Incoming(method, {}, {})
        fault: Fault | None = None
        try:
            self._check_access(request)
            call = await read(request, method)
            fault = self._world.faults.next_for(method, call.chat_id)
            await self._meet(fault)
            result = await self._carry_out(call)
        except ApiError as refusal:
            self._write_down(call, fault, refusal=refusal)
            return web.json_response(refusal.answer(), status=refusal.code)
        except _Lost:
            self._write_down(call, fault, is_lost=True)
            return _cut(request)
        if method != "getUpdates" or result or fault:
            self._write_down(call, fault, result=result)
        return self._reply(request, fault, result)

    async def _carry_out(self, call: Incoming) -> Json:
        if call.method == "getUpdates":
            return await self._poll(call)
        method = METHODS.get(call.method)
        if method is None:
            raise ApiError(404, "Not Found")
        return method.act(self._world, call.check(method.parameters), call.uploads)

    async def _poll(self, call: Incoming) -> list[dict[str, Any]]:
        wanted = call.check(GetUpdates)
        if self._world.webhook:
            raise ApiError(409, WEBHOOK_ACTIVE)
        updates = self._world.updates
        updates.allow(wanted.allowed_updates)
        try:
            return await updates.poll(wanted.offset, wanted.limit, min(wanted.timeout, LONGEST_POLL))
        except ApiError:
            if self._world.is_down:
                raise _Lost from None
            raise

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        call = Incoming("download", {"path": path}, {})
        fault: Fault | None = None
        try:
            self._check_access(request)
            fault = self._world.faults.next_for("download", None)
            await self._meet(fault)
            if path not in self._world.files.by_path:
                raise ApiError(404, "Not Found")
        except ApiError as refusal:
            self._write_down(call, fault, refusal=refusal)
            return web.json_response(refusal.answer(), status=refusal.code)
        except _Lost:
            self._write_down(call, fault, is_lost=True)
            return _cut(request)
        self._write_down(call, fault)
        if fault:
            return self._reply(request, fault, None)
        return web.Response(body=self._world.files.by_path[path].content)

    def _check_access(self, request: web.Request) -> None:
        if self._world.is_down:
            raise _Lost
        if request.match_info["token"] != self._world.token:
            raise ApiError(401, "Unauthorized")

    async def _meet(self, fault: Fault | None) -> None:
        """Let a fault happen that comes before the call is carried out."""
        if fault is None:
            return
        if fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        if fault.kind in ("hang", "reset"):
            raise _Lost
        if fault.kind == "server_error":
            names = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
            raise ApiError(fault.code, fault.description or names.get(fault.code, "Internal Server Error"))
        if fault.kind == "too_many_requests":
            raise too_many_requests(fault.retry_after)
        if fault.kind == "blocked":
            raise blocked()
        if fault.kind == "bad_request":
            raise bad_request(fault.description or "something is wrong")

    def _reply(self, request: web.Request, fault: Fault | None, result: object) -> web.StreamResponse:
        """Answer; the faults that are left strike after the call was carried out."""
        if fault and fault.kind == "accepted_then_dropped":
            return _cut(request)
        if fault and fault.kind == "invalid_json":
            return web.Response(text='{"ok": true, "result": <html>', content_type="application/json")
        return web.json_response({"ok": True, "result": result})

    def _write_down(
        self,
        call: Incoming,
        fault: Fault | None,
        *,
        refusal: ApiError | None = None,
        is_lost: bool = False,
        result: object = None,
    ) -> None:
        journal = self._world.journal
        journal.add_call(
            Call(
                seq=len(journal.calls) + 1,
                town_time=self._world.clock.now().isoformat(),
                elapsed=journal.elapsed(),
                method=call.method,
                params=call.written_down(),
                outcome="lost" if is_lost else "refused" if refusal else "ok",
                code=0 if is_lost else refusal.code if refusal else 200,
                description=refusal.description if refusal else None,
                fault=fault.kind if fault else None,
                message_ids=_message_ids(result),
            )
        )


def _message_ids(result: object) -> list[int]:
    found = result if isinstance(result, list) else [result]
    return [item["message_id"] for item in found if isinstance(item, dict) and "message_id" in item]


def _cut(request: web.Request) -> web.StreamResponse:
    """Break the connection; the response that is returned for form's sake reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
