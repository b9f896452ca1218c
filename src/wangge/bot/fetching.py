"""Jobs that fetch what lies at a platform: photos, voice notes, tables; a photo is cleaned first."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wangge.channels.channel import Refused
from wangge.rules.errors import PersonError
from wangge.storage import files, jobs
from wangge.storage.database import Transaction
from wangge.storage.jobs import Job

if TYPE_CHECKING:
    from wangge.bot.jobs import Jobs

MEGABYTE = 1_000_000
LARGEST_FILE = 20
"""Megabytes; what the Bot API lets a bot fetch."""
PHOTO_SECONDS = 30


async def fetch(self: "Jobs", job: Job) -> None:
    """Fetch a photo, voice note or document; a photo is cleaned before it is stored."""
    attachment = await self.database.snapshot(lambda tx: files.attachment(tx, job.arguments["attachment"]))
    try:
        content = await download(self, attachment.source)
        media_type = attachment.source["media_type"]
        if attachment.sort == "photo":
            content, media_type = await _cleaned(content), "image/jpeg"
    except PersonError:
        await self.database.transaction(lambda tx: files.mark_refused(tx, attachment.id))
        raise
    name = await asyncio.to_thread(self.files.write, content)

    def store(tx: Transaction) -> None:
        files.mark_stored(tx, attachment.id, name, media_type[:40], len(content), self.clock.now())
        jobs.mark_done(tx, job)

    await self.database.transaction(store)


async def download(self: "Jobs", source: Mapping[str, Any]) -> bytes:
    """Return what lies at a platform, if it is not too big."""
    channel = self.channels.get(source["channel"])
    too_big = PersonError("error.file_too_big", limit=LARGEST_FILE)
    if channel is None or source.get("size", 0) > LARGEST_FILE * MEGABYTE:
        raise too_big
    try:
        return await channel.fetch(source["key"], LARGEST_FILE * MEGABYTE)
    except Refused:
        raise too_big from None


async def _cleaned(photo: bytes) -> bytes:
    """Clean a photo in a process of its own: one built to take all memory takes only that process."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wangge.reports.photos", stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        cleaned, _ = await asyncio.wait_for(worker.communicate(photo), PHOTO_SECONDS)
    except TimeoutError:
        raise PersonError("error.file_broken") from None
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if worker.returncode:
        raise PersonError("error.file_broken")
    return cleaned
