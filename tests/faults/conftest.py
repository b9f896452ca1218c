"""Faults: the whole bot in a copy of the made-up town, in this process or in one that dies."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.faults.lives import Parent, open_parent
from tests.faults.several import Shared
from tests.office import Office, make_template, open_office
from tests.postgres import fresh_database


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of the made-up town, made once."""
    return asyncio.run(make_template(tmp_path_factory.mktemp("town") / "data", asks_near=False))


@pytest.fixture(scope="session")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with five people: grid worker, stationed cadre, desk, leader, administrator."""
    folder = tmp_path_factory.mktemp("hamlet") / "data"
    return asyncio.run(make_template(folder, (1, 33, 45, 47, 49), asks_near=False))


@pytest.fixture(scope="session")
def shared(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """The town on PostgreSQL."""
    folder = tmp_path_factory.mktemp("shared") / "data"
    url = fresh_database(postgres, folder)
    asyncio.run(make_template(folder, asks_near=False, database_url=url))
    return Shared(folder, postgres, urlsplit(url).path[1:])


@pytest.fixture
async def here(template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """The town on a Monday at ten."""
    async with open_office(template, tmp_path / "data") as office:
        yield office


@pytest.fixture
async def parent() -> AsyncIterator[Parent]:
    """A process that forks mortal bots."""
    async with open_parent() as started:
        yield started
