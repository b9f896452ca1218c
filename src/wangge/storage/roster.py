"""The roster as it is stored: read for comparison and for sending, changed as a whole."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from wangge.rules.loop import HELD, act_in
from wangge.rules.roster import Changes, Entry, Post
from wangge.storage import outbox, records
from wangge.storage.database import seal_of
from wangge.storage.tables import accounts, drafts, invitations, people, posts
from wangge.texts import say


def entries(tx: Connection, today: date) -> list[Entry]:
    """Return everybody on the roster with present and future posts, by staff number."""
    held: dict[int, list[Post]] = {}
    for row in tx.execute(select(posts).where(_still(today)).order_by(posts.c.id)):
        held.setdefault(row.person, []).append(Post(row.role, row.area, row.start_day, row.end_day))
    seal = seal_of(tx)
    query = select(people).where(people.c.is_ended.is_(False)).order_by(people.c.staff_no)
    return [
        Entry(row.staff_no, seal.open(row.name), seal.open(row.phone), tuple(held.get(row.id, ())))
        for row in tx.execute(query)
    ]


def apply(
    tx: Connection, changes: Changes, today: date, *, end_missing: bool, now: datetime | None = None
) -> None:
    """Apply what a file changes; people missing from it end only if that was confirmed.

    Whoever ends loses everything at once: accounts, invitations, what waits to be sent,
    and the events in hand, which go back to the desk at `now`.

    Raises:
        ValueError: people are to end and `now` is not given.
    """
    for before, after in changes.changed:
        _change(tx, before, after, today)
    # Written numbers first, so that none of them is given to somebody without.
    for entry in sorted(changes.added, key=lambda entry: not entry.staff_no):
        _add(tx, entry)
    if end_missing:
        if now is None:
            raise ValueError("now")
        _end(tx, changes.missing, today, now)


def _add(tx: Connection, entry: Entry) -> None:
    values = {**_columns(tx, entry), "staff_no": entry.staff_no or _free_staff_no(tx), "is_ended": False}
    person = _returning(tx, entry)
    if person is not None:
        tx.execute(update(people).where(people.c.id == person).values(values))
    else:
        _vacate(tx, entry.staff_no)
        person = tx.execute(insert(people).values(values).returning(people.c.id)).scalar_one()
    _add_posts(tx, person, entry.posts)


def _returning(tx: Connection, entry: Entry) -> int | None:
    """Return the ended person who comes back: his 工号 with his phone or his name, or it is another."""
    row = tx.execute(
        select(people).where(people.c.staff_no == entry.staff_no, people.c.is_ended)
    ).one_or_none()
    if row is None:
        return None
    seal = seal_of(tx)
    is_same = row.phone_mark == seal.mark(entry.phone) or seal.open(row.name) == entry.name
    return row.id if is_same else None


def _vacate(tx: Connection, staff_no: str) -> None:
    """Give the ended person who had a 工号 another, so that it is free; his history stays his."""
    former = tx.execute(select(people.c.id).where(people.c.staff_no == staff_no, people.c.is_ended)).scalar()
    if former is None:
        return
    taken = set(tx.execute(select(people.c.staff_no)).scalars())
    count = 1
    while (moved := say("roster.former_staff_no", staff_no=staff_no, count=count)) in taken:
        count += 1
    tx.execute(update(people).where(people.c.id == former).values(staff_no=moved))


def _change(tx: Connection, before: Entry, after: Entry, today: date) -> None:
    person = tx.execute(select(people.c.id).where(people.c.staff_no == before.staff_no)).scalar_one()
    staff_no = after.staff_no or before.staff_no
    if staff_no != before.staff_no:
        _vacate(tx, staff_no)
    tx.execute(update(people).where(people.c.id == person).values(**_columns(tx, after), staff_no=staff_no))
    new = [post for post in after.posts if post not in before.posts]
    for post in (post for post in before.posts if post not in after.posts):
        corrected = next((each for each in new if (each.role, each.area) == (post.role, post.area)), None)
        if corrected is None:
            _end_post(tx, person, post, today)
        else:
            new.remove(corrected)
            days = {"start_day": corrected.start, "end_day": corrected.end}
            tx.execute(update(posts).where(_running(person, post, today)).values(days))
    _add_posts(tx, person, new)
    if not after.posts:
        outbox.forget_people(tx, [person])


def _end_post(tx: Connection, person: int, post: Post, today: date) -> None:
    """A post that is gone from the file ended yesterday; its past stays for the figures."""
    same = _running(person, post, today)
    if post.start and post.start >= today:
        tx.execute(delete(posts).where(same))
    else:
        tx.execute(update(posts).where(same).values(end_day=today - timedelta(days=1)))


def _running(person: int, post: Post, today: date) -> ColumnElement[bool]:
    """Return where a post is stored; one that is over is never touched again."""
    return and_(
        posts.c.person == person,
        posts.c.role == post.role,
        posts.c.area == post.area,
        posts.c.start_day.is_not_distinct_from(post.start),
        posts.c.end_day.is_not_distinct_from(post.end),
        _still(today),
    )


def _still(today: date) -> ColumnElement[bool]:
    return or_(posts.c.end_day.is_(None), posts.c.end_day >= today)


def _end(tx: Connection, missing: Iterable[Entry], today: date, now: datetime) -> None:
    numbers = [entry.staff_no for entry in missing]
    ids = list(tx.execute(select(people.c.id).where(people.c.staff_no.in_(numbers))).scalars())
    tx.execute(update(people).where(people.c.id.in_(ids)).values(is_ended=True))
    yesterday = today - timedelta(days=1)
    tx.execute(update(posts).where(posts.c.person.in_(ids), _still(today)).values(end_day=yesterday))
    tx.execute(delete(accounts).where(accounts.c.person.in_(ids)))
    tx.execute(delete(invitations).where(invitations.c.person.in_(ids)))
    tx.execute(
        update(drafts).where(drafts.c.person.in_(ids), drafts.c.state == "open").values(state="dropped")
    )
    outbox.forget_people(tx, ids)
    for record in [record for person in ids for record in records.held_by(tx, person, HELD)]:
        if back := act_in("hand_back", record.state):
            reason = say("roster.holder_ended")
            records.change(tx, record, back.verb, None, now, reason=reason, state=back.to, holder=None)


def _add_posts(tx: Connection, person: int, new: Iterable[Post]) -> None:
    rows = [
        {"person": person, "role": post.role, "area": post.area, "start_day": post.start, "end_day": post.end}
        for post in new
    ]
    if rows:
        tx.execute(insert(posts), rows)


def _columns(tx: Connection, entry: Entry) -> dict[str, object]:
    seal = seal_of(tx)
    return {
        "name": seal.close(entry.name),
        "phone": seal.close(entry.phone),
        "phone_mark": seal.mark(entry.phone),
    }


def _free_staff_no(tx: Connection) -> str:
    taken = set(tx.execute(select(people.c.staff_no)).scalars())
    number = len(taken) + 1
    while f"{number:04d}" in taken:
        number += 1
    return f"{number:04d}"
