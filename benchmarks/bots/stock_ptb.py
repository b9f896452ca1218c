"""The bot that most would write: python-telegram-bot's Application, ConversationHandler, PicklePersistence, aiosqlite."""

import sys
import warnings
from pathlib import Path
from typing import Any

import aiosqlite
from benchmarks.bots import words
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)
from telegram.warnings import PTBUserWarning

WHAT, CARD, FIELD, CATEGORY = range(4)
Handling = ContextTypes.DEFAULT_TYPE


def keyboard(rows: Any) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)] for text, data in rows])


async def report(update: Update, context: Handling) -> int:
    assert update.message and context.user_data is not None
    context.user_data.clear()
    await update.message.reply_text(words.WHAT)
    return WHAT


async def what(update: Update, context: Handling) -> int:
    assert update.message and context.user_data is not None
    context.user_data.update(what=update.message.text, category="基础设施")
    await update.message.reply_text(words.card(context.user_data), reply_markup=keyboard(words.CARD_BUTTONS))
    return CARD


async def change(update: Update, context: Handling) -> int:
    query = update.callback_query
    assert query
    await query.answer()
    await query.edit_message_text(words.CHANGE, reply_markup=keyboard(words.FIELDS))
    return FIELD


async def ask_category(update: Update, context: Handling) -> int:
    query = update.callback_query
    assert query
    await query.answer()
    await query.edit_message_text(words.CATEGORY, reply_markup=keyboard(words.CATEGORIES))
    return CATEGORY


async def category(update: Update, context: Handling) -> int:
    query = update.callback_query
    assert query and query.data and context.user_data is not None
    await query.answer()
    context.user_data["category"] = words.CATEGORY_NAMES[query.data]
    await query.edit_message_text(words.card(context.user_data), reply_markup=keyboard(words.CARD_BUTTONS))
    return CARD


async def file(update: Update, context: Handling) -> int:
    query = update.callback_query
    assert query and context.user_data is not None
    await query.answer()
    database = context.bot_data["database"]()
    row = await database.execute(
        words.INSERT, (query.from_user.id, context.user_data["what"], context.user_data["category"])
    )
    await database.commit()
    number = words.number(row.lastrowid)
    await query.edit_message_text(words.filed(number, context.user_data))
    await context.bot.send_message(words.DESK, words.for_desk(number, context.user_data))
    return ConversationHandler.END


def main(folder: Path, url: str, token: str) -> None:
    warnings.filterwarnings("ignore", category=PTBUserWarning)
    database: aiosqlite.Connection

    async def open_database(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        nonlocal database
        database = await aiosqlite.connect(folder / "events.db")
        await database.execute(words.CREATE)
        await database.commit()
        application.bot_data["database"] = database_of

    async def close_database(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        application.bot_data.clear()
        await database.close()

    def database_of() -> aiosqlite.Connection:
        return database

    application = (
        Application.builder()
        .token(token)
        .base_url(f"{url}/bot")
        .persistence(PicklePersistence(folder / "state.pickle"))
        .post_init(open_database)
        .post_shutdown(close_database)
        .build()
    )
    typed = filters.TEXT & ~filters.COMMAND
    application.add_handler(
        ConversationHandler(
            entry_points=[CommandHandler("report", report), MessageHandler(typed, what)],
            states={
                WHAT: [MessageHandler(typed, what)],
                CARD: [
                    CallbackQueryHandler(change, "^change$"),
                    CallbackQueryHandler(file, "^file$"),
                ],
                FIELD: [CallbackQueryHandler(ask_category, "^category$")],
                CATEGORY: [CallbackQueryHandler(category, "^C")],
            },
            fallbacks=[CommandHandler("report", report)],
            name="report",
            persistent=True,
        )
    )
    application.run_polling()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
