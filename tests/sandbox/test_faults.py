"""Trouble on order, and what the journal says about it afterwards."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.sandbox.hand import BotHand

from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox, serve
from wangge.sandbox.town import Refused, Town


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ({"kind": "server_error"}, 500, "Internal Server Error"),
        ({"kind": "server_error", "code": 502}, 502, "Bad Gateway"),
        ({"kind": "too_many_requests", "retry_after": 7}, 429, "Too Many Requests: retry after 7"),
        ({"kind": "blocked"}, 403, "Forbidden: bot was blocked by the user"),
        ({"kind": "bad_request", "description": "no"}, 400, "Bad Request: no"),
    ],
)
async def test_a_fault_refuses_one_call_and_leaves_nothing(
    bot: BotHand, li: Person, town: Town, fault: dict[str, Any], code: int, said: str
) -> None:
    await town.fault(**fault)
    answer = await bot.call("sendMessage", chat_id=li.id, text="一")
    assert (answer["error_code"], answer["description"]) == (code, said)
    assert answer.get("parameters") == ({"retry_after": 7} if code == 429 else None)
    await bot.does("sendMessage", chat_id=li.id, text="二")
    assert [message.text for message in await li.screen()] == ["二"]
    assert [(call["outcome"], call["fault"]) for call in await town.calls()] == [
        ("refused", fault["kind"]),
        ("ok", None),
    ]


@pytest.mark.parametrize(
    ("kind", "arrives", "outcome"),
    [("reset", False, "lost"), ("accepted_then_dropped", True, "ok")],
)
async def test_broken_connections(
    bot: BotHand, li: Person, town: Town, kind: str, arrives: bool, outcome: str
) -> None:
    await town.fault(kind)
    with pytest.raises(aiohttp.ClientConnectionError):
        await bot.call("sendMessage", chat_id=li.id, text="一")
    assert bool(await li.screen()) is arrives
    (call,) = await town.calls("sendMessage")
    assert (call["outcome"], call["fault"], bool(call["message_ids"])) == (outcome, kind, arrives)


async def test_an_unreadable_answer(bot: BotHand, li: Person, town: Town) -> None:
    await town.fault("invalid_json")
    with pytest.raises(json.JSONDecodeError):
        await bot.call("sendMessage", chat_id=li.id, text="一")
    assert len(await li.screen()) == 1


async def test_a_call_that_hangs(bot: BotHand, li: Person, town: Town) -> None:
    await town.fault("hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await bot.call("sendMessage", chat_id=li.id, text="一")
    assert await li.screen() == []


async def test_faults_choose_their_calls(bot: BotHand, li: Person, town: Town) -> None:
    wang = await town.person("王芳", has_started=True)
    await town.fault("server_error", chat_id=wang.id, times=2, skip=1)
    await town.fault("server_error", method="getMe")
    await bot.does("getUpdates")
    await bot.does("sendMessage", chat_id=li.id, text="x")
    await bot.does("sendMessage", chat_id=wang.id, text="x")
    for _ in range(2):
        await bot.refused("sendMessage", chat_id=wang.id, text="x")
    await bot.does("sendMessage", chat_id=wang.id, text="x")
    await bot.refused("getMe")
    assert await town.get("/faults") == []
    with pytest.raises(Refused, match="earthquake"):
        await town.fault("earthquake")


async def test_downloads_fail_too(bot: BotHand, li: Person, town: Town, sandbox: Sandbox) -> None:
    await li.sends_photo(wait=False)
    sizes = (await bot.takes())[0]["message"]["photo"]
    path = (await bot.does("getFile", file_id=sizes[-1]["file_id"]))["file_path"]
    address = f"{sandbox.url}/file/bot{sandbox.token}/{path}"
    await town.fault("server_error", method="download", code=502)
    await town.fault("reset", method="download", times=2)  # aiohttp repeats a GET once by itself
    async with bot.session.get(address) as answer:
        assert answer.status == 502
    with pytest.raises(aiohttp.ClientConnectionError):
        async with bot.session.get(address) as answer:
            await answer.read()


async def test_everything_down_until_lifted(bot: BotHand, li: Person, town: Town, sandbox: Sandbox) -> None:
    poll = asyncio.create_task(bot.call("getUpdates", timeout=30))
    await sandbox.world.updates.bell.wait_until(lambda: sandbox.world.updates._turn == 1, 5)
    await town.down()
    with pytest.raises(aiohttp.ClientConnectionError):
        await poll
    with pytest.raises(aiohttp.ClientConnectionError):
        await bot.call("getMe")
    await li.says("还在吗", wait=False)
    await town.down(False)
    assert len(await bot.takes()) == 1


async def test_the_journal_knows_every_call(bot: BotHand, li: Person, town: Town) -> None:
    await bot.does("getUpdates")
    sent = await bot.does(
        "sendMessage", chat_id=str(li.id), text="一", reply_markup='{"remove_keyboard": true}'
    )
    await bot.refused("sendMessage", chat_id=1, text="二")
    first, second = await town.calls()
    assert first["params"] == {"chat_id": li.id, "text": "一", "reply_markup": {"remove_keyboard": True}}
    assert (first["seq"], first["message_ids"], first["code"]) == (1, [sent["message_id"]], 200)
    assert first["town_time"] == "2026-11-23T01:00:00+00:00"
    assert (second["outcome"], second["code"], second["description"]) == (
        "refused",
        400,
        "Bad Request: chat not found",
    )


async def test_the_journal_is_on_disk_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    async with await serve(journal=path) as sandbox, aiohttp.ClientSession() as session:
        update_id = sandbox.world.updates.put_raw({"message": {}})
        async with session.get(f"{sandbox.url}/bot{sandbox.token}/getUpdates?offset=-1") as answer:
            assert answer.status == 200
        async with session.get(
            f"{sandbox.url}/bot{sandbox.token}/getUpdates?offset={update_id + 1}"
        ) as answer:
            assert answer.status == 200
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["type"] for line in lines] == ["update", "call", "acknowledged"]
