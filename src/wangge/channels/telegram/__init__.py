"""Telegram: python-telegram-bot's Bot and types, our own listening and sending."""
