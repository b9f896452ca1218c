"""Bring a database to the newest schema: additive steps, numbered, one transaction.

Alembic is loaded only to migrate: that a schema is current is looked at by every start.
"""

from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, text

from wangge.storage.database import Database

FOLDER = Path(__file__).parent / "migrations"
Standing = Literal["empty", "old", "current", "newer"]


async def migrate(database: Database) -> None:
    """Apply whatever is missing; an up-to-date database stays untouched."""
    await database.transaction(upgrade)


def upgrade(tx: Connection) -> None:
    """Apply the missing steps in the open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = tx
    command.upgrade(config, "head")


def standing(tx: Connection) -> Standing:
    """Tell which schema the database has; a newer one was made by a newer version of the program."""
    steps = sorted(file.name.partition("_")[0] for file in (FOLDER / "versions").glob("[0-9]*.py"))
    present = revision(tx)
    if present is None:
        return "empty"
    if present == steps[-1]:
        return "current"
    return "old" if present in steps else "newer"


def revision(tx: Connection) -> str | None:
    """Return the number of the newest step that has been applied."""
    if not tx.dialect.has_table(tx, "alembic_version"):
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()


def is_current(tx: Connection) -> bool:
    """Tell whether the database has the newest schema."""
    return standing(tx) == "current"
