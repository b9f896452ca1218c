"""What comes with a message beside its words: a file that a job will fetch, a position."""

from wangge.handlers import cards
from wangge.handlers.context import Context, Outgoing
from wangge.storage import files, jobs

SORTS = ("photo", "voice", "video", "document")


def attach(ctx: Context, *, draft: int | None = None, record: int | None = None) -> None:
    """Attach the message's file; fetching and cleaning it is a job's work."""
    file = ctx.inbound.file
    if file is None:
        return
    source = {"channel": ctx.inbound.channel, **file.model_dump(mode="json")}
    sort = ctx.inbound.sort if ctx.inbound.sort in SORTS else "document"
    found = files.attach(ctx.tx, sort, source, ctx.now, draft=draft, record=record)
    arguments = {"attachment": found, "person": ctx.person.id}
    jobs.put(ctx.tx, "fetch", f"fetch:{found}", arguments, ctx.now)


def position_of(ctx: Context) -> dict[str, float] | None:
    """Return the message's position as a record keeps it."""
    if ctx.inbound.latitude is None or ctx.inbound.longitude is None:
        return None
    return {"latitude": ctx.inbound.latitude, "longitude": ctx.inbound.longitude}


def attached_text(outgoing: Outgoing, *, draft: int | None = None, record: int | None = None) -> str:
    """Return how many photos, voice notes and files a draft or a record has; "" for none."""
    found = files.attached(outgoing.tx, draft=draft, record=record)
    return cards.attached_text([attachment.sort for attachment in found])
