"""What one message caused in the bot's database, as the chat page shows it; only for the made-up town.

Read-only SQL of its own on the SQLite file; personal text is opened with the town's key.
"""

import asyncio
import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wangge.bot.settings import Settings
from wangge.rules.calendar import TOWN_ZONE
from wangge.sandbox.views import Section
from wangge.storage.seal import Seal, read_key
from wangge.texts import say

CHANNEL = "telegram"
MOST_CHARACTERS = 24
KINDS = {"event": "事件", "visit": "走访"}
INBOX_STATES = {"open": "等着办", "done": "办完", "dead": "放在一边"}
DRAFT_STATES = {"open": "草稿", "filed": "已成记录", "dropped": "丢弃"}
OUTBOX_STATES = {"waiting": "等着发", "sent": "已发", "superseded": "被新的代替", "given_up": "不发了"}
CHANGES = {"state": "状态", "holder": "承办", "outcome": "结果"}
"""Columns whose change is told; the words of a record are on its card."""
OF_RECORD = re.compile(r"(?:event|visit|asked|added|village):(\d+)")
OF_DRAFT = re.compile(r"draft:(\d+)")

CAUSED = "SELECT * FROM outbox WHERE cause = ? ORDER BY id"
DRAFTS = "SELECT * FROM drafts WHERE id = ? OR (channel = ? AND chat = ? AND message = ?)"
RECORDS = """SELECT r.*, a.name AS village FROM records r LEFT JOIN areas a ON a.code = substr(r.area, 1, 12)
             WHERE r.id = ?"""
HISTORY = "SELECT * FROM history WHERE record = ? ORDER BY version"


async def of_update(folder: Path, update_id: int) -> list[Section]:
    """Return inbox row, drafts and records, their history, and outbox rows of a platform's update.

    Empty if the bot has not stored the update (yet).
    """
    return await asyncio.to_thread(_look, Settings.model_construct(data_dir=folder), update_id)


def _look(settings: Settings, update_id: int) -> list[Section]:
    file = f"file:{settings.data_dir / 'wangge.db'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True)) as database:
        database.row_factory = sqlite3.Row
        database.execute("BEGIN")  # one unchanging view for all questions
        looked = _Look(database, read_key(settings.key_file))
        query = "SELECT * FROM inbox WHERE channel = ? AND key = ?"
        found = looked.rows(query, CHANNEL, str(update_id))
        return looked.sections(found[0]) if found else []


@dataclass(frozen=True)
class _Look:
    """One look at the database."""

    database: sqlite3.Connection
    seal: Seal

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        return self.database.execute(query, values).fetchall()

    def sections(self, message: sqlite3.Row) -> list[Section]:
        caused = self.rows(CAUSED, message["id"])
        drafts = self._drafts(message, [row["slot"] for row in caused])
        ids = {int(found[1]) for row in caused if (found := OF_RECORD.fullmatch(row["slot"]))}
        ids |= {row["record"] for row in drafts if row["record"] is not None}
        records = [row for each in sorted(ids) for row in self.rows(RECORDS, each)]
        return [
            self._inbox(message),
            self._records(drafts, records),
            self._history(records),
            self._outbox(caused),
        ]

    def _drafts(self, message: sqlite3.Row, slots: Iterable[str]) -> list[sqlite3.Row]:
        """Return the drafts whose cards were shown, and the one that began with the message."""
        own = self._opened(message).get("message")
        wanted = [int(shown[1]) for slot in slots if (shown := OF_DRAFT.fullmatch(slot))]
        place = (message["channel"], message["chat"], own)
        found = [row for each in (*wanted, 0) for row in self.rows(DRAFTS, each, *place)]
        return list({row["id"]: row for row in found}.values())

    def _inbox(self, message: sqlite3.Row) -> Section:
        row = [
            str(message["id"]),
            message["key"],
            INBOX_STATES[message["state"]],
            str(message["attempts"]),
            _clock(message["received_at"]),
            _clock(message["handled_at"]),
            _cut(self._opened(message).get("text", "")),
        ]
        heads = ["收件", "更新号", "状态", "失败几次", "收到", "办完", "内容"]
        return Section(title="收件", heads=heads, rows=[row])

    def _records(self, drafts: Iterable[sqlite3.Row], records: Iterable[sqlite3.Row]) -> Section:
        shown = [
            [f"草稿 {row['id']}", _kind(row), DRAFT_STATES[row["state"]], "", str(row["version"]), ""]
            for row in drafts
        ]
        shown += [
            [
                row["number"],
                _kind(row),
                say(f"state.{row['state']}"),
                row["village"] or "",
                str(row["version"]),
                row["origin"],
            ]
            for row in records
        ]
        return Section(title="记录", heads=["编号", "种类", "状态", "村", "第几版", "出自"], rows=shown)

    def _history(self, records: Iterable[sqlite3.Row]) -> Section:
        found = [(record["number"], row) for record in records for row in self.rows(HISTORY, record["id"])]
        shown = [
            [
                number,
                str(row["version"]),
                say(f"act.{row['act']}"),
                self._person(row["actor"]),
                _clock(row["at"]),
                self._change(row),
            ]
            for number, row in found
        ]
        heads = ["编号", "第几版", "做了什么", "谁", "什么时候", "之前 → 之后"]
        return Section(title="历史", heads=heads, rows=shown)

    def _outbox(self, caused: Iterable[sqlite3.Row]) -> Section:
        shown = [
            [
                str(row["id"]),
                self._person(row["person"]),
                row["slot"],
                OUTBOX_STATES[row["state"]],
                _clock(row["sent_at"]),
            ]
            for row in caused
        ]
        return Section(title="发件", heads=["发件", "给谁", "卡片", "状态", "什么时候"], rows=shown)

    def _change(self, row: sqlite3.Row) -> str:
        body = json.loads(self.seal.open(row["body"]))
        before, after = body["before"], body["after"]
        told = [
            f"{name} {self._value(column, before[column])} → {self._value(column, after[column])}"
            for column, name in CHANGES.items()
            if column in before and before[column] != after.get(column)
        ]
        return "；".join(told)

    def _value(self, column: str, value: Any) -> str:  # noqa: ANN401 - JSON
        if value is None:
            return "无"
        if column == "holder":
            return self._person(value)
        return say(f"state.{value}") if column == "state" else say(f"outcome.{value}")

    def _person(self, person: int | None) -> str:
        found = self.rows("SELECT name FROM people WHERE id = ?", person)
        return self.seal.open(found[0]["name"]) if found else ""

    def _opened(self, message: sqlite3.Row) -> dict[str, Any]:
        """Return the message's words; they are forgotten after a while."""
        opened: dict[str, Any] = json.loads(self.seal.open(message["body"])) if message["body"] else {}
        return opened


def _kind(row: sqlite3.Row) -> str:
    return KINDS.get(row["kind"], str(row["kind"]))


def _cut(words: str) -> str:
    return words if len(words) <= MOST_CHARACTERS else words[:MOST_CHARACTERS] + "…"


def _clock(moment: str | None) -> str:
    """Return a moment of the file, which is UTC, as the town's time of day."""
    if not moment:
        return ""
    return f"{datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(TOWN_ZONE):%m-%d %H:%M:%S}"
