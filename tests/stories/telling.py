"""Transcripts of stories, in an order that does not depend on who was served first, and the golden ones.

`GOLDEN=write pytest tests/stories` writes the golden files anew; read what has changed like code.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.office import Office

from wangge.sandbox.transcript import lines_of
from wangge.sandbox.views import Event, MessageView

GOLDEN = Path(__file__).parent / "golden"


async def matches_golden(
    here: Office,
    name: str,
    *,
    since: int = 0,
    with_times: bool = False,
    without: Mapping[str, str] | None = None,
) -> None:
    """Compare all chats since then with a golden transcript; `without` names what is drawn by lot."""
    path = GOLDEN / f"{name}.txt"
    text = "\n".join(transcript(here, await here.town.events(since=since), with_times=with_times))
    for drawn, word in (without or {}).items():
        text = text.replace(drawn, word)
    lines = text.splitlines()
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == path.read_text(encoding="utf-8").splitlines(), "GOLDEN=write writes it anew"


def transcript(here: Office, events: Iterable[Event], *, with_times: bool = False) -> list[str]:
    """Return events as lines: what one act brought about, first in its own chat, then in the others."""
    titles = {1000 + number: name for number, name in here.names.items()}
    ordered: list[Event] = []
    for turn in _turns(events):
        first = turn[0].chat_id if _is_persons(turn[0]) else 0
        ordered += sorted(turn, key=lambda event: (event.chat_id != first, event.chat_id))
    titles |= {event.chat_id: event.by for event in ordered if event.by_id == event.chat_id}
    return lines_of(ordered, titles=titles, with_times=with_times)


def messages(events: Iterable[Event]) -> list[MessageView]:
    """Return the bot's new messages among events, each as it was when it was sent."""
    return [
        event.message
        for event in events
        if event.kind == "message" and event.message and event.message.from_bot
    ]


async def all_words(here: Office) -> str:
    """Return every word the bot has written in any chat, as it was sent and as it was edited."""
    events = await here.town.events()
    shown = [event.message.words for event in events if event.message and event.message.from_bot]
    return "\n".join([*shown, *(event.text for event in events if event.kind == "toast")])


def _turns(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Split events where a person acts or the time has moved."""
    turn: list[Event] = []
    for event in events:
        if turn and (_is_persons(event) or event.at != turn[-1].at):
            yield turn
            turn = []
        turn.append(event)
    if turn:
        yield turn


def _is_persons(event: Event) -> bool:
    if event.kind in {"tap", "toast"}:
        return event.kind == "tap"
    return event.message is not None and not event.message.from_bot


async def a_sentence_goes_to_the_end(here: Office) -> None:
    """Play the main job: reporter, desk, handler, desk, reporter; every word is as it always is."""
    reporter, officer, cadre = await here.person(1), await here.person(45), await here.person(17)
    await reporter.says("前天下大雨把三组那截路冲塌了")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    await cadre.says("垫了两车石子，能过车了")
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await reporter.taps("好了")
    await matches_golden(here, "sentence_to_the_end")
