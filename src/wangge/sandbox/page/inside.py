"""What happened inside for one message: which update it was, and the calls the bot made for it."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from wangge.sandbox.chats import Chat
from wangge.sandbox.journal import Call, UpdateRecord
from wangge.sandbox.page.items import TOWN_ZONE
from wangge.sandbox.page.tags import Html, tag
from wangge.sandbox.page.watch import chat_of_update
from wangge.sandbox.views import Json, Section
from wangge.sandbox.world import World

AT_ONCE = timedelta(minutes=5)
MOST_CALLS = 40
ANOTHERS_WITHIN = 3.0  # seconds
SHOWN_CHARACTERS = 120
HIDDEN = "••••"
CODES = re.compile(r"(start=)[\w-]+")
SECRET = frozenset({"secret_token"})
OUTCOMES = {"ok": "成了", "refused": "被拒", "lost": "断了"}
UNSAID = frozenset({"chat_id", "text", "caption", "message_id", "parse_mode"})


def updates_of(world: World, chat: Chat) -> list[UpdateRecord]:
    """Return what the bot got to know from a chat, oldest first."""
    return [each for each in world.journal.updates.values() if chat_of_update(each.payload) == chat.id]


def cause_of(world: World, chat: Chat, message_id: int | None) -> UpdateRecord | None:
    """Return the update behind a message; without one, the last that came from the chat.

    Of an own message it is the message itself. The bot's own is taken for the answer to whatever came
    last before it: from this chat, else from another, as when the desk is shown what somebody reports.
    None: nobody did anything then; the bot wrote because it was time.
    """
    own = updates_of(world, chat)
    if message_id is None:
        return own[-1] if own else None
    if said := [each for each in own if _said(each) == message_id]:
        return said[-1]
    call = _call_for(world, message_id)
    if call is None:
        return None
    for updates in (own, list(world.journal.updates.values())):
        before = [each for each in updates if each.made_elapsed <= call.elapsed]
        if before and _is_near(before[-1], call):
            return before[-1]
    return None


def calls_for(world: World, update: UpdateRecord | None, message_id: int | None) -> Section:
    """Return the calls from an update to the next one; without an update, the call of the message."""
    if update is None:
        call = _call_for(world, message_id)
        found = [call] if call else []
    else:
        end = _end(world, update)
        after = (each for each in world.journal.calls if update.made_elapsed <= each.elapsed < end)
        own = (each for each in after if _is_near(update, each) and not _is_anothers(world, update, each))
        found = list(islice(own, MOST_CALLS))
    began = update.made_elapsed if update else (found[0].elapsed if found else 0.0)
    rows = [[f"+{call.elapsed - began:.2f} 秒", *_told(world, call)] for call in found]
    return Section(title="调用 Bot API", heads=["过了", "方法", "给谁", "内容", "结果"], rows=rows)


def opening(world: World, update: UpdateRecord | None) -> str:
    """Say in one line what the drawer is about."""
    if update is None:
        return "不是回答谁的，到点自己发的"
    moment = datetime.fromisoformat(update.town_time).astimezone(TOWN_ZONE)
    person = world.accounts.get(chat_of_update(update.payload) or 0)
    return f"{moment:%H:%M} {person.name if person else ''}：{_act(world, update)}"


def facts(section: Section) -> Html:
    """Return a section with its heading; each row is an entry that names what is in it."""
    rows = [
        tag("li", (_fact(head, cell) for head, cell in zip(section.heads, row, strict=True) if cell))
        for row in section.rows
    ]
    shown = tag("ul", rows, class_="facts") if rows else tag("p", "没有", class_="muted")
    return tag("section", tag("h3", section.title), shown, data_section=section.title)


def _fact(head: str, value: str) -> Html:
    return tag("span", tag("span", head, class_="muted"), " ", value, class_="fact")


def _act(world: World, update: UpdateRecord) -> str:
    payload = update.payload
    if query := payload.get("callback_query"):
        return f"点〔{_label(query)}〕"
    message = payload.get("message") or payload.get("edited_message") or {}
    words = message.get("text") or message.get("caption") or "〔照片、文件、位置或语音〕"
    return f"{'改成' if 'edited_message' in payload else '发'}“{_cut(str(words))}”"


def _label(query: Json) -> str:
    rows = query.get("message", {}).get("reply_markup", {}).get("inline_keyboard", [])
    named = [button["text"] for row in rows for button in row if button.get("callback_data") == query["data"]]
    return str(named[0]) if named else "按钮"


def _said(update: UpdateRecord) -> object:
    message = update.payload.get("message") or update.payload.get("edited_message") or {}
    return message.get("message_id")


def _call_for(world: World, message_id: int | None) -> Call | None:
    """Return the newest call that sent or changed a message."""
    calls = reversed(world.journal.calls)
    return next((each for each in calls if message_id in each.message_ids), None)


def _is_near(update: UpdateRecord, call: Call) -> bool:
    passed = datetime.fromisoformat(call.town_time) - datetime.fromisoformat(update.town_time)
    return abs(passed) <= AT_ONCE


def _is_anothers(world: World, update: UpdateRecord, call: Call) -> bool:
    """Tell whether a call answers what somebody else has just done, and not this update."""
    chat_id = call.params.get("chat_id")
    if chat_id is None or chat_id == chat_of_update(update.payload):
        return False
    acts = (each for each in world.journal.updates.values() if chat_of_update(each.payload) == chat_id)
    return any(0 <= call.elapsed - each.made_elapsed < ANOTHERS_WITHIN for each in acts)


def _end(world: World, update: UpdateRecord) -> float:
    """Return when the next update came; the parts of an album count as one."""
    album = update.payload.get("message", {}).get("media_group_id")
    for each in world.journal.updates.values():
        is_part = album is not None and each.payload.get("message", {}).get("media_group_id") == album
        if each.made_elapsed > update.made_elapsed and not is_part:
            return each.made_elapsed
    return float("inf")


def _told(world: World, call: Call) -> Iterator[str]:
    params = call.params
    chat_id = params.get("chat_id")
    chat = world.chats.get(chat_id) if isinstance(chat_id, int) else None
    words = str(params.get("text") or params.get("caption") or "")
    if call.method == "getUpdates":
        params, words = {}, "取走这里的新消息"
    rest = {name: HIDDEN if name in SECRET else value for name, value in params.items() if name not in UNSAID}
    yield call.method
    yield world.look(chat).title if chat else ""
    yield CODES.sub(rf"\1{HIDDEN}", _cut(words or (json.dumps(rest, ensure_ascii=False) if rest else "")))
    yield OUTCOMES[call.outcome] if call.code in (0, 200) else f"{OUTCOMES[call.outcome]} {call.code}"


def _cut(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= SHOWN_CHARACTERS else f"{flat[:SHOWN_CHARACTERS]}…"
