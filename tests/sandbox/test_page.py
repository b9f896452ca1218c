"""The chat page over HTTP: what it shows, what it is sent, whom it refuses."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
import pytest
from tests.sandbox.hand import BotHand

from wangge.sandbox.jumps import TOWN_ZONE, Jump, jump
from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town
from wangge.sandbox.views import Section

EVIL = '<script>alert("1")</script>'
KEYS = {"inline_keyboard": [[{"text": "上报", "callback_data": "submit:5:1"}]]}


class Page:
    """A browser that runs no script."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.url = sandbox.url
        self.sandbox = sandbox
        self.session = session

    async def text(self, path: str = "/") -> str:
        async with self.session.get(self.url + path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    async def part(self, path: str) -> dict[str, Any]:
        return dict(json.loads(await self.text(f"/sandbox/page/{path}")))

    @asynccontextmanager
    async def stream(self, *people: int, heard: int | None = None) -> AsyncIterator["Stream"]:
        boot = re.search(r'data-boot="(\w+)"', await self.text())
        assert boot
        query = f"people={','.join(map(str, people))}&boot={boot[1]}"
        headers = {} if heard is None else {"Last-Event-ID": str(heard)}
        async with self.session.get(f"{self.url}/sandbox/page/stream?{query}", headers=headers) as answer:
            yield Stream(answer)


class Stream:
    """What an open page is sent."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.seq = 0

    async def changes(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the changes of these kinds in the next event that has any."""
        async with asyncio.timeout(5):
            async for line in self.answer.content:
                if line.startswith(b"id: "):
                    self.seq = int(line[4:])
                if line.startswith(b"data: "):
                    found = [each for each in json.loads(line[6:]) if each["type"] in kinds]
                    if found:
                        return found
        raise AssertionError(f"the stream ended without {kinds}")


@pytest.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[Page]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield Page(sandbox, session)


async def test_the_first_paint_holds_people_and_their_messages(
    page: Page, bot: BotHand, town: Town, sandbox: Sandbox
) -> None:
    wang = await town.person("王春花", title="网格员 · 西桥村", has_started=True)
    desk = await town.person("贾铁柱", user_id=1045, title="值班员 · 清河镇", has_started=True)
    await wang.says("二组停水了", wait=False)
    await bot.takes()
    await bot.does("sendMessage", chat_id=wang.id, text="要上报吗？", reply_markup=KEYS)
    await bot.does("sendMessage", chat_id=desk.id, text="新事项")
    sandbox.featured = [wang.id]
    shown = await page.text()
    assert f'<section class="column" data-person="{wang.id}"' in shown
    assert 'data-person="1045"' not in shown and 'data-entry="1045"' in shown
    assert "网格员 · 西桥村" in shown and "二组停水了" in shown
    assert 'data-payload="submit:5:1">上报</button>' in shown
    assert '<h3 class="day" data-day="2026-11-23" data-name="11月23日 星期一"><span>今天</span></h3>' in shown
    assert "试试发：" in shown and "村口垃圾好几天没拉" in shown
    assert '<span class="badge">1<' in shown
    assert re.search(
        r'<body[^>]*>.*?<a class="skip" href="#chats".*?<main [^>]*id="chats" tabindex="-1"', shown, re.DOTALL
    )
    chosen = await page.text("/?people=1045,nobody,99,1045")
    assert chosen.count('<section class="column"') == 1 and "新事项" in chosen


async def test_nothing_anybody_writes_is_read_as_html(page: Page, bot: BotHand, town: Town) -> None:
    villain = await town.person(EVIL, title=f"{EVIL} · {EVIL}", has_started=True)
    (said,) = await villain.says(EVIL, wait=False)
    await villain.says("再说", reply_to=said, wait=False)
    await villain.sends_document(EVIL, b"PK", caption=EVIL, wait=False)
    await villain.sends_contact(EVIL, wait=False)
    keys = {
        "inline_keyboard": [
            [{"text": EVIL, "callback_data": EVIL}, {"text": EVIL, "url": "javascript:alert(1)"}]
        ]
    }
    text = '<b>好</b> &lt;script&gt;alert("1")&lt;/script&gt; <a href="javascript:alert(1)">点</a>'
    await bot.does("sendMessage", chat_id=villain.id, text=text, parse_mode="HTML", reply_markup=keys)
    await bot.does(
        "sendMessage",
        chat_id=villain.id,
        text=EVIL,
        reply_markup={"keyboard": [[EVIL]], "input_field_placeholder": EVIL},
    )
    await bot.does("setMyCommands", commands=[{"command": "start", "description": EVIL}])
    async with page.stream(villain.id) as stream:
        sent = await stream.changes("state")
    inside = await page.part(f"inside/{villain.id}")
    everything = await page.text() + sent[0]["keyboard"] + sent[0]["commands"] + inside["html"]
    assert "<script>alert" not in everything
    assert 'href="javascript:' not in everything
    assert everything.count("&lt;script&gt;alert") > 10 and "<b>好</b>" in everything


async def test_scripts_come_from_this_page_alone(page: Page, li: Person) -> None:
    async with page.session.get(page.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        shown = await answer.text()
    assert (
        "default-src 'none'" in policy
        and "script-src 'self'" in policy
        and "frame-ancestors 'none'" in policy
    )
    assert "unsafe" not in policy and "http" not in policy
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", shown)
    for address in re.findall(r'(?:src|href)="(/page/[^"]+)"', shown):
        assert await page.text(address)
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", shown)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Host": "rebound.example.org"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_pages_from_elsewhere_are_refused(page: Page, li: Person, headers: dict[str, str]) -> None:
    act = f"{page.url}/sandbox/persons/{li.id}/says"
    async with page.session.post(act, json={"text": "假的"}, headers=headers) as answer:
        assert answer.status == 403
    async with page.session.post(act, json={"text": "真的"}, headers={"Origin": page.url}) as answer:
        assert answer.status == 200
    assert [message.text for message in await li.screen()] == ["真的"]


async def test_the_stream_goes_on_where_it_broke_off(
    page: Page, bot: BotHand, li: Person, town: Town
) -> None:
    async with page.stream(li.id) as stream:
        await stream.changes("clock")
        await li.says("断线以前", wait=False)
        (said,) = await stream.changes("bubble")
        heard = stream.seq
    assert "断线以前" in said["html"] and "data-fetched" not in said["html"]
    sent = await bot.does("sendMessage", chat_id=li.id, text="断线时一", reply_markup=KEYS)
    gone = await bot.does("sendMessage", chat_id=li.id, text="断线时二")
    await bot.does("editMessageText", chat_id=li.id, message_id=sent["message_id"], text="断线时改过")
    await bot.does("deleteMessage", chat_id=li.id, message_id=gone["message_id"])
    other = await town.person("旁人", has_started=True)
    await other.says("别人的话", wait=False)
    async with page.stream(li.id, heard=heard) as stream:
        found = await stream.changes("bubble")
    assert [each["key"] for each in found] == [f"m{sent['message_id']}", f"m{gone['message_id']}"]
    assert "断线时改过" in found[0]["html"] and "已编辑" in found[0]["html"] and found[1]["html"] == ""


async def test_a_page_of_an_earlier_sandbox_loads_anew(page: Page, li: Person) -> None:
    async with page.session.get(f"{page.url}/sandbox/page/stream?people={li.id}&boot=other") as answer:
        assert await Stream(answer).changes("reload")


async def test_what_the_bot_does_shows_on_the_page(page: Page, bot: BotHand, li: Person, town: Town) -> None:
    async with page.stream(li.id) as stream:
        await stream.changes("entry")
        (said,) = await li.says("村口", wait=False)
        await bot.takes()
        state = (await stream.changes("state"))[0]
        assert state["fetched"] == said.message_id and state["busy"] > 0
        card = await bot.does("sendMessage", chat_id=li.id, text="卡", reply_markup=KEYS)
        assert (await stream.changes("state"))[0]["busy"] == 0
        await li.taps("上报", wait=False)
        query = (await bot.takes())[0]["callback_query"]
        assert (await stream.changes("state"))[0]["busy"] > 0
        await bot.does("answerCallbackQuery", callback_query_id=query["id"], text="记下了", show_alert=True)
        toast, answered = await stream.changes("toast", "answered")
        assert (toast["text"], toast["alert"]) == ("记下了", True)
        assert (answered["message"], answered["payload"]) == (card["message_id"], "submit:5:1")
        await bot.does("sendChatAction", chat_id=li.id, action="typing")
        assert (await stream.changes("state"))[0]["busy"] > 0


async def test_unread_counts_what_nobody_has_seen(page: Page, bot: BotHand, li: Person, town: Town) -> None:
    wang = await town.person("王春花", has_started=True)
    await bot.does("sendMessage", chat_id=li.id, text="零")
    await li.says("看过了", wait=False)
    async with page.stream(wang.id) as stream:
        await stream.changes("entry")
        await bot.does("sendMessage", chat_id=li.id, text="一")
        (entry,) = await stream.changes("entry")
        assert entry["person"] == li.id and '<span class="badge">1<' in entry["html"]
    async with page.stream(li.id) as stream:
        assert "badge" not in (await stream.changes("entry"))[-1]["html"]
    assert "badge" not in await page.text()


async def test_older_messages_come_on_demand(page: Page, li: Person) -> None:
    for number in range(130):
        await li.says(f"第{number}句", wait=False)
    shown = (await page.part(f"column/{li.id}"))["html"]
    assert "第70句" in shown and "第69句" not in shown and "更早的消息" in shown
    first = re.search(r'data-message="(\d+)"', shown)
    assert first
    older = (await page.part(f"older/{li.id}?before={first[1]}"))["html"]
    assert "第69句" in older and "第10句" in older and "第70句" not in older and "更早的消息" in older
    first = re.search(r'data-message="(\d+)"', older)
    assert first
    assert "更早的消息" not in (await page.part(f"older/{li.id}?before={first[1]}"))["html"]


async def test_an_album_is_one_bubble(page: Page, li: Person) -> None:
    await li.sends_album([None, None, None], caption="三张", wait=False)
    shown = await page.text()
    assert shown.count("<article") == 1 and shown.count("data-enlarge") == 3 and 'data-count="3"' in shown


async def test_files_are_shown_or_saved_but_never_run(page: Page, li: Person) -> None:
    async def headers(message: Any) -> tuple[str, str, str]:
        file = message.attachments[0].file_id
        async with page.session.get(f"{page.url}/sandbox/files/{file}") as answer:
            kept = answer.headers
            assert (
                kept["X-Content-Type-Options"] == "nosniff" and "sandbox" in kept["Content-Security-Policy"]
            )
            return (
                kept["Content-Type"],
                kept.get("Content-Disposition", ""),
                kept["Cross-Origin-Resource-Policy"],
            )

    page_like = await li.sends_document("网页.html", b"<script>alert(1)</script>", wait=False)
    kind, disposition, policy = await headers(page_like)
    assert kind == "application/octet-stream" and policy == "same-origin"
    assert disposition == "attachment; filename*=UTF-8''%E7%BD%91%E9%A1%B5.html"
    assert (await headers(await li.sends_photo(wait=False)))[:2] == ("image/jpeg", "")
    assert (await headers(await li.sends_voice(wait=False)))[:2] == ("audio/ogg", "")
    drawn = await li.sends_photo(b'<svg xmlns="http://www.w3.org/2000/svg"/>', wait=False)
    assert (await headers(drawn))[0] == "application/octet-stream"


async def test_the_drawer_shows_what_a_message_caused(
    page: Page, bot: BotHand, li: Person, town: Town, sandbox: Sandbox
) -> None:
    asked: list[int] = []

    async def inside(update_id: int) -> list[Section]:
        asked.append(update_id)
        return [
            Section(title="收件", heads=["号", "状态"], rows=[["7", "办完"]]),
            Section(title="历史", heads=["号"], rows=[]),
        ]

    (said,) = await li.says("村口垃圾", wait=False)
    (update,) = await bot.takes()
    sent = await bot.does("sendMessage", chat_id=li.id, text="请点 https://t.me/x?start=abcDEF_123")
    await bot.call("setWebhook", url="http://127.0.0.1:9/x", secret_token="hush_hush")
    await bot.does("deleteWebhook")
    drawer = await page.part(f"inside/{li.id}")
    assert (
        "调用 Bot API" in drawer["html"] and "收件" not in drawer["html"] and "sendMessage" in drawer["html"]
    )
    assert "hush_hush" not in drawer["html"] and "abcDEF_123" not in drawer["html"]
    sandbox.inside = inside
    for query in ("", f"?message={said.message_id}", f"?message={sent['message_id']}"):
        html = (await page.part(f"inside/{li.id}{query}"))["html"]
        assert "李二牛：发“村口垃圾”" in html and "办完" in html and "没有" in html
    assert asked == [update["update_id"]] * 3
    await li.says("再说一句", wait=False)
    newer = await page.part(f"inside/{li.id}")
    assert newer["before"] == update["update_id"] and newer["after"] is None
    await town.forward(days=1, wait=False)
    due = await bot.does("sendMessage", chat_id=li.id, text="本周待办")
    html = (await page.part(f"inside/{li.id}?message={due['message_id']}"))["html"]
    assert "到点自己发的" in html and "本周待办" in html and "村口" not in html


async def test_the_page_waits_until_the_bot_is_done(page: Page, li: Person, sandbox: Sandbox) -> None:
    assert 'data-settles="false"' in await page.text()
    assert await page.part("settled?version=1") == {"settled": None}

    async def settled(version: int) -> bool:
        return version == 3

    sandbox.settled = settled
    assert 'data-settles="true"' in await page.text()
    assert [await page.part(f"settled?version={each}") for each in (2, 3)] == [
        {"settled": False},
        {"settled": True},
    ]


@pytest.mark.parametrize(
    ("name", "now", "then"),
    [
        ("next_hour", "2026-11-23T08:40", "2026-11-23T09:00"),
        ("next_hour", "2026-11-23T23:00", "2026-11-24T00:00"),
        ("tomorrow", "2026-11-30T08:00", "2026-12-01T09:00"),
        ("monday", "2026-11-23T08:00", "2026-11-23T08:30"),
        ("monday", "2026-11-23T08:30", "2026-11-30T08:30"),
        ("month_end", "2026-10-23T08:00", "2026-10-30T09:00"),
        ("month_end", "2026-10-30T09:00", "2026-10-31T09:00"),
        ("month_end", "2026-10-31T09:00", "2026-11-30T09:00"),
        ("month_end", "2026-12-31T09:00", "2027-01-29T09:00"),
    ],
)
def test_the_clock_jumps(name: Jump, now: str, then: str) -> None:
    began = datetime.fromisoformat(now).replace(tzinfo=TOWN_ZONE)
    assert jump(began, name).strftime("%Y-%m-%dT%H:%M") == then


async def test_a_jump_over_http_reaches_the_page(page: Page, li: Person, town: Town) -> None:
    async with page.stream(li.id) as stream:
        await stream.changes("clock")
        await town.post("/clock", {"jump": "tomorrow"})
        (moved,) = await stream.changes("clock")
    assert datetime.fromisoformat(moved["now"]) == await town.now()
    assert (await town.now()).astimezone(TOWN_ZONE).strftime("%m-%d %H:%M") == "11-24 09:00"
