"""What the operator does from the command line: init, roster, invitations, policy, doctor.

Each is one function that returns what to say; a mistake is a PersonError whose sentence
says how to put it right.
"""

import re
import tomllib
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from wangge.bot.clock import Clock
from wangge.bot.settings import Settings
from wangge.handlers import roster
from wangge.handlers.context import OFFICERS, Outgoing, Worlds, policy_json
from wangge.records.values import Role
from wangge.reports import closing
from wangge.rules.areas import Area, read_areas
from wangge.rules.calendar import TOWN_ZONE, local_day
from wangge.rules.errors import PersonError
from wangge.rules.policy import Policy, mistakes
from wangge.rules.roster import Changes, Invitation, summary
from wangge.scheduler.tick import LAST_TICK
from wangge.storage import areas, jobs, people, restored
from wangge.storage.database import Database, NotStored, Transaction, open_database
from wangge.storage.migrate import Standing, is_current, migrate, standing
from wangge.storage.seal import make_key, read_key
from wangge.texts import say

POLICY_FILE = "town.toml"
NEWEST: tuple[Standing, ...] = ("current",)
ANY: tuple[Standing, ...] = ("empty", "old", "current")
"""What can be brought to the newest schema."""
UNFIT: Mapping[Standing, str] = {
    "empty": "cli.doctor.no_init",
    "old": "cli.doctor.schema_old",
    "newer": "cli.database.newer",
}
CLOCK_MAY_DIFFER = timedelta(minutes=10)
NEEDED: tuple[Role, ...] = ("administrator", "desk_officer")
"""Posts without which nothing goes on."""


async def init(settings: Settings, villages: Path | None, town_code: str) -> list[str]:
    """Make data folder, key, policy and database, and read the areas; safe to repeat."""
    _refuse_lost_key(settings)
    if villages is None and settings.key_file.exists() and (said := await _upgrade(settings)):
        return [said]
    found = _read_areas(villages)
    town = _the_town(found, town_code)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.files_dir.mkdir(exist_ok=True)
    make_key(settings.key_file)
    policy_path = settings.data_dir / POLICY_FILE
    if not policy_path.exists():
        policy_path.write_text(_policy_for(town), encoding="utf-8")
    elif (present := _read_policy(policy_path).town).code != town.code:
        raise PersonError(
            "cli.init.other_town", folder=settings.data_dir, present=present.name, town=town.name
        )
    async with opened(settings, ANY) as database:
        await migrate(database)
        await database.transaction(lambda tx: areas.save_areas(tx, [asdict(area) for area in found]))
        version, _ = await database.snapshot(areas.versions)
        if version:  # an upgrade leaves the policy in force alone
            applied = say("cli.policy.kept", version=version)
        else:
            applied = await apply_policy(settings, database, policy_path)
    inside = [area for area in found if area.level == "village" and area.code.startswith(town.code)]
    return [
        say("cli.init.folder", folder=settings.data_dir),
        say("cli.init.areas", town=town.name, villages=len(inside), all=len(found)),
        applied,
    ]


async def _upgrade(settings: Settings) -> str:
    """Bring a database to the newest schema and say so; "" if it has not been set up yet."""
    async with opened(settings, ANY) as database:
        before = await database.snapshot(standing)
        if before == "empty":
            return ""
        await migrate(database)
        version, _ = await database.snapshot(areas.versions)
    if not version:
        return ""
    return say("cli.init.current" if before == "current" else "cli.init.upgraded")


async def apply_policy(settings: Settings, database: Database, path: Path) -> str:
    """Check a policy file and put it in force as the next version; the same one again changes nothing."""
    policy = _read_policy(path)
    now = await town_time(settings)

    def apply(tx: Transaction) -> int:
        version, _ = areas.versions(tx)
        present = Policy.model_validate(areas.policy_body(tx, version)) if version else None
        if present == policy:
            return version
        town = policy.town
        if town.code not in areas.names(tx) or (present and present.town.code != town.code):
            raise PersonError("cli.policy.other_town", file=path.name, name=town.name, code=town.code)
        return areas.add_policy(tx, policy_json(policy), now)

    version = await database.transaction(apply)
    return say("cli.policy.applied", version=version, town=policy.town.name, mode=policy.town.mode)


def _read_policy(path: Path) -> Policy:
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except ValidationError as error:
        raise PersonError("cli.policy.mistakes", mistakes="\n".join(mistakes(error))) from error
    except UnicodeDecodeError as error:
        raise PersonError("cli.policy.encoding", file=path.name) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        where = say("cli.policy.line", line=place[1]) if place else say("cli.policy.end")
        raise PersonError("cli.policy.toml", file=path.name, where=where) from error


async def town_time(settings: Settings) -> datetime:
    """Return the time of the town: the host's, or of the sandbox it follows."""
    clock = Clock(settings.clock)
    if clock.follows:
        await clock.ask_once()
    return clock.now()


async def read_roster(database: Database, content: bytes, name: str, now: datetime) -> Changes:
    """Return what a roster file would change."""
    from wangge.reports.sheets import read_table

    rows = read_table(content, name)
    return await database.snapshot(lambda tx: roster.read(tx, rows, Worlds().current(tx), now))


async def apply_roster(database: Database, changes: Changes, now: datetime, *, end_missing: bool) -> str:
    """Apply what a roster file changes."""
    return await database.transaction(lambda tx: roster.apply(tx, changes, now, end_missing=end_missing))


def roster_summary(changes: Changes) -> str:
    """Return what a file would change, as the chat shows it."""
    return summary(changes)


async def invite(database: Database, now: datetime) -> tuple[int, bytes]:
    """Make invitations for everybody who has not joined; return how many and the document."""

    def make(tx: Transaction) -> tuple[list[Invitation], str, bool]:
        outgoing = Outgoing(tx, Worlds().current(tx), now)
        template = jobs.mark(tx, "invitation_link")
        if not template:
            raise PersonError("cli.invite.no_link")
        made = roster.make_invitations(outgoing, people.not_joined(tx, outgoing.today), template)
        town = outgoing.world.policy.town
        return made, town.name, town.mode == "演练"

    from wangge.reports.invitations import invitation_sheet

    made, town, is_demo = await database.transaction(make)
    if not made:
        raise PersonError("invite.everybody_joined")
    return len(made), invitation_sheet(made, town, is_demo)


async def examine(settings: Settings) -> list[tuple[bool, str]]:
    """Look whether all that `run` needs is there; (is it well, sentence) for each thing."""
    refuse_uninitialised(settings)
    found = [(True, say("cli.doctor.folder", folder=settings.data_dir))]
    async with opened(settings, ANY) as database:
        current = await database.snapshot(is_current)
        found.append((current, say("cli.doctor.schema" if current else "cli.doctor.schema_old")))
        if current:
            now = await town_time(settings)
            found += await database.snapshot(lambda tx: _examine_contents(tx, now))
    has_token = settings.telegram_token is not None
    found.append((has_token, say("cli.doctor.token" if has_token else "cli.doctor.no_token")))
    return found


async def refuse_unfit(settings: Settings) -> str:
    """Make sure that the bot can begin; return a warning if the clock is wrong, "" if not.

    Raises:
        PersonError: the folder or the database is not ready.
    """
    refuse_uninitialised(settings)
    async with opened(settings) as database:
        now = await town_time(settings)
        return await database.snapshot(lambda tx: _clock_is_behind(tx, now))


@asynccontextmanager
async def opened(settings: Settings, fit: Collection[Standing] = NEWEST) -> AsyncIterator[Database]:
    """Open the database of the data folder.

    Args:
        fit: which schemas will do.

    Raises:
        PersonError: `wangge init` has not been run, the key is another folder's, or the
            database cannot be reached, is none, or has another schema.
    """
    _refuse_lost_key(settings)
    if not settings.key_file.exists():
        raise PersonError("cli.doctor.no_init", folder=settings.data_dir)
    is_sqlite = settings.database.startswith("sqlite")
    async with AsyncExitStack() as parts:
        try:
            opening = open_database(settings.database, read_key(settings.key_file))
            database = await parts.enter_async_context(opening)
            found = await database.snapshot(standing)
        except (*NotStored, ImportError) as error:  # a URL may name a driver that is not here
            text_id = "cli.database.broken" if is_sqlite else "cli.database.unreachable"
            raise PersonError(text_id, folder=settings.data_dir) from error
        if found not in fit:
            raise PersonError(UNFIT[found], folder=settings.data_dir)
        if found != "empty" and not await database.snapshot(restored.is_key_right):
            raise PersonError("cli.key_wrong", folder=settings.data_dir)
        yield database


def refuse_uninitialised(settings: Settings) -> None:
    """Make sure that key and database are there.

    Raises:
        PersonError: they are not; the sentence says what to do.
    """
    _refuse_lost_key(settings)
    if not settings.key_file.exists() or not _has_database(settings):
        raise PersonError("cli.doctor.no_init", folder=settings.data_dir)


def _clock_is_behind(tx: Transaction, now: datetime) -> str:
    """Return a warning if the database reaches into the future, as it does when the clock is wrong."""
    until = restored.newest(tx, LAST_TICK)
    if until is None or until - now < CLOCK_MAY_DIFFER:
        return ""
    here, there = (f"{at.astimezone(TOWN_ZONE):%Y-%m-%d %H:%M}" for at in (now, until))
    return say("cli.clock.behind", now=here, until=there)


def _examine_contents(tx: Transaction, now: datetime) -> list[tuple[bool, str]]:
    count = len(roster.present(tx, now))
    world = Worlds().current(tx)
    unknown = world.calendar.unknown_year(now.year)
    phone = world.policy.desk.phone
    is_placeholder = not phone.strip("0-")
    joined = [role for role in NEEDED if people.accounts_of(tx, _ids(tx, role, now), local_day(now))]
    lacking = "、".join(say(f"role.{role}") for role in NEEDED if role not in joined)
    behind = _clock_is_behind(tx, now)
    officers = {person.staff_no for person in people.holding(tx, OFFICERS, local_day(now))}
    strangers = "、".join(number for number in world.policy.desk.rota if number not in officers)
    broken = "、".join(f"{month:%Y-%m}" for month in closing.broken(tx))
    return [
        *([(False, say("cli.doctor.rota", numbers=strangers))] if strangers else []),
        *([(False, say("cli.doctor.closings", months=broken))] if broken else []),
        (not behind, behind or say("cli.doctor.clock")),
        (
            not is_placeholder,
            say("cli.doctor.no_phone" if is_placeholder else "cli.doctor.phone", phone=phone),
        ),
        (not lacking, say("cli.doctor.not_joined" if lacking else "cli.doctor.joined", roles=lacking)),
        (bool(count), say("cli.doctor.roster" if count else "cli.doctor.no_roster", count=count)),
        (
            not unknown,
            say("cli.doctor.calendar_unknown" if unknown else "cli.doctor.calendar", year=now.year),
        ),
    ]


def _ids(tx: Transaction, role: Role, now: datetime) -> list[int]:
    return [person.id for person in people.holding(tx, (role,), local_day(now))]


def _has_database(settings: Settings) -> bool:
    return bool(settings.database_url) or (settings.data_dir / "wangge.db").exists()


def _refuse_lost_key(settings: Settings) -> None:
    """A new key beside old data would make all of it unreadable for ever."""
    if (settings.data_dir / "wangge.db").exists() and not settings.key_file.exists():
        raise PersonError("cli.key_lost", folder=settings.data_dir)


def _read_areas(path: Path | None) -> list[Area]:
    from wangge.reports.sheets import read_table

    if path is None:
        made_up = resources.files("wangge.demo").joinpath("villages.csv")
        return read_areas(read_table(made_up.read_bytes(), "villages.csv"))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PersonError("cli.no_file", file=path) from error
    return read_areas(read_table(content, path.name))


def _the_town(found: list[Area], code: str) -> Area:
    towns = [area for area in found if area.level == "town" and area.code.startswith(code)]
    if len(towns) != 1:
        some = "、".join(f"{town.code} {town.name}" for town in towns[:8])
        raise PersonError("cli.init.which_town", count=len(towns), some=some)
    return towns[0]


def _policy_for(town: Area) -> str:
    text = resources.files("wangge.rules").joinpath(POLICY_FILE).read_text(encoding="utf-8")
    text = re.sub(r'(?m)^name = ".*"', f'name = "{town.name}"', text, count=1)
    return re.sub(r'(?m)^code = ".*"', f'code = "{town.code}"', text, count=1)
