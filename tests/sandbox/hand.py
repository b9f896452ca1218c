"""The bot as a hand that writes its calls one by one."""

import io
import json
from typing import Any

import aiohttp

from wangge.sandbox.server import Sandbox


class BotHand:
    """Calls the Bot API by hand; answers are the whole JSON body."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.session = session

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        address = f"{self.sandbox.url}/bot{self.sandbox.token}/{method}"
        async with self.session.post(address, json=params) as answer:
            return dict(await answer.json(content_type=None))

    async def form(self, method: str, files: dict[str, tuple[str, bytes]], **params: Any) -> dict[str, Any]:
        form = aiohttp.FormData()
        for name, (filename, content) in files.items():
            form.add_field(name, io.BytesIO(content), filename=filename)
        for name, value in params.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        address = f"{self.sandbox.url}/bot{self.sandbox.token}/{method}"
        async with self.session.post(address, data=form) as answer:
            return dict(await answer.json())

    async def does(self, method: str, **params: Any) -> Any:
        """Make a call that must succeed and return its result."""
        answer = await self.call(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    async def refused(self, method: str, **params: Any) -> str:
        """Make a call that must fail and return what the platform says."""
        answer = await self.call(method, **params)
        assert not answer["ok"], answer
        return str(answer["description"])

    async def takes(self) -> list[dict[str, Any]]:
        """Fetch what waits and acknowledge it."""
        updates = await self.does("getUpdates")
        if updates:
            await self.does("getUpdates", offset=updates[-1]["update_id"] + 1)
        return list(updates)
