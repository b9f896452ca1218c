"""Act as one person of the town and see what that person sees.

Each act waits until the bot has finished with it, unless `wait=False`: then the test goes on while the
bot is still at work, as an impatient thumb does.
"""

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wangge.sandbox.transcript import lines_of
from wangge.sandbox.views import ChatView, Event, Json, MessageView

if TYPE_CHECKING:  # a town makes its people
    from wangge.sandbox.town import Town


class Person:
    """One resident, clerk or officer; `chat` in the acts is a group, else it is the private chat."""

    def __init__(self, town: "Town", user_id: int, name: str) -> None:
        self.id = user_id
        self.name = name
        self._town = town
        self._looked_at = 0

    async def says(
        self, text: str, *, chat: int | None = None, reply_to: MessageView | None = None, wait: bool = True
    ) -> list[MessageView]:
        """Type words and return them as sent; what is too long for one message becomes several."""
        answered = reply_to.message_id if reply_to else None
        return await self._act("says", wait, chat_id=chat, text=text, reply_to=answered)

    async def taps(
        self, label: str, *, on: MessageView | None = None, chat: int | None = None, wait: bool = True
    ) -> None:
        """Tap a button: the one under `on`, or under the newest message that shows it now."""
        where = {"chat_id": on.chat_id, "message_id": on.message_id} if on else {"chat_id": chat}
        await self._act("taps", wait, label=label, **where)

    async def taps_again(self, label: str, on: MessageView, *, wait: bool = True) -> None:
        """Tap a button of a message as it was seen, even if it no longer shows that button."""
        wanted = [button for row in on.buttons for button in row if button.text == label]
        if not wanted:
            raise LookupError(f"the message never showed {label!r}")
        await self.forges(wanted[0].data or "", on=on, label=label, wait=wait)

    async def forges(
        self, data: str, *, on: MessageView | None = None, label: str | None = None, wait: bool = True
    ) -> None:
        """Send the payload of a button that may never have existed, as a changed client can."""
        where = {"chat_id": on.chat_id, "message_id": on.message_id} if on else {}
        await self._act("taps", wait, payload=data, label=label, is_forged=True, **where)

    async def sends_photo(
        self,
        content: bytes | None = None,
        *,
        caption: str | None = None,
        size: int | None = None,
        chat: int | None = None,
        wait: bool = True,
    ) -> MessageView:
        """Send a picture; without bytes a small valid one that differs from all others."""
        return await self._sends_file(wait, "photo", content, caption=caption, size=size, chat_id=chat)

    async def sends_document(
        self,
        name: str,
        content: bytes = b"",
        *,
        caption: str | None = None,
        size: int | None = None,
        chat: int | None = None,
        wait: bool = True,
    ) -> MessageView:
        """Send a file; `size` in bytes is what the platform claims, if that is not the truth."""
        details = {"name": name, "caption": caption, "size": size, "chat_id": chat}
        return await self._sends_file(wait, "document", content, **details)

    async def sends_voice(
        self, content: bytes | None = None, *, seconds: int = 5, chat: int | None = None, wait: bool = True
    ) -> MessageView:
        """Send a voice note."""
        return await self._sends_file(wait, "voice", content, duration=seconds, chat_id=chat)

    async def sends_album(
        self, contents: Sequence[bytes | None], *, caption: str | None = None, wait: bool = True
    ) -> list[MessageView]:
        """Send several pictures at once; None stands for a picture made up."""
        return await self._act("sends_album", wait, contents=[_text(c) for c in contents], caption=caption)

    async def sends_location(self, latitude: float, longitude: float, *, wait: bool = True) -> MessageView:
        """Send a position in degrees."""
        return (await self._act("sends_location", wait, latitude=latitude, longitude=longitude))[0]

    async def sends_contact(
        self, phone: str, *, user_id: int | None = None, wait: bool = True
    ) -> MessageView:
        """Send one's own phone number, or that of the user given."""
        return (await self._act("sends_contact", wait, phone=phone, user_id=user_id))[0]

    async def sends_sticker(self, emoji: str = "👍", *, wait: bool = True) -> MessageView:
        """Send a sticker."""
        return (await self._act("sends_sticker", wait, emoji=emoji))[0]

    async def edits(self, message: MessageView, text: str, *, wait: bool = True) -> MessageView:
        """Change the words of an own message."""
        details = {"chat_id": message.chat_id, "message_id": message.message_id}
        return (await self._act("edits", wait, text=text, **details))[0]

    async def blocks(self, *, wait: bool = True) -> None:
        """Stop the bot: it may not write any more."""
        await self._act("blocks", wait, blocks=True)

    async def unblocks(self, *, wait: bool = True) -> None:
        """Let the bot write again."""
        await self._act("blocks", wait, blocks=False)

    async def sees(self) -> list[MessageView]:
        """Return the bot's messages that are new or changed since the last look, as they are now."""
        events = await self._town.events(since=self._looked_at, chat_id=self.id)
        if events:
            self._looked_at = events[-1].seq
        latest: dict[int, MessageView] = {}
        for event in events:
            if event.message and event.message.from_bot and event.kind in ("message", "edit", "delete"):
                latest[event.message.message_id] = event.message
        return [message for message in latest.values() if not message.deleted]

    async def screen(self) -> list[MessageView]:
        """Return the whole private chat as it is shown now."""
        return (await self._chat()).messages

    async def last(self) -> MessageView:
        """Return the newest message of the bot."""
        for message in reversed(await self.screen()):
            if message.from_bot:
                return message
        raise LookupError(f"the bot has not written to {self.name}")

    async def buttons(self) -> list[list[str]]:
        """Return the labels under the newest message that has any."""
        for message in reversed(await self.screen()):
            if message.buttons:
                return message.labels
        return []

    async def keyboard(self) -> list[list[str]] | None:
        """Return the keyboard shown in place of the phone's own, if there is one."""
        return (await self._chat()).keyboard

    async def toasts(self) -> list[Event]:
        """Return what flashed up after this person's taps, oldest first."""
        events = await self._town.events(chat_id=self.id)
        return [event for event in events if event.kind == "toast" and event.by_id == self.id]

    async def downloads(self, message: MessageView) -> bytes:
        """Return the bytes of the file in a message."""
        return await self._town.download(message.attachments[0].file_id)

    async def transcript(self, *, since: int = 0, with_times: bool = False) -> list[str]:
        """Return the private chat as lines for reading."""
        return lines_of(await self._town.events(since=since, chat_id=self.id), with_times=with_times)

    async def _sends_file(self, wait: bool, kind: str, content: bytes | None, **details: Json) -> MessageView:
        return (await self._act("sends_file", wait, kind=kind, content=_text(content), **details))[0]

    async def _act(self, act: str, wait: bool, **details: Json) -> list[MessageView]:
        given = {name: value for name, value in details.items() if value is not None}
        done = await self._town.post(f"/persons/{self.id}/{act}", given)
        if wait:
            await self._town.settled()
        return [MessageView.model_validate(message) for message in done["messages"]]

    async def _chat(self) -> ChatView:
        return ChatView.model_validate(await self._town.get(f"/chats/{self.id}"))


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()
