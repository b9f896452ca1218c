"""Stories: the whole bot over real HTTP, in a copy of the made-up town."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.office import Office, make_template, open_office


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of the made-up town, made once."""
    return asyncio.run(make_template(tmp_path_factory.mktemp("town") / "data"))


@pytest.fixture
async def here(template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """The town on a Monday at ten."""
    async with open_office(template, tmp_path / "data") as office:
        yield office
