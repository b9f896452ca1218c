"""Who is on the roster, which posts they hold, and through which account they speak."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Row,
    Select,
    String,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from wangge.records.values import Role
from wangge.rules.duty import Leave
from wangge.rules.rights import Person, Post
from wangge.storage import inbox
from wangge.storage.database import seal_of
from wangge.storage.prepared import Prepared, among
from wangge.storage.tables import accounts, invitations, leaves, mutes, people, posts, wrong_tries


@dataclass(frozen=True)
class Account:
    """How a person is reached."""

    channel: str
    chat: str
    person: int


def by_account(tx: Connection, channel: str, account: str, today: date) -> Person | None:
    """Return who speaks through an account; None if nobody, or nobody with a post today."""
    found = _people(tx, _BY_ACCOUNT.all(tx, channel=channel, account=account, day=today))
    return found[0] if found and found[0].posts else None


def by_id(tx: Connection, person: int, today: date) -> Person | None:
    """Return a person, whatever the posts."""
    found = _load(tx, people.c.id == person, today)
    return found[0] if found else None


def by_staff_no(tx: Connection, staff_no: str, today: date) -> Person | None:
    """Return a person by the staff number (工号)."""
    found = _load(tx, people.c.staff_no == staff_no, today)
    return found[0] if found else None


def by_ids(tx: Connection, ids: Collection[int], today: date) -> dict[int, Person]:
    """Return people by their ids."""
    return {person.id: person for person in _people(tx, _BY_IDS.all(tx, ids=set(ids), day=today))}


def holding(tx: Connection, roles: Collection[Role], today: date) -> list[Person]:
    """Return whoever holds one of the roles today, by staff number."""
    return _people(tx, _HOLDING.all(tx, roles=roles, day=today))


def covering(tx: Connection, area: str, roles: Collection[Role], today: date) -> list[Person]:
    """Return whoever holds one of the roles over a village today: of its grids, itself, its town."""
    outer = [area[:length] for length in (6, 9, 12) if length <= len(area)]
    return _people(tx, _COVERING.all(tx, roles=roles, outer=outer, area=area, day=today))


def on_leave(tx: Connection, day: date) -> dict[int, int | None]:
    """Return who is on leave that day, each with the substitute, None if there is none."""
    return {row.person: row.substitute for row in _ON_LEAVE.all(tx, day=day)}


def take_leave(tx: Connection, person: int, first: date, last: date, substitute: int | None = None) -> int:
    """Remember a leave and return its id."""
    values = {"person": person, "first_day": first, "last_day": last, "substitute": substitute}
    taken: int = tx.execute(insert(leaves).values(values).returning(leaves.c.id)).scalar_one()
    return taken


def leaves_touching(
    tx: Connection, first: date, last: date, *, person: int | None = None, substitute: int | None = None
) -> list[Leave]:
    """Return the leaves with a day in [first, last], of a person or with a substitute, by their days."""
    query = select(leaves).where(leaves.c.first_day <= last, leaves.c.last_day >= first)
    if person is not None:
        query = query.where(leaves.c.person == person)
    if substitute is not None:
        query = query.where(leaves.c.substitute == substitute)
    rows = tx.execute(query.order_by(leaves.c.first_day, leaves.c.id))
    return [Leave(row.id, row.person, row.first_day, row.last_day, row.substitute) for row in rows]


def cut_leaves(tx: Connection, person: int, first: date, last: date) -> list[Leave]:
    """Take days out of a person's leaves and return the leaves as they were before."""
    found = leaves_touching(tx, first, last, person=person)
    tx.execute(delete(leaves).where(leaves.c.id.in_([leave.id for leave in found])))
    for leave in found:
        for begin, end in leave.without(first, last):
            take_leave(tx, person, begin, end, leave.substitute)
    return found


def accounts_of(tx: Connection, ids: Iterable[int], today: date) -> list[Account]:
    """Return the reachable accounts of those people who hold a post today."""
    return [Account(*row) for row in _ACCOUNTS.all(tx, ids=list(ids), day=today)]


def link_account(tx: Connection, channel: str, account: str, chat: str, person: int, now: datetime) -> None:
    """Let an account speak for a person from now on."""
    values = {"channel": channel, "account": account, "chat": chat, "person": person, "joined_at": now}
    tx.execute(
        inbox.insert(tx)(accounts)
        .values(values)
        .on_conflict_do_update(
            index_elements=["channel", "account"],
            set_={"chat": chat, "person": person, "joined_at": now, "unreachable_at": None},
        )
    )


def mark_reachable(tx: Connection, channel: str, chat: str) -> None:
    """The person has written again after blocking the bot."""
    tx.execute(
        update(accounts)
        .where(accounts.c.channel == channel, accounts.c.chat == chat, accounts.c.unreachable_at.is_not(None))
        .values(unreachable_at=None)
    )


def invite(tx: Connection, person: int, code: str, now: datetime, expires_at: datetime) -> None:
    """Store an invitation; of the code only a keyed hash is kept. Older ones end."""
    tx.execute(
        update(invitations)
        .where(invitations.c.person == person, invitations.c.used_at.is_(None))
        .values(expires_at=now)
    )
    mark = seal_of(tx).mark(code)
    tx.execute(insert(invitations).values(code_mark=mark, person=person, made_at=now, expires_at=expires_at))


def invited(tx: Connection, code: str, now: datetime) -> int | None:
    """Return whom a code invites; None if it is unknown, used or too old."""
    return tx.execute(
        select(invitations.c.person).where(
            invitations.c.code_mark == seal_of(tx).mark(code),
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
    ).scalar()


def use_invitation(tx: Connection, code: str, now: datetime) -> bool:
    """Use a code up; False if somebody was quicker."""
    found = tx.execute(
        update(invitations)
        .where(invitations.c.code_mark == seal_of(tx).mark(code), invitations.c.used_at.is_(None))
        .values(used_at=now)
        .returning(invitations.c.person)
    )
    return found.first() is not None


def not_joined(tx: Connection, today: date) -> list[Person]:
    """Return people with a post today through whom no account speaks yet."""
    joined = select(accounts.c.person)
    held = select(posts.c.person).where(in_post(today))
    return _load(tx, and_(people.c.id.in_(held), people.c.id.not_in(joined)), today)


def last_joined(tx: Connection, count: int, today: date) -> list[Person]:
    """Return who has joined last, the newest first."""
    newest = select(accounts.c.person).order_by(accounts.c.joined_at.desc(), accounts.c.person.desc())
    ids = list(tx.execute(newest.limit(count)).scalars())
    known = by_ids(tx, ids, today)
    return [known[person] for person in ids if person in known]


def add_wrong_try(tx: Connection, channel: str, account: str, now: datetime) -> None:
    """Remember a wrong answer to the question of who somebody is."""
    tx.execute(insert(wrong_tries).values(channel=channel, account=account, at=now))


def wrong_tries_since(tx: Connection, channel: str, account: str, since: datetime) -> int:
    """Return how many wrong answers an account has given since then."""
    return tx.execute(
        select(func.count())
        .select_from(wrong_tries)
        .where(wrong_tries.c.channel == channel, wrong_tries.c.account == account, wrong_tries.c.at > since)
    ).scalar_one()


def mute(tx: Connection, person: int, plan: str, period: str) -> None:
    """The person does not want this plan's message again in this period."""
    row = {"person": person, "plan": plan, "period": period}
    tx.execute(inbox.insert(tx)(mutes).values(row).on_conflict_do_nothing())


def unmute(tx: Connection, person: int, plan: str, period: str) -> None:
    """The person wants that plan's message again."""
    where = (mutes.c.person == person, mutes.c.plan == plan, mutes.c.period == period)
    tx.execute(delete(mutes).where(*where))


def is_muted(tx: Connection, person: int, plan: str, period: str) -> bool:
    """Tell whether the person has asked not to get that."""
    query = select(mutes.c.person).where(
        mutes.c.person == person, mutes.c.plan == plan, mutes.c.period == period
    )
    return tx.execute(query).first() is not None


def phone_of(tx: Connection, person: int) -> str:
    """Return a person's phone number in full."""
    sealed = tx.execute(select(people.c.phone).where(people.c.id == person)).scalar_one()
    return seal_of(tx).open(sealed)


def in_post(day: date | BindParameter[date]) -> ColumnElement[bool]:
    """Return the condition that a post is held that day."""
    return and_(
        or_(posts.c.start_day.is_(None), posts.c.start_day <= day),
        or_(posts.c.end_day.is_(None), posts.c.end_day >= day),
    )


def _load(tx: Connection, where: ColumnElement[bool], today: date) -> list[Person]:
    return _people(tx, tx.execute(_query(where, today)).all())


def _query(where: ColumnElement[bool], day: date | BindParameter[date]) -> Select[Any]:
    return (
        select(people.c.id, people.c.staff_no, people.c.name, posts.c.role, posts.c.area)
        .outerjoin(posts, (posts.c.person == people.c.id) & in_post(day))
        .where(where, people.c.is_ended.is_(False))
        .order_by(people.c.staff_no, posts.c.id)
    )


def _begins(column: ColumnElement[str], parameter: BindParameter[str]) -> ColumnElement[bool]:
    """Whether a code begins with another; LIKE folds cases and costs several times as much."""
    return func.substr(column, 1, func.length(parameter)) == parameter


_DAY = bindparam("day", type_=Date)
_HELD = select(posts.c.person).where(in_post(_DAY))
_BY_ACCOUNT = Prepared(
    _query(
        people.c.id.in_(
            select(accounts.c.person).where(
                accounts.c.channel == bindparam("channel"), accounts.c.account == bindparam("account")
            )
        ),
        _DAY,
    )
)
_BY_IDS = Prepared(_query(among(people.c.id, "ids"), _DAY))
_HOLDING = Prepared(_query(people.c.id.in_(_HELD.where(among(posts.c.role, "roles"))), _DAY))
_COVERING = Prepared(
    _query(
        people.c.id.in_(
            _HELD.where(
                among(posts.c.role, "roles"),
                or_(among(posts.c.area, "outer"), _begins(posts.c.area, bindparam("area", type_=String))),
            )
        ),
        _DAY,
    )
)
_ON_LEAVE = Prepared(
    select(leaves.c.person, leaves.c.substitute)
    .where(leaves.c.first_day <= _DAY, leaves.c.last_day >= _DAY)
    .order_by(leaves.c.id)
)
_ACCOUNTS = Prepared(
    select(*accounts.c["channel", "chat", "person"]).where(
        among(accounts.c.person, "ids"),
        accounts.c.unreachable_at.is_(None),
        exists().where(posts.c.person == accounts.c.person, in_post(_DAY)),
    )
)


def _people(tx: Connection, rows: Sequence[Row[Any]]) -> list[Person]:
    held: dict[int, list[Post]] = {}
    for row in rows:
        held.setdefault(row.id, []).extend([Post(row.role, row.area)] if row.role else [])
    return [_person(tx, row, held[row.id]) for row in {row.id: row for row in rows}.values()]


def _person(tx: Connection, row: Any, held: Sequence[Post]) -> Person:  # noqa: ANN401 - a row
    return Person(row.id, row.staff_no, seal_of(tx).open_name(row.name), tuple(held))


INVITATION_LIFE = timedelta(hours=72)
