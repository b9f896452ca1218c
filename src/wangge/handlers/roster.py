"""The roster by chat: 花名册 sends it, a file sent back changes it, 邀请 makes the QR sheet.

The command line calls the same functions.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from wangge.handlers import event_cards
from wangge.handlers.context import ADMINISTRATORS, Context, Outgoing, World, choice
from wangge.handlers.message import Choice, Outbound, number_in
from wangge.rules.areas import Row
from wangge.rules.calendar import local_day
from wangge.rules.errors import PersonError
from wangge.rules.rights import Person, may
from wangge.rules.roster import Changes, Entry, Invitation, compare, read_roster, summary
from wangge.storage import jobs, outbox, people, records
from wangge.storage import roster as stored
from wangge.storage.database import Transaction
from wangge.texts import say

MOST_NAMES = 8
CODE_BYTES = 12
"""96 random bits."""


def send(ctx: Context) -> None:
    """Ask for the present roster as a workbook."""
    ask_for(ctx, "roster_file", {})


def invite(ctx: Context) -> None:
    """Ask for the sheet of invitations of everybody who has not joined yet."""
    if not people.not_joined(ctx.tx, ctx.today):
        ctx.say("invite.everybody_joined")
        return
    ask_for(ctx, "invitations", {})


def take_file(ctx: Context) -> None:
    """A file sent by the administrator: read it and show what it would change."""
    file = ctx.inbound.file
    if file is not None:
        ask_for(ctx, "roster_read", {"channel": ctx.inbound.channel, "key": file.key, "name": file.name})


def on_choice(ctx: Context, target: str, argument: str) -> None:
    """生效, 生效并停用 or 不改, under the preview of a file."""
    if target == "leave":
        ctx.say("roster.left")
        return
    file, _, how = argument.partition(".")
    ask_for(ctx, "roster_apply", {"file": file, "end_missing": how == "all"})


def preview(file: str, changes: Changes) -> Outbound:
    """Return what a file would change, to be confirmed."""
    anything = changes.added or changes.changed
    at = f"roster:apply.{file}"
    choices: list[Choice] = [choice("roster.button.apply", f"{at}:0")] if anything else []
    if changes.missing:
        count = len(changes.missing)
        choices.append(choice("roster.button.apply_all", f"{at}.all:0", count=count, wide=True))
    if choices:
        choices.append(choice("roster.button.leave", "roster:leave:0"))
    text = summary(changes) if choices or changes.mistakes else say("roster.no_change")
    if changes.missing:
        names = "、".join(entry.name for entry in changes.missing[:MOST_NAMES])
        text = "\n".join([text, say("roster.missing_named", names=names)])
    return Outbound(text=text, choices=tuple(choices), asked=True)


def read(tx: Transaction, rows: Sequence[Row], world: World, now: datetime) -> Changes:
    """Return what the rows of a file would change in the roster as it is now.

    Raises:
        PersonError: the rows are no roster.
    """
    today = local_day(now)
    entries, mistakes = read_roster(rows, world.names, today)
    return compare(stored.entries(tx, today), entries, mistakes)


def apply(tx: Transaction, changes: Changes, now: datetime, *, end_missing: bool) -> str:
    """Apply changes and return the sentence that says so.

    Raises:
        PersonError: nobody would be left to look after the roster.
    """
    if end_missing and _ends_last_clerk(tx, changes, now):
        raise PersonError("roster.last_clerk")
    if not (changes.added or changes.changed or (end_missing and changes.missing)):
        return say("roster.no_change")
    stored.apply(tx, changes, local_day(now), now=now, end_missing=end_missing)
    for before, after in changes.changed:
        if set(before.posts) - set(after.posts):
            _drop_what_is_closed_to(tx, after.staff_no or before.staff_no, now)
    return say(
        "roster.applied",
        added=len(changes.added),
        changed=len(changes.changed),
        missing=len(changes.missing) if end_missing else 0,
    )


def _drop_what_is_closed_to(tx: Transaction, staff_no: str, now: datetime) -> None:
    """Of what waits for somebody with other posts, drop the cards of events that he may not open now."""
    person = people.by_staff_no(tx, staff_no, local_day(now))
    for letter, slot in outbox.waiting_for(tx, person.id) if person else ():
        sort, _, target = slot.partition(":")
        record = records.find(tx, number_in(target)) if sort == "event" else None
        if person and record and not may(person, "open", event_cards.subject(record)):
            outbox.give_up(tx, letter, "post_changed", now)


def _ends_last_clerk(tx: Transaction, changes: Changes, now: datetime) -> bool:
    """Tell whether every administrator is among those missing from the file."""
    missing = {entry.staff_no for entry in changes.missing}
    clerks = people.holding(tx, ADMINISTRATORS, local_day(now))
    return bool(clerks) and all(clerk.staff_no in missing for clerk in clerks)


def present(tx: Transaction, now: datetime) -> list[Entry]:
    """Return the roster as it is."""
    return stored.entries(tx, local_day(now))


def make_invitations(outgoing: Outgoing, persons: Sequence[Person], link: str) -> list[Invitation]:
    """Make a new one-time code for each person; `link` has a place for the code."""
    made = []
    for person in persons:
        code = secrets.token_urlsafe(CODE_BYTES)
        people.invite(outgoing.tx, person.id, code, outgoing.now, outgoing.now + people.INVITATION_LIFE)
        made.append(Invitation(person.name, posts_text(outgoing.world, person), link.format(code=code)))
    return made


def posts_text(world: World, person: Person) -> str:
    """Return a person's posts of the day as one line."""
    return "、".join(
        say("post", role=say(f"role.{post.role}"), area=world.names.get(post.area, post.area))
        for post in person.posts
    )


def ask_for(ctx: Context, kind: str, arguments: dict[str, object]) -> None:
    """Ask for work with a file, whose answer goes to who asks; each tap is asked for once."""
    key = f"{kind}:{ctx.inbound.channel}:{ctx.inbound.key}"
    who = {"person": ctx.person.id, "answer_to": [ctx.inbound.channel, ctx.inbound.chat]}
    jobs.put(ctx.tx, kind, key, {**who, **arguments}, ctx.now)
