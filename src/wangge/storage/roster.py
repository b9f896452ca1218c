"""The roster as it is stored: read for comparison and for sending, changed as a whole."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from wangge.rules.roster import Changes, Entry, Post
from wangge.storage import outbox
from wangge.storage.database import seal_of
from wangge.storage.tables import accounts, drafts, invitations, people, posts


def entries(tx: Connection, today: date) -> list[Entry]:
    """Return everybody on the roster with present and future posts, by staff number."""
    held: dict[int, list[Post]] = {}
    still = or_(posts.c.end_day.is_(None), posts.c.end_day >= today)
    for row in tx.execute(select(posts).where(still).order_by(posts.c.id)):
        held.setdefault(row.person, []).append(Post(row.role, row.area, row.start_day, row.end_day))
    seal = seal_of(tx)
    query = select(people).where(people.c.is_ended.is_(False)).order_by(people.c.staff_no)
    return [
        Entry(row.staff_no, seal.open(row.name), seal.open(row.phone), tuple(held.get(row.id, ())))
        for row in tx.execute(query)
    ]


def apply(tx: Connection, changes: Changes, today: date, *, end_missing: bool) -> None:
    """Apply what a file changes; people missing from it end only if that was confirmed.

    Whoever ends loses everything at once: accounts, invitations, what waits to be sent.
    """
    for entry in changes.added:
        _add(tx, entry)
    for before, after in changes.changed:
        _change(tx, before, after, today)
    if end_missing:
        _end(tx, changes.missing, today)


def _add(tx: Connection, entry: Entry) -> None:
    values = {**_columns(tx, entry), "staff_no": entry.staff_no or _free_staff_no(tx), "is_ended": False}
    former = tx.execute(select(people.c.id).where(people.c.staff_no == values["staff_no"])).scalar()
    if former is not None:
        tx.execute(update(people).where(people.c.id == former).values(values))
        person = former
    else:
        person = tx.execute(insert(people).values(values).returning(people.c.id)).scalar_one()
    _add_posts(tx, person, entry.posts)


def _change(tx: Connection, before: Entry, after: Entry, today: date) -> None:
    person = tx.execute(select(people.c.id).where(people.c.staff_no == before.staff_no)).scalar_one()
    staff_no = after.staff_no or before.staff_no
    tx.execute(update(people).where(people.c.id == person).values(**_columns(tx, after), staff_no=staff_no))
    for post in set(before.posts) - set(after.posts):
        _end_post(tx, person, post, today)
    _add_posts(tx, person, [post for post in after.posts if post not in before.posts])
    if not after.posts:
        outbox.forget_people(tx, [person])


def _end_post(tx: Connection, person: int, post: Post, today: date) -> None:
    """A post that is gone from the file ended yesterday; its past stays for the figures."""
    same = (
        (posts.c.person == person)
        & (posts.c.role == post.role)
        & (posts.c.area == post.area)
        & (posts.c.start_day == post.start if post.start else posts.c.start_day.is_(None))
    )
    if post.start and post.start >= today:
        tx.execute(delete(posts).where(same))
    else:
        tx.execute(update(posts).where(same).values(end_day=today - timedelta(days=1)))


def _end(tx: Connection, missing: Iterable[Entry], today: date) -> None:
    numbers = [entry.staff_no for entry in missing]
    ids = list(tx.execute(select(people.c.id).where(people.c.staff_no.in_(numbers))).scalars())
    tx.execute(update(people).where(people.c.id.in_(ids)).values(is_ended=True))
    still = or_(posts.c.end_day.is_(None), posts.c.end_day >= today)
    tx.execute(update(posts).where(posts.c.person.in_(ids), still).values(end_day=today - timedelta(days=1)))
    tx.execute(delete(accounts).where(accounts.c.person.in_(ids)))
    tx.execute(delete(invitations).where(invitations.c.person.in_(ids)))
    tx.execute(
        update(drafts).where(drafts.c.person.in_(ids), drafts.c.state == "open").values(state="dropped")
    )
    outbox.forget_people(tx, ids)


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
