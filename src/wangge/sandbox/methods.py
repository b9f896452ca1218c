"""All methods of the Bot API the sandbox knows, and those that are not about messages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from wangge.sandbox import editing, params, sending
from wangge.sandbox.content import Uploads
from wangge.sandbox.errors import bad_request
from wangge.sandbox.markup import CommandScope
from wangge.sandbox.world import Webhook, World

QUERY_LIVES = timedelta(minutes=15)
TOAST_CHARACTERS = 200
P = TypeVar("P", bound=params.Parameters)


@dataclass(frozen=True)
class Method(Generic[P]):
    """What a method accepts and what it does."""

    parameters: type[P]
    act: Callable[[World, P, Uploads], Any]


def get_me(world: World, _params: params.Nothing, _uploads: Uploads) -> dict[str, Any]:
    """Say who the bot is."""
    return {
        **world.bot.user,
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_chat(world: World, wanted: params.ToChat, _uploads: Uploads) -> dict[str, Any]:
    """Describe a chat."""
    chat = world.chat_for_bot(wanted.chat_id)
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return {
        **chat.payload(),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


def get_file(world: World, wanted: params.GetFile, _uploads: Uploads) -> dict[str, Any]:
    """Say where a file can be fetched."""
    return world.files.get(wanted.file_id)


def answer_callback_query(world: World, answer: params.AnswerCallbackQuery, _uploads: Uploads) -> bool:
    """Answer a tap, with a toast or without."""
    query = world.queries.get(answer.callback_query_id)
    if query is None or world.clock.now() - query.asked_at > QUERY_LIVES:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if answer.text and len(answer.text) > TOAST_CHARACTERS:
        raise bad_request("MESSAGE_TOO_LONG")
    if answer.text:
        world.happen("toast", query.chat, query.person, text=answer.text, alert=answer.show_alert)
    return True


def set_webhook(world: World, wanted: params.SetWebhook, _uploads: Uploads) -> bool:
    """Push updates to an address on this machine; an empty address stops that.

    The platform demands HTTPS; loopback without it is allowed here, and nothing else is, so that a
    rehearsal never calls out.
    """
    if not wanted.url:
        return _stop_pushing(world, wanted.drop_pending_updates)
    address = urlsplit(wanted.url)
    if address.scheme not in ("http", "https") or address.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise bad_request("bad webhook: the sandbox pushes to this machine only")
    if wanted.secret_token and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", wanted.secret_token):
        raise bad_request("secret token contains unallowed characters")
    world.webhook = Webhook(wanted.url, wanted.secret_token, wanted.max_connections)
    world.push_failure = None
    world.updates.allow(wanted.allowed_updates)
    if wanted.drop_pending_updates:
        world.updates.drop_all()
    world.updates.displace("Conflict: terminated by setWebhook request")
    return True


def delete_webhook(world: World, wanted: params.DeleteWebhook, _uploads: Uploads) -> bool:
    """Stop pushing."""
    return _stop_pushing(world, wanted.drop_pending_updates)


def get_webhook_info(world: World, _params: params.Nothing, _uploads: Uploads) -> dict[str, Any]:
    """Describe the webhook and what waits for it."""
    found: dict[str, Any] = {
        "url": world.webhook.url if world.webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.waiting),
    }
    if world.webhook:
        found["max_connections"] = world.webhook.max_connections
    if world.updates.allowed:
        found["allowed_updates"] = world.updates.allowed
    if world.push_failure:
        found["last_error_date"], found["last_error_message"] = world.push_failure
    return found


def set_my_commands(world: World, menu: params.SetMyCommands, _uploads: Uploads) -> bool:
    """Set the menu of commands for a scope and language."""
    for command in menu.commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command.command):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command.description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_menu_key(menu)] = [command.plain() for command in menu.commands]
    return True


def get_my_commands(world: World, menu: params.ScopedCommands, _uploads: Uploads) -> list[dict[str, Any]]:
    """Return the menu of commands of a scope and language."""
    return world.commands.get(_menu_key(menu), [])


def delete_my_commands(world: World, menu: params.ScopedCommands, _uploads: Uploads) -> bool:
    """Forget the menu of commands of a scope and language."""
    world.commands.pop(_menu_key(menu), None)
    return True


def accept(_world: World, _params: params.Parameters, _uploads: Uploads) -> bool:
    """Say yes to what shows nowhere in the town."""
    return True


def _menu_key(menu: params.ScopedCommands) -> str:
    scope = menu.scope or CommandScope(type="default")
    return f"{scope.model_dump_json()} {menu.language_code}"


def _stop_pushing(world: World, drop_pending: bool) -> bool:
    world.webhook = None
    if drop_pending:
        world.updates.drop_all()
    return True


METHODS: dict[str, Method[Any]] = {
    "getMe": Method(params.Nothing, get_me),
    "getChat": Method(params.ToChat, get_chat),
    "getFile": Method(params.GetFile, get_file),
    "sendMessage": Method(params.SendMessage, sending.send_message),
    "sendPhoto": Method(params.SendPhoto, sending.send_photo),
    "sendDocument": Method(params.SendDocument, sending.send_document),
    "sendVoice": Method(params.SendVoice, sending.send_voice),
    "sendMediaGroup": Method(params.SendMediaGroup, sending.send_media_group),
    "sendChatAction": Method(params.SendChatAction, sending.send_chat_action),
    "editMessageText": Method(params.EditMessageText, editing.edit_message_text),
    "editMessageCaption": Method(params.EditMessageCaption, editing.edit_message_caption),
    "editMessageReplyMarkup": Method(params.EditMessageReplyMarkup, editing.edit_message_reply_markup),
    "editMessageMedia": Method(params.EditMessageMedia, editing.edit_message_media),
    "deleteMessage": Method(params.DeleteMessage, editing.delete_message),
    "answerCallbackQuery": Method(params.AnswerCallbackQuery, answer_callback_query),
    "setWebhook": Method(params.SetWebhook, set_webhook),
    "deleteWebhook": Method(params.DeleteWebhook, delete_webhook),
    "getWebhookInfo": Method(params.Nothing, get_webhook_info),
    "setMyCommands": Method(params.SetMyCommands, set_my_commands),
    "getMyCommands": Method(params.ScopedCommands, get_my_commands),
    "deleteMyCommands": Method(params.ScopedCommands, delete_my_commands),
    "setMyDescription": Method(params.SetMyDescription, accept),
    "setMyShortDescription": Method(params.SetMyShortDescription, accept),
}
