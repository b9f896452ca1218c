"""Push updates to the bot's address, one after the other, until each is accepted.

Source: core.telegram.org/bots/api#setwebhook. The platform waits longer between tries; the pauses here
are short because nobody learns anything from them.
"""

import asyncio
from typing import Any

import aiohttp

from wangge.sandbox.world import Webhook, World

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0
LONGEST_WAIT = 3600.0


async def push_forever(world: World) -> None:
    """Push whenever there is an address and an update."""
    timeout = aiohttp.ClientTimeout(total=30)
    pause = FIRST_PAUSE
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while True:
            await world.updates.bell.wait_until(lambda: _may_push(world), LONGEST_WAIT)
            hook, update = world.webhook, world.updates.first()
            if hook is None or update is None:
                continue
            failure = await _push(session, hook, update)
            if failure is None:
                world.updates.take(update["update_id"])
                pause = FIRST_PAUSE
                continue
            world.push_failure = (int(world.clock.now().timestamp()), failure)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)


def _may_push(world: World) -> bool:
    return world.webhook is not None and not world.is_down and bool(world.updates.waiting)


async def _push(session: aiohttp.ClientSession, hook: Webhook, update: dict[str, Any]) -> str | None:
    """Return None if the update was accepted, otherwise what went wrong."""
    headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
    try:
        async with session.post(hook.url, json=update, headers=headers) as answer:
            if answer.status == 200:
                return None
            return f"Wrong response from the webhook: {answer.status} {answer.reason}"
    except (aiohttp.ClientError, TimeoutError) as trouble:
        return f"Connection failed: {type(trouble).__name__}"
