"""The negative control: a report bot as python-telegram-bot's own examples are written.

Application, ConversationHandler and PicklePersistence, as in PTB's persistentconversationbot; only
that it writes its pickle each second instead of each minute, so that it loses less than by default.
It shows the same questions and buttons as ours, as far as the kill loop needs them.
"""

import os
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)

WHAT, CONFIRM = range(2)
CHOICES = InlineKeyboardMarkup([[InlineKeyboardButton("上报", callback_data="file")]])
Context = ContextTypes.DEFAULT_TYPE


async def begin(update: Update, _context: Context) -> int:
    assert update.message
    await update.message.reply_text("什么事？说一句就行。")
    return WHAT


async def take(update: Update, context: Context) -> int:
    assert update.message and context.user_data is not None
    context.user_data["what"] = update.message.text
    await update.message.reply_text(f"要上报吗？\n{update.message.text}", reply_markup=CHOICES)
    return CONFIRM


async def file(update: Update, context: Context) -> int:
    assert update.callback_query and context.user_data is not None
    await update.callback_query.answer()
    reports: list[tuple[str, str]] = context.bot_data.setdefault("reports", [])
    number, what = f"1123-{len(reports) + 1:03}", context.user_data.pop("what")
    reports.append((number, what))
    await update.callback_query.edit_message_text(f"已上报 {number}\n{what}")
    return ConversationHandler.END


def main() -> None:
    persistence: PicklePersistence[Any, Any, Any] = PicklePersistence(
        os.environ["CONTROL_STORE"], update_interval=1
    )
    application = (
        Application.builder()
        .token(os.environ["CONTROL_TOKEN"])
        .base_url(os.environ["CONTROL_API"] + "/bot")
        .persistence(persistence)
        .build()
    )
    words = filters.TEXT & ~filters.COMMAND
    application.add_handler(
        ConversationHandler(
            entry_points=[MessageHandler(filters.Text(["上报事件"]), begin), MessageHandler(words, take)],
            states={WHAT: [MessageHandler(words, take)], CONFIRM: [CallbackQueryHandler(file)]},
            fallbacks=[],
            allow_reentry=True,
            name="report",
            persistent=True,
        )
    )
    application.run_polling(allowed_updates=Update.ALL_TYPES, bootstrap_retries=-1)


if __name__ == "__main__":
    main()
