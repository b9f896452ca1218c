"""What happens when a person taps a button, a real one or one that never was."""

from typing import Any

from wangge.sandbox.chats import Account, Chat, Message
from wangge.sandbox.errors import ActError
from wangge.sandbox.presence import Act, Done, chat_of, message_in
from wangge.sandbox.world import Query, World


class Taps(Act):
    """Taps a button, by its label or payload, or with any payload if `is_forged`.

    Without a message it is the newest one that shows the button. Payloads of buttons the message no
    longer shows are forged too, as far as the platform can tell.
    """

    message_id: int | None = None
    label: str | None = None
    payload: str | None = None
    is_forged: bool = False


def taps(world: World, person: Account, act: Taps) -> Done:
    """Tap a button under a message of the bot."""
    chat = chat_of(world, person, act)
    message = _tapped(chat, act)
    label, payload = _choice(message, act)
    query = Query(str(world.next_id("query")), person, chat, world.clock.now(), message.message_id, payload)
    world.queries[query.id] = query
    world.happen("tap", chat, person, message, text=label)
    callback = {
        "id": query.id,
        "from": person.user,
        "chat_instance": str(chat.id),
        "message": _seen_by_bot(message),
        "data": payload,
    }
    update_id = world.updates.put("callback_query", callback)
    return Done([message], [] if update_id is None else [update_id])


def _tapped(chat: Chat, act: Taps) -> Message:
    """Return the message that is meant, or the newest one that shows the button."""
    if act.message_id is not None:
        return message_in(chat, act.message_id)
    for message in reversed(chat.messages.values()):
        if message.is_deleted:
            continue
        if act.is_forged and message.sender.user["is_bot"]:
            return message
        if _find(message, act) is not None:
            return message
    raise ActError(f"no message shows the button {act.label or act.payload!r}")


def _choice(message: Message, act: Taps) -> tuple[str, str]:
    """Return label and payload of the button that is tapped."""
    if act.is_forged:
        return act.label or f"forged: {act.payload}", act.payload or ""
    found = _find(message, act)
    if found is None:
        raise ActError(f"message {message.message_id} shows no button {act.label or act.payload!r}")
    return found


def _find(message: Message, act: Taps) -> tuple[str, str] | None:
    for row in message.body.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            is_meant = act.label in (None, button["text"]) and act.payload in (
                None,
                button.get("callback_data"),
            )
            if "callback_data" in button and is_meant:
                return button["text"], button["callback_data"]
    return None


def _seen_by_bot(message: Message) -> dict[str, Any]:
    """Return what a query shows of its message; of a deleted one only that it was there."""
    if message.is_deleted:
        return {"chat": message.chat.payload(), "message_id": message.message_id, "date": 0}
    return message.payload()
