"""Bring a database to the newest schema: additive steps, numbered, one transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from wangge.storage.database import Database

FOLDER = Path(__file__).parent / "migrations"


async def migrate(database: Database) -> None:
    """Apply whatever is missing; an up-to-date database stays untouched."""
    await database.transaction(upgrade)


def upgrade(tx: Connection) -> None:
    """Apply the missing steps in the open transaction."""
    command.upgrade(_config(tx), "head")


def is_current(tx: Connection) -> bool:
    """Tell whether the database has the newest schema."""
    head = ScriptDirectory.from_config(_config(tx)).get_current_head()
    return MigrationContext.configure(tx).get_current_revision() == head


def _config(tx: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = tx
    return config
