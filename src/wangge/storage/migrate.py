"""Bring a database to the newest schema: additive steps, numbered, one transaction."""

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from wangge.storage.database import Database

FOLDER = Path(__file__).parent / "migrations"
Standing = Literal["empty", "old", "current", "newer"]


async def migrate(database: Database) -> None:
    """Apply whatever is missing; an up-to-date database stays untouched."""
    await database.transaction(upgrade)


def upgrade(tx: Connection) -> None:
    """Apply the missing steps in the open transaction."""
    command.upgrade(_config(tx), "head")


def standing(tx: Connection) -> Standing:
    """Tell which schema the database has; a newer one was made by a newer version of the program."""
    steps = ScriptDirectory.from_config(_config(tx))
    present = revision(tx)
    if present is None:
        return "empty"
    if present == steps.get_current_head():
        return "current"
    return "old" if present in {step.revision for step in steps.walk_revisions()} else "newer"


def revision(tx: Connection) -> str | None:
    """Return the number of the newest step that has been applied."""
    return MigrationContext.configure(tx).get_current_revision()


def is_current(tx: Connection) -> bool:
    """Tell whether the database has the newest schema."""
    return standing(tx) == "current"


def _config(tx: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = tx
    return config
