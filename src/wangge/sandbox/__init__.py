"""A stand-in for Telegram's Bot API on this machine, and people who use it.

The bot talks to `server` exactly as it would talk to Telegram; `person` acts as a resident, clerk or
officer over the same server's control paths. Nothing here imports any other room, so that what the
sandbox says about the bot can never be the bot's own opinion of itself.
"""
