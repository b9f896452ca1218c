"""The same in aiogram 3: its FSM, with states kept in SQLite, and updates handled as tasks (its default)."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiosqlite
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage, StateType, StorageKey
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from benchmarks.bots import words


class Report(StatesGroup):
    what = State()
    card = State()
    field = State()
    category = State()


class SqliteStorage(BaseStorage):
    """State and data of each chat in one row; aiogram brings none for SQLite, this is how the packages do it."""

    def __init__(self, database: aiosqlite.Connection) -> None:
        self._database = database

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        await self._set(key, "state", state.state if isinstance(state, State) else state)

    async def get_state(self, key: StorageKey) -> str | None:
        return await self._get(key, "state")

    async def set_data(self, key: StorageKey, data: Mapping[str, Any]) -> None:
        await self._set(key, "data", json.dumps(dict(data), ensure_ascii=False))

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(await self._get(key, "data") or "{}")
        return data

    async def close(self) -> None:
        await self._database.close()

    async def _set(self, key: StorageKey, column: str, value: str | None) -> None:
        await self._database.execute(
            f"INSERT INTO fsm (chat, person, {column}) VALUES (?, ?, ?) "
            f"ON CONFLICT (chat, person) DO UPDATE SET {column} = excluded.{column}",
            (key.chat_id, key.user_id, value),
        )
        await self._database.commit()

    async def _get(self, key: StorageKey, column: str) -> str | None:
        query = f"SELECT {column} FROM fsm WHERE chat = ? AND person = ?"
        async with self._database.execute(query, (key.chat_id, key.user_id)) as found:
            row = await found.fetchone()
        return row[0] if row else None


def keyboard(rows: Any) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=text, callback_data=data)] for text, data in rows]
    )


async def report(message: Message, state: FSMContext) -> None:
    await state.clear()
    await state.set_state(Report.what)
    await message.answer(words.WHAT)


async def what(message: Message, state: FSMContext) -> None:
    draft = await state.update_data(what=message.text, category="基础设施")
    await state.set_state(Report.card)
    await message.answer(words.card(draft), reply_markup=keyboard(words.CARD_BUTTONS))


async def change(query: CallbackQuery, state: FSMContext) -> None:
    await state.set_state(Report.field)
    await _shown(query).edit_text(words.CHANGE, reply_markup=keyboard(words.FIELDS))
    await query.answer()


async def ask_category(query: CallbackQuery, state: FSMContext) -> None:
    await state.set_state(Report.category)
    await _shown(query).edit_text(words.CATEGORY, reply_markup=keyboard(words.CATEGORIES))
    await query.answer()


async def category(query: CallbackQuery, state: FSMContext) -> None:
    draft = await state.update_data(category=words.CATEGORY_NAMES[query.data or ""])
    await state.set_state(Report.card)
    await _shown(query).edit_text(words.card(draft), reply_markup=keyboard(words.CARD_BUTTONS))
    await query.answer()


async def file(query: CallbackQuery, state: FSMContext, bot: Bot, database: aiosqlite.Connection) -> None:
    draft = await state.get_data()
    row = await database.execute(words.INSERT, (query.from_user.id, draft["what"], draft["category"]))
    await database.commit()
    number = words.number(row.lastrowid)
    await state.clear()
    await _shown(query).edit_text(words.filed(number, draft))
    await query.answer()
    await bot.send_message(words.DESK, words.for_desk(number, draft))


def _shown(query: CallbackQuery) -> Message:
    assert isinstance(query.message, Message)
    return query.message


async def main(folder: Path, url: str, token: str) -> None:
    database = await aiosqlite.connect(folder / "events.db")
    await database.execute("PRAGMA journal_mode = WAL")
    await database.execute(words.CREATE)
    await database.execute(
        "CREATE TABLE fsm (chat INTEGER, person INTEGER, state TEXT, data TEXT, PRIMARY KEY (chat, person))"
    )
    await database.commit()
    dispatcher = Dispatcher(storage=SqliteStorage(database), database=database)
    dispatcher.message.register(report, Command("report"))
    dispatcher.message.register(what, F.text, StateFilter(None, Report.what))
    dispatcher.callback_query.register(change, Report.card, F.data == "change")
    dispatcher.callback_query.register(file, Report.card, F.data == "file")
    dispatcher.callback_query.register(ask_category, Report.field, F.data == "category")
    dispatcher.callback_query.register(category, Report.category)
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))
    await dispatcher.start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
