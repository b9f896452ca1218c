"""How the bot is: probes, figures and `wangge status` tell it, and the administrator hears of trouble once."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.office import MONDAY_10, Office, open_office, settings_for
from tests.sandbox.hand import BotHand

from wangge.bot import app as wiring
from wangge.bot import delivery, dispatch, health
from wangge.bot.app import PortTaken, open_app
from wangge.bot.clock import elapsed_ms
from wangge.bot.status import status
from wangge.bot.watch import BEAT, last_beat
from wangge.channels.channel import WrongToken
from wangge.channels.telegram import channel
from wangge.handlers import router
from wangge.sandbox.server import TOKEN
from wangge.storage import jobs
from wangge.storage.database import Transaction
from wangge.texts import say

ALERTS = Path(__file__).parents[2] / "deploy" / "prometheus-alerts.yml"
NIGHT = timedelta(hours=13)


@pytest.fixture
async def here(template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """The town on a Monday at ten, with somebody to hear the alarms."""
    async with open_office(template, tmp_path / "data") as office:
        await office.person(49)
        yield office


async def page(here: Office, path: str) -> tuple[int, str]:
    assert here.app
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{here.app.port}{path}") as answer,
    ):
        return answer.status, await answer.text()


async def checks(here: Office) -> tuple[int, dict[str, bool]]:
    code, text = await page(here, "/health/ready")
    found = json.loads(text)
    assert found["ready"] is all(found["checks"].values())
    return code, found["checks"]


async def alarms(here: Office) -> list[str]:
    """Return what the administrator has been told about the bot."""
    clerk = await here.person(49)
    return [message.text or "" for message in await clerk.screen() if message.from_bot]


async def test_a_bot_that_is_well_says_so(here: Office) -> None:
    reporter = await here.person(1)
    await reporter.says("村口垃圾好几天没拉")
    assert await page(here, "/health/live") == (200, '{"live": true}')
    assert await checks(here) == (200, {"database": True, "schema": True, "channel": True, "tick": True})
    lines = await status(here.settings)
    assert all(is_well for is_well, _ in lines), lines
    text = "\n".join(line for _, line in lines)
    for words in ("正在运行", "telegram（取消息）：11-23 10:00 连通", "下一件：晚间小结 11-23", "数据库版本"):
        assert words in text
    await here.stop()
    assert (await status(here.settings))[0][0], "a moment ago it still ran"
    await here.start()


async def test_figures_hold_no_person_no_chat_and_no_word(here: Office) -> None:
    """Everything the alert file names is there, and nothing about anybody."""
    reporter, officer = await here.person(1), await here.person(45)
    await reporter.says("金丝雀家门口的井盖不见了，电话13800000001")
    await reporter.taps("上报")
    await officer.says("值班台")
    code, text = await page(here, "/metrics")
    assert code == 200
    for canary in ("金丝雀", "李二牛", "贾铁柱", "13800000001", "东桥", TOKEN.partition(":")[2]):
        assert canary not in text
    labels = {value for name, value in re.findall(r'(\w+)="([^"]*)"', text) if name not in {"le", "version"}}
    assert labels and not [value for value in labels if re.search(r"\d|[^\x00-\x7f]", value)]
    assert 'wangge_updates_total{channel="telegram",kind="text"} 2.0' in text
    assert 'wangge_updates_total{channel="telegram",kind="choice"} 1.0' in text
    assert "wangge_handling_seconds_count 3.0" in text
    assert 'wangge_queue_rows{queue="outbox"} 0.0' in text
    named = set(re.findall(r"\bwangge_\w+", ALERTS.read_text(encoding="utf-8")))
    assert len(named) >= 8
    assert not [name for name in named if not re.search(rf"^{name}(\{{| )", text, re.MULTILINE)]


async def test_a_bot_that_cannot_reach_the_platform_is_not_ready_and_says_so_once(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.stop()
    await here.town.down()
    monkeypatch.setattr(wiring, "RETRY_SECONDS", 0.0)
    told: list[str] = []
    stop = asyncio.Event()
    async with open_app(here.settings) as app:
        app.notice = told.append
        running = asyncio.create_task(app.run(stop))
        here.app = app
        tries = re.compile(r'wangge_api_calls_total\{.*error="Interrupted",method="getMe"\} (\d+)')
        async with asyncio.timeout(30):
            while not ((found := tries.search((await page(here, "/metrics"))[1])) and int(found[1]) > 2):
                pass
        assert await checks(here) == (503, {"database": True, "schema": True, "channel": False, "tick": True})
        stop.set()
        await running
    assert told == [say("health.waiting", channel="telegram")]
    await here.town.down(False)
    await here.start()


async def test_a_wrong_token_and_a_taken_port_end_the_run(template: Path, here: Office) -> None:
    await here.stop()
    wrong = here.settings.model_copy(
        update={"telegram_token": settings_for(here.folder, telegram_token="1:a").telegram_token}
    )
    async with open_app(wrong) as app:
        with pytest.raises(WrongToken):
            await app.run(asyncio.Event())
    taken = here.settings.model_copy(update={"health_port": here.sandbox.port})
    with pytest.raises(PortTaken) as refusal:
        async with open_app(taken):
            pass
    assert refusal.value.setting == "WANGGE_HEALTH_PORT"
    await here.start()


async def test_another_poller_is_told_of_at_once_and_once_a_day(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "FIRST_PAUSE", 0.02)
    await here.restart()
    async with aiohttp.ClientSession() as session:
        hand = BotHand(here.sandbox, session)
        for day in range(2):
            for minute in range(2):
                await here.town.clock_to(MONDAY_10 + NIGHT + timedelta(days=day, minutes=minute))
                watch = here.app.watch if here.app else None
                assert watch
                async with asyncio.timeout(30):
                    while not watch._is_displaced:
                        await hand.call("getUpdates", limit=1)
                await here.town.forward(minutes=0.1)
    assert await alarms(here) == [say("alarm.displaced")] * 2


async def test_an_inbox_that_stands_still_is_told_of_in_the_night(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> int:
        return 0

    await here.town.clock_to(MONDAY_10 + NIGHT)
    monkeypatch.setattr(health, "INBOX_STANDS", timedelta(0))
    monkeypatch.setattr(dispatch.Dispatch, "handle_some", never)
    reporter = await here.person(1)
    await reporter.says("有人落水了，快来人", wait=False)
    await here.town.get("/acknowledged")
    assert here.app
    await here.app.tick()
    await here.app.tick()
    await here.app.tick()
    heard = await waited_for(here)
    assert len(heard) == 1 and heard[0].startswith("收到的1条消息已有0分钟没处理")
    monkeypatch.undo()
    here.app.dispatch.arrived.set()


async def waited_for(here: Office) -> list[str]:
    """Return the alarms once there are any; while a queue stands still, nothing settles."""
    async with asyncio.timeout(30):
        while not (found := await alarms(here)):
            pass
    return found


async def test_an_outbox_that_stands_still_is_told_of(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that wait for their hour are not late, however long."""
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(health, "OUTBOX_STANDS", timedelta(0))
    reporter = await here.person(1)
    assert here.app
    await here.app.tick()
    await here.app.tick()
    assert await alarms(here) == []
    await here.town.fault("server_error", method="sendMessage", chat_id=reporter.id, times=10_000)
    await reporter.says("帮助", wait=False)
    await here.town.get("/acknowledged")
    async with asyncio.timeout(30):
        while not await alarms(here):
            await here.app.tick()
    assert (await alarms(here))[0].startswith("有1条消息已0分钟发不出去")
    here.sandbox.world.faults.clear()
    await here.town.settled()


async def test_a_short_disk_and_a_bot_that_was_off_are_told_of_in_the_open_hours(
    template: Path, tmp_path: Path
) -> None:
    async with open_office(template, tmp_path / "data", MONDAY_10 + NIGHT, disk_limit=10**9) as here:
        await here.person(49)
        await here.town.settled()

        def an_hour_ago(tx: Transaction) -> None:
            beat = last_beat(tx)
            assert beat
            old = beat.model_copy(update={"at_ms": elapsed_ms() - 3_600_000})
            jobs.set_mark(tx, BEAT, old.model_dump_json())

        await here.database.transaction(an_hour_ago)
        assert not all(is_well for is_well, _ in await status(here.settings))
        await here.restart()
        await here.town.settled()
        assert await alarms(here) == []
        await here.town.clock_to(MONDAY_10 + timedelta(hours=22, minutes=31))
        heard = await alarms(here)
    assert sorted(text[:8] for text in heard) == ["数据文件夹所在的", "网格助手停过60"]


async def test_what_is_set_aside_is_told_of_once(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(router, "handle", broken)
    monkeypatch.setattr(dispatch, "REST_SECONDS", 0.0)
    reporter = await here.person(1)
    for words in ("一", "二", "三"):
        await reporter.says(words, wait=False)
    await here.town.settled()
    await here.town.fault("bad_request", method="sendMessage", chat_id=reporter.id, times=1)
    await reporter.says("四")
    assert [text[:9] for text in await alarms(here)] == ["有一条消息三次都没", "有一条消息发不出去"]
    dead = next(line for is_well, line in await status(here.settings) if not is_well)
    assert dead == say("cli.status.dead", inbox=4, outbox=1, jobs=0)
