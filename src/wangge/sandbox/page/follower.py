"""What an open page is sent: everything that changed since it last heard, as HTML for its places."""

from collections.abc import Iterator

from wangge.sandbox.page.columns import commands, entry, keyboard, post_of
from wangge.sandbox.page.items import bubble, key_of, members_of
from wangge.sandbox.page.watch import Watch
from wangge.sandbox.views import Event, Json
from wangge.sandbox.world import World

Change = dict[str, Json]


class Follower:
    """One open page: the people it shows and how far it has heard.

    `seq` is the last event of the feed that was told. A page that comes back with an older one is told
    what it missed, each bubble once and as it is now.
    """

    def __init__(self, world: World, watch: Watch, shown: list[int], seq: int) -> None:
        self.seq = seq
        self._world = world
        self._watch = watch
        self._shown = [chat_id for chat_id in shown if chat_id in world.accounts]
        self._listed = set(world.accounts)
        self._answered = len(watch.answered)
        self._states: dict[int, Change] = {}
        self._clock: Change = {}
        self._first = True

    def has_news(self) -> bool:
        """Tell whether `changes` may have something to say."""
        self._watch.look()
        return (
            len(self._world.feed) > self.seq
            or len(self._watch.answered) > self._answered
            or len(self._world.accounts) > len(self._listed)
            or self._clock_now() != self._clock
            or any(self._state(chat_id) != self._states.get(chat_id) for chat_id in self._shown)
        )

    def changes(self) -> list[Change]:
        """Return what is new, in the order in which the page puts it into place."""
        self._watch.look()
        events, self.seq = self._world.feed[self.seq :], len(self._world.feed)
        found = [*self._tell_clock(), *self._bubbles(events), *self._toasts(events)]
        found += [*self._answers(), *self._tell_states()]
        for chat_id in self._shown:
            self._watch.read[chat_id] = self.seq
        touched = {event.chat_id for event in events}
        touched |= set(self._world.accounts) - self._listed | set(self._shown if self._first else ())
        self._listed |= set(self._world.accounts)
        self._first = False
        return [*found, *self._entries(touched)]

    def _bubbles(self, events: list[Event]) -> Iterator[Change]:
        keys: dict[tuple[int, str], int] = {}
        for event in events:
            if event.message and event.kind in ("message", "edit", "delete") and event.chat_id in self._shown:
                message = self._world.chats[event.chat_id].messages[event.message.message_id]
                keys.setdefault((event.chat_id, key_of(message)), message.message_id)
        for (chat_id, key), message_id in keys.items():
            messages = members_of(self._world.chats[chat_id], key)
            html = bubble(messages, self._watch.fetched.get(chat_id, 0)) if messages else ""
            yield {"type": "bubble", "chat": chat_id, "key": key, "message": message_id, "html": html}

    def _toasts(self, events: list[Event]) -> Iterator[Change]:
        for event in events:
            if event.kind == "toast" and event.by_id in self._shown:
                yield {"type": "toast", "chat": event.by_id, "text": event.text, "alert": event.alert}

    def _answers(self) -> Iterator[Change]:
        answered, self._answered = self._watch.answered[self._answered :], len(self._watch.answered)
        for each in answered:
            place = {"chat": each.chat_id, "message": each.message_id, "payload": each.payload}
            yield {"type": "answered", **place}

    def _tell_states(self) -> Iterator[Change]:
        for chat_id in self._shown:
            state = self._state(chat_id)
            if state != self._states.get(chat_id):
                self._states[chat_id] = state
                yield state

    def _state(self, chat_id: int) -> Change:
        chat = self._world.chats[chat_id]
        return {
            "type": "state",
            "chat": chat_id,
            "fetched": self._watch.fetched.get(chat_id, 0),
            "busy": self._watch.busy.get(chat_id, 0),
            "keyboard": keyboard(chat),
            "placeholder": (chat.markup or {}).get("input_field_placeholder") or "",
            "commands": commands(self._world, chat),
        }

    def _tell_clock(self) -> Iterator[Change]:
        now = self._clock_now()
        if now != self._clock:
            self._clock = now
            yield {"type": "clock", "now": self._world.clock.now().isoformat(), **now}

    def _clock_now(self) -> Change:
        clock = self._world.clock
        return {"version": clock.version, "running": clock.running}

    def _entries(self, chat_ids: set[int]) -> Iterator[Change]:
        for chat_id in sorted(chat_ids & set(self._world.accounts)):
            account = self._world.accounts[chat_id]
            html = entry(self._world, self._watch, account)
            yield {"type": "entry", "person": chat_id, "group": post_of(account), "html": html}
