"""找: what a person may see, by words, household, village, person or number; newest first, within a bound."""

from collections.abc import Iterator, Mapping

from wangge.handlers import event_cards
from wangge.handlers.context import Context, choice
from wangge.handlers.message import Choice, Outbound
from wangge.records.catalogue import CATALOGUE
from wangge.reports.digest import hidden_classes
from wangge.rules.errors import PersonError
from wangge.rules.masking import mask_phones, redact
from wangge.rules.rights import DESK, LEADERS, Person
from wangge.storage import people, records, search
from wangge.storage.records import Stored
from wangge.storage.search import Scope
from wangge.texts import say

BOUND = 2000
"""Records that one search opens at most."""
CHUNK = 200
PAGE = 8
MOST_BYTES = 48
"""As much of the words as fits into a button."""
EXCERPT = 14
BEFORE = 4
"""Letters shown before the word that was found."""


def find(ctx: Context, words: str) -> None:
    """Search for words; without any ask what for."""
    if not words:
        ctx.open(about="search", draft=None)
        ctx.say("search.ask")
        return
    ctx.open(about="")
    show(ctx, words)


def show(ctx: Context, words: str, page: int = 0) -> None:
    """Show a page of what is found; whoever searches for a danger reads how to report one."""
    kept = redact(words).text.replace(":", " ").encode()[:MOST_BYTES].decode(errors="ignore").strip()
    if not kept:
        raise PersonError("form.stale")
    found, is_bounded = _find(ctx, kept.casefold().split(), (page + 1) * PAGE + 1)
    shown = found[page * PAGE :][:PAGE]
    rows = [_row(ctx, record, kept.casefold().split()) for record in shown]
    steps = [
        *([choice("button.previous", f"search:{page - 1}.{kept}:0")] if page else []),
        *([choice("button.next", f"search:{page + 1}.{kept}:0")] if len(found) > (page + 1) * PAGE else []),
    ]
    lines = [
        say("search.found" if shown else "search.nothing", words=kept, page=page + 1),
        *([say("search.bounded", count=BOUND)] if is_bounded else []),
        *([say("search.danger")] if ctx.read(kept).sort == "danger" else []),
    ]
    is_anew = ctx.inbound.sort != "choice"
    ctx.reply(Outbound(text="\n".join(lines), choices=(*rows, *steps), slot="search", anew=is_anew))


def _find(ctx: Context, words: list[str], most: int) -> tuple[list[Stored], bool]:
    """Return the newest records that have all of the words, and whether older ones were not looked at."""
    scope = Scope(ctx.person.id, ctx.person.areas(*DESK, *LEADERS), ctx.person.areas(*DESK))
    ids = search.newest(ctx.tx, scope, BOUND + 1)
    is_bounded = len(ids) > BOUND
    if is_bounded:
        ids = sorted({*ids[:BOUND], *_named(ctx, words)}, reverse=True)
    found: list[Stored] = []
    for record, text in _texts(ctx, ids):
        if all(word in text for word in words):
            found.append(record)
        if len(found) == most:
            return found, False
    return found, is_bounded


def _named(ctx: Context, words: list[str]) -> list[int]:
    """Return the records of what the words name in full, village, person or number, however old they are."""
    villages = [code for code, name in ctx.world.villages.items() if name in words]
    numbered = [record.id for word in words if (record := records.by_number(ctx.tx, word))]
    return numbered + search.of(ctx.tx, villages, search.people_called(ctx.tx, words), BOUND)


def _texts(ctx: Context, ids: list[int]) -> Iterator[tuple[Stored, str]]:
    """Yield the records that the person may open, each with all that it is found by."""
    known: dict[int, Person] = {}
    for start in range(0, len(ids), CHUNK):
        chunk = search.by_ids(ctx.tx, ids[start : start + CHUNK])
        named = {person for each in chunk for person in (each.author, each.holder or each.author)}
        known |= people.by_ids(ctx.tx, named - known.keys(), ctx.today)
        for record in chunk:
            if event_cards.may_open(ctx.person, record) and not _is_counted_only(ctx, record):
                village = ctx.world.names.get(record.area, "")
                names = _names(ctx, record, known)
                yield record, "\n".join([record.number, village, *names, *_words(ctx, record)]).casefold()


def _is_counted_only(ctx: Context, record: Stored) -> bool:
    """Leaders read of some classes as counts only."""
    is_hidden = record.klass in hidden_classes(ctx.world.policy)
    return is_hidden and event_cards.audience(ctx.person, record) == "leader"


def _names(ctx: Context, record: Stored, known: Mapping[int, Person]) -> list[str]:
    """Return the people whose names its reader sees on its card: leaders none, a reporter the holder."""
    audience = event_cards.audience(ctx.person, record)
    if audience == "leader":
        return []
    is_told = record.kind != "event" or audience in {"desk", "holder"}
    ids = (record.author, record.holder) if is_told else (record.holder,)
    return [known[person].name for person in ids if person and person in known]


def _words(ctx: Context, record: Stored) -> list[str]:
    """Return what was said in a record, without what is only noted about it, numbers masked."""
    values, main = record.values, CATALOGUE[record.kind].main
    is_desk = event_cards.audience(ctx.person, record) == "desk"
    found = [
        *values.get("households", ()),
        *(values.get(field, "") for field in dict.fromkeys((main, "place", "content", "request"))),
        values.get("on_behalf", "") if is_desk else "",
    ]
    return [mask_phones(text) for text in found if text]


def _row(ctx: Context, record: Stored, words: list[str]) -> Choice:
    is_event = record.kind == "event" or record.state == "withdrawn"
    label = say(
        "search.row",
        number=record.number,
        village=ctx.world.names.get(record.area, ""),
        state=say(f"state.{record.state}" if is_event else f"{record.kind}.label"),
        excerpt=_excerpt(_words(ctx, record), words),
    )
    return Choice(label=label[:40].strip(), payload=f"open:{record.id}:0", wide=True)


def _excerpt(texts: list[str], words: list[str]) -> str:
    """Return some letters around the first word that was found, else the beginning."""
    text, place = next(
        ((text, text.casefold().find(word)) for word in words for text in texts if word in text.casefold()),
        (texts[0] if texts else "", 0),
    )
    start = max(0, place - BEFORE)
    return ("…" if start else "") + text[start : start + EXCERPT].replace("\n", " ")
