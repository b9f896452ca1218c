"""Tell on the terminal what happens in the chats: town time at the left, who, and what was said.

`▸` is what a person says or taps, `◂` what the bot says, `✎` a message changed in its place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from wangge.demo.people import Member
from wangge.rules.calendar import TOWN_ZONE
from wangge.sandbox.views import Event, MessageView

WIDEST = 88
LEFT = 7
NO_LINE_START = "，。、；：！？）〕」”》·"
CHANGED = "✎ "
TO_DO = "待核查"
"""Of cards that change quietly, those that wait for their reader are told with their buttons."""
WEEKDAYS = "一二三四五六日"
FILES = {"photo": "照片", "document": "文件", "voice": "语音"}


class Teller:
    """Writes on a console, in the width it has."""

    def __init__(self, console: Console, members: dict[int, Member]) -> None:
        """`members` by chat account."""
        self.console = console
        self.width = min(console.width, WIDEST)
        self._members = members
        self._chat = 0
        self._moment = ""
        self._albums: Counter[str] = Counter()
        self._progress: Progress | None = None
        self._task = TaskID(0)

    # --- headings

    def title(self, text: str) -> None:
        """Open a part of the demo."""
        self._forget()
        self.console.print()
        self._rule(text, "━", "bold cyan")

    def day(self, moment: datetime) -> None:
        """Open a day."""
        self._forget()
        there = moment.astimezone(TOWN_ZONE)
        self.console.print()
        self._rule(f"{there.month}月{there.day}日 星期{WEEKDAYS[there.weekday()]}", "─", "bold")

    def scene(self, text: str) -> None:
        """Open a scene."""
        self._forget()
        self.console.print()
        self.console.print(f"[bold yellow]【{escape(text)}】[/]", highlight=False)

    def note(self, text: str, style: str = "") -> None:
        """Say something that is not said in a chat; nothing for an empty line."""
        self._forget()
        for line in wrap(text, self.width - 2):
            self._print(f"  {line}".rstrip(), style)

    def gap(self) -> None:
        """Leave a line free."""
        self.console.print()

    def result(self, is_well: bool, text: str) -> None:
        """Say what was looked at, and whether it is well."""
        self._forget()
        mark = "✓" if is_well else "✗"
        head, *rest = wrap(text, self.width - 4)
        self._print(f"  {mark} {head}", "" if is_well else "bold red")
        for line in rest:
            self._print(f"    {line}", "" if is_well else "bold red")

    def brief(self, moment: datetime, member: Member, text: str, end: str) -> None:
        """Tell an event in one line: when, who, where, what was said, and what became of it."""
        self._forget()
        place = member.areas[0] if len(member.areas) == 1 else member.role
        left = f"{clock(moment)}  {member.name} {place}  "
        room = self.width - cell_len(left) - cell_len(end) - 2
        said = cut(text, room)
        gap = " " * max(1, self.width - cell_len(left) - cell_len(said) - cell_len(end))
        self._print(left + said + gap + end, "dim" if self.console.is_terminal else "")

    # --- conversations

    def tell(self, events: Iterable[Event], actor: int, cast: set[int]) -> None:
        """Tell what happened in the chats of `cast`; `actor` is the account of whoever acted.

        His own chat comes first, then who was told, then cards that changed without a sound.
        """
        seen = [event for event in events if event.chat_id in cast]
        self._albums = Counter(event.message.album or "" for event in seen if event.message)
        for event in sorted(seen, key=lambda event: _rank(event, actor)):
            lines = self._lines(event, is_own=event.chat_id == actor)
            if lines:
                self._head(event)
                for line, style in lines:
                    self._print((" " * LEFT + line).rstrip(), style)

    def _lines(self, event: Event, *, is_own: bool) -> list[tuple[str, str]]:
        message = event.message
        if event.kind == "tap":
            return [(f"▸ 点〔{event.text}〕", "green")]
        if event.kind == "toast":
            return (
                [(line, "magenta") for line in self._wrapped("  ", f"（弹出）{event.text}")]
                if event.text
                else []
            )
        if message is None or event.kind == "delete":
            return []
        if not message.from_bot:
            return self._said(message)
        if event.kind == "edit" and not is_own:
            return self._changed_quietly(message)
        return self._answered(message, CHANGED if event.kind == "edit" else "◂ ")

    def _said(self, message: MessageView) -> list[tuple[str, str]]:
        if message.album and not self._albums[message.album]:
            return []
        pictures = [f"〔照片{self._albums.pop(message.album)}张〕"] if message.album else _attached(message)
        words = " ".join([*pictures, message.words]).strip()
        return [(line, "green") for line in self._wrapped("▸ ", words)]

    def _answered(self, message: MessageView, mark: str) -> list[tuple[str, str]]:
        parts = " ".join(_attached(message))
        words = _what_is_new(message) if mark == CHANGED else message.words
        text = "\n".join(part for part in (parts, words) if part)
        lines = [(line, "") for line in self._wrapped(mark, text)]
        keys = [key for row in message.keyboard or [] for key in row]
        keyboard = [("  键盘：" + " · ".join(keys), "cyan")] if keys else []
        return [*lines, *self._buttons(message), *keyboard]

    def _buttons(self, message: MessageView) -> list[tuple[str, str]]:
        rows = ["".join(f"〔{label}〕" for label in row) for row in message.labels]
        return [("  " + row, "cyan") for row in _packed(rows, self.width - LEFT - 2)]

    def _changed_quietly(self, message: MessageView) -> list[tuple[str, str]]:
        """A card that changes while its reader does nothing: its first line, without a sound."""
        first = message.words.splitlines()[0] if message.words else ""
        if first.startswith("值班台"):
            return []
        buttons = self._buttons(message) if first.startswith(TO_DO) else []
        return [(cut(CHANGED + first, self.width - LEFT), "dim"), *buttons]

    def _wrapped(self, mark: str, text: str) -> list[str]:
        lines = [part for line in text.splitlines() for part in wrap(line, self.width - LEFT - 2)]
        return [(mark if number == 0 else "  ") + line for number, line in enumerate(lines)]

    def _head(self, event: Event) -> None:
        """Name time and person where either changes."""
        moment = clock(datetime.fromisoformat(event.at))
        if event.chat_id == self._chat and moment == self._moment:
            return
        member = self._members[event.chat_id]
        time = moment if moment != self._moment else " " * 5
        self.console.print(
            f"[dim]{time}[/]  [bold]{member.name}[/] [dim]{member.post}[/]", highlight=False, soft_wrap=True
        )
        self._chat, self._moment = event.chat_id, moment

    # --- tables and progress

    @contextmanager
    def progressing(self, total: int) -> Iterator[None]:
        """Show on a terminal how far the week is; nothing in a file."""
        with Progress(
            TextColumn("  {task.description}"),
            BarColumn(24),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as self._progress:
            self._task = self._progress.add_task("", total=total)
            yield
        self._progress = None

    def step(self, text: str, done: int) -> None:
        """Say how far it is."""
        if self._progress:
            self._progress.update(self._task, description=text, completed=done)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a small table: the first column to the left, the others to the right."""
        self._forget()
        lines = [tuple(heads), *map(tuple, rows)]
        widths = [max(cell_len(line[n]) for line in lines) for n in range(len(heads))]
        for number, line in enumerate(lines):
            cells = [
                pad(cell, width, right=n > 0)
                for n, (cell, width) in enumerate(zip(line, widths, strict=True))
            ]
            self._print("  " + "  ".join(cells), "bold" if number == 0 else "")

    def _rule(self, text: str, line: str, style: str) -> None:
        room = max(0, self.width - cell_len(text) - 5)
        self._print(f"{line * 3} {text} {line * room}", style)

    def _print(self, text: str, style: str = "") -> None:
        self.console.print(text, style=style or None, highlight=False, markup=False, soft_wrap=True)

    def _forget(self) -> None:
        self._chat, self._moment = 0, ""


def clock(moment: datetime) -> str:
    """Return the town's time of day."""
    return f"{moment.astimezone(TOWN_ZONE):%H:%M}"


def wrap(text: str, width: int) -> list[str]:
    """Break a line by the columns it takes; no line begins with a closing mark."""
    lines, line, columns = [], "", 0
    for character in text:
        wide = cell_len(character)
        if columns + wide > width and character not in NO_LINE_START:
            lines.append(line.rstrip())
            line, columns = "", 0
        if line or character != " ":
            line, columns = line + character, columns + wide
    return [*lines, line] if line or not lines else lines


def cut(text: str, width: int) -> str:
    """Shorten a text to so many columns."""
    if cell_len(text) <= width:
        return text
    kept = ""
    for character in text:
        if cell_len(kept + character) > width - 1:
            break
        kept += character
    return kept + "…"


def pad(text: str, width: int, *, right: bool) -> str:
    """Fill a cell to a width in columns."""
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank


def _rank(event: Event, actor: int) -> int:
    if event.chat_id == actor:
        return 0
    return 2 if event.kind == "edit" else 1


def _what_is_new(message: MessageView) -> str:
    """Return the lines of a changed card that it did not show before, its first line in any case."""
    before = message.edits[-1].before.splitlines() if message.edits else []
    first, *rest = message.words.splitlines() or [""]
    return "\n".join([first, *(line for line in rest if line not in before)])


def _attached(message: MessageView) -> list[str]:
    files = [
        f"〔{FILES.get(file.kind, file.kind)}{' ' + file.name if file.name else ''}〕"
        for file in message.attachments
    ]
    return [*files, *(["〔位置〕"] if message.location else [])]


def _packed(rows: Sequence[str], width: int) -> list[str]:
    """Put rows of buttons side by side as far as they fit: paper is wider than a phone."""
    lines: list[str] = []
    for row in rows:
        if lines and cell_len(lines[-1] + row) <= width:
            lines[-1] += row
        else:
            lines.append(row)
    return lines
