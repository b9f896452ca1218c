"""Import public lists of villages into throwaway folders, only to see how long it takes."""

import gzip
import tempfile
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from wangge.bot import office
from wangge.demo.stage import settings_of
from wangge.storage import areas

TOWN = "141021103"
LISTS = (("gaoxian_villages.csv", "一个镇"), ("shanxi_villages.csv.gz", "一个省"))


@dataclass(frozen=True)
class Imported:
    """One list, and how long `wangge init` took with it."""

    what: str
    villages: int
    seconds: float


async def import_lists() -> list[Imported]:
    """Import each list as `wangge init --villages` does."""
    return [await _import(file, what) for file, what in LISTS]


async def _import(file: str, what: str) -> Imported:
    content = resources.files("wangge.demo").joinpath("lists", file).read_bytes()
    content = gzip.decompress(content) if file.endswith(".gz") else content
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "villages.csv"
        path.write_bytes(content)
        started = time.monotonic()
        settings = settings_of(Path(folder) / "data")
        await office.init(settings, path, TOWN)
        seconds = time.monotonic() - started
        async with office.opened(settings) as database:
            villages = await database.snapshot(lambda tx: len(areas.names(tx, "", "village")))
    return Imported(what, villages, seconds)
