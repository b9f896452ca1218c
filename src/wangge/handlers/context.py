"""What a handler is handed: the open transaction, the town, who speaks, and where answers go."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from wangge.handlers import sentence
from wangge.handlers.cards import EventView, Setting
from wangge.handlers.message import Choice, Inbound, Outbound
from wangge.records.catalogue import LEDGERS
from wangge.records.values import Role
from wangge.rules import duty
from wangge.rules.calendar import WorkCalendar, local_day
from wangge.rules.masking import Redacted, mask_phones, redact
from wangge.rules.policy import Policy
from wangge.rules.rights import Person, Subject, may
from wangge.rules.window import leaves_at
from wangge.storage import areas, duties, outbox, people
from wangge.storage.conversations import Conversation
from wangge.storage.database import Transaction
from wangge.storage.timeline import Entry
from wangge.texts import say

ADMINISTRATORS: tuple[Role, ...] = ("administrator",)
ANSWERED_WITHIN = timedelta(minutes=30)
OFFICERS: tuple[Role, ...] = ("desk_officer",)
PRACTICE_VILLAGE = "000000000001"
"""练习村: outside every county, so that no post covers it."""


@dataclass(frozen=True)
class World:
    """The town as one version of its policy and areas describes it."""

    versions: tuple[int, str]
    policy: Policy
    calendar: WorkCalendar
    villages: Mapping[str, str]
    """Code → name of the villages of the town, in the order of the codes."""
    names: Mapping[str, str]
    """Code → name of every area in and above the town."""


class Worlds:
    """Keeps the present World; every transaction asks whether it still is the present one."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._world: World | None = None

    def current(self, tx: Transaction) -> World:
        """Return the World of the policy and areas in force in this transaction."""
        versions = areas.versions(tx)
        if self._world is None or self._world.versions != versions:
            self._world = _read_world(tx, versions)
        return self._world


def _read_world(tx: Transaction, versions: tuple[int, str]) -> World:
    policy = Policy.model_validate(areas.policy_body(tx, versions[0]))
    town = policy.town
    return World(
        versions=versions,
        policy=policy,
        calendar=WorkCalendar.of(policy),
        villages=areas.names(tx, town.code, "village"),
        names={**areas.names(tx, town.code), town.code: town.name},
    )


def policy_json(policy: Policy) -> str:
    """Return a policy as it is stored."""
    return json.dumps(policy.model_dump(mode="json"), ensure_ascii=False)


@dataclass
class Outgoing:
    """Collects what is to be said in one transaction and puts it into the outbox at the end."""

    tx: Transaction
    world: World
    now: datetime
    elapsed_ms: int = 0
    letters: list[outbox.Letter] = field(default_factory=list)
    views: dict[tuple[int, int], tuple[EventView, list[Entry]]] = field(default_factory=dict)
    """Events as cards show them and their history, by id and version, read in this transaction."""
    cause: int | None = None
    """The message in the inbox that is being handled."""

    def tell(self, persons: Iterable[int], message: Outbound) -> None:
        """Say something to people, in each chat of theirs; silently nothing if they have none."""
        for account in people.accounts_of(self.tx, set(persons), self.today):
            self.to_chat(account.channel, account.chat, account.person, message)

    def tell_administrators(self, message: Outbound) -> int:
        """Say something to every administrator; return how many there are."""
        found = people.holding(self.tx, ADMINISTRATORS, self.today)
        self.tell((person.id for person in found), message)
        return len(found)

    def to_chat(self, channel: str, chat: str, person: int | None, message: Outbound) -> None:
        """Say something in one chat; of telephone numbers only the duty phone is whole."""
        if not message.in_full:
            message = self._masked(message)
        self.letters.append(
            outbox.Letter(
                channel=channel,
                chat=chat,
                person=person,
                body=message.model_dump(mode="json", exclude_defaults=True),
                slot=message.slot,
                is_refresh=message.edit_only,
                ready_at=leaves_at(
                    self.now,
                    self.world.calendar,
                    asked=message.asked,
                    urgent=message.urgent,
                    edit_only=message.edit_only,
                    not_before=message.not_before,
                ),
                useless_after=message.useless_after,
                hold_until=self.elapsed_ms + int(message.hold * 1000) if message.hold else 0,
            )
        )

    def _masked(self, message: Outbound) -> Outbound:
        phone = self.world.policy.desk.phone
        choices = tuple(_relabelled(each, mask_phones(each.label, keep=phone)) for each in message.choices)
        text = mask_phones(message.text, keep=phone)
        if (text, choices) == (message.text, message.choices):
            return message
        return message.model_copy(update={"text": text, "choices": choices})

    def post(self) -> None:
        """Put everything into the outbox."""
        outbox.put(self.tx, self.letters, self.now, self.cause)
        self.letters.clear()

    @property
    def today(self) -> date:
        """The town's day."""
        return local_day(self.now)

    @property
    def setting(self) -> Setting:
        """What cards need beside the record."""
        return Setting(self.world.policy, self.world.villages, self.today)

    @property
    def day_of_duty(self) -> date:
        """The day whose officer is on duty now."""
        return duty.day_of_duty(self.now, self.world.policy.desk.shift_at)

    @cached_property
    def on_duty(self) -> list[Person]:
        """The desk officers at work who can be told something, the one on duty first."""
        return self.on_duty_of(self.day_of_duty)

    def on_duty_of(self, day: date) -> list[Person]:
        """Return the same for another day of duty."""
        chosen = duties.of(self.tx, day)
        away = people.on_leave(self.tx, day)
        desk = self.world.policy.desk
        found = duty.in_turn(day, self._all_officers, desk, chosen.person if chosen else None, away)
        return [officer for officer in found if officer in self.officers]

    @cached_property
    def officers(self) -> list[Person]:
        """Every desk officer who can be told something, also those on leave."""
        return self.reachable(self._all_officers)

    @cached_property
    def _all_officers(self) -> list[Person]:
        return people.holding(self.tx, OFFICERS, self.today)

    def reachable(self, persons: Iterable[Person]) -> list[Person]:
        """Return whoever of them can be told something."""
        known = list(persons)
        accounts = people.accounts_of(self.tx, [person.id for person in known], self.today)
        reached = {account.person for account in accounts}
        return [person for person in known if person.id in reached]


@dataclass
class Context(Outgoing):
    """One message being handled. `person` is whoever speaks, with the posts of the day."""

    inbound: Inbound = field(kw_only=True)
    person: Person = field(kw_only=True)
    conversation: Conversation = field(kw_only=True)
    draw: Callable[[], int] = field(kw_only=True)
    album_wait: float = field(kw_only=True)
    readings: dict[tuple[str, bool, bool], sentence.Reading] = field(default_factory=dict, kw_only=True)
    """What the words handled here say, so that nothing is read twice."""

    @cached_property
    def redacted(self) -> Redacted:
        """The words of the message without numbers of identity papers and bank cards."""
        return redact(self.inbound.text.strip())

    @property
    def words(self) -> str:
        """What is kept of the message's words."""
        return self.redacted.text

    def read(self, words: str, *, as_event: bool = False) -> sentence.Reading:
        """Return what a sentence says, in the villages that it may mean; `as_event`: of no other ledger."""
        key = (words, self.practising, as_event)
        if key not in self.readings:
            self.readings[key] = sentence.read(
                words,
                today=self.today,
                policy=self.world.policy,
                villages=self.villages,
                ledgers=() if as_event or self.practising else [kind for kind in LEDGERS if self.may(kind)],
            )
        return self.readings[key]

    @property
    def practising(self) -> bool:
        """Whether the chat is in 练习村: then nothing said in it is reported."""
        return bool(self.conversation.practice)

    @property
    def villages(self) -> Mapping[str, str]:
        """Code → name of the villages there are: the town's, or only 练习村."""
        return {PRACTICE_VILLAGE: say("practice.village")} if self.practising else self.world.villages

    @property
    def setting(self) -> Setting:
        """What cards need beside the record."""
        return Setting(self.world.policy, self.villages, self.today)

    def reply(self, message: Outbound, *, is_question: bool = True) -> None:
        """Answer in the same chat; its choices become the chat's open question.

        Of what only shows how things are, a button is typed by its label, never by a bare number.
        Whatever is said in 练习村 is marked so, here and nowhere else.
        """
        if self.practising and message.text:
            text = say("practice.marked", text=message.text)
            message = message.model_copy(update={"text": text})
        if message.choices:
            choices = tuple((choice.label, choice.payload) for choice in message.choices)
            self.open(choices=choices, takes_ordinals=is_question)
        self.to_chat(
            self.inbound.channel,
            self.inbound.chat,
            self.person.id,
            message.model_copy(update={"asked": True}),
        )

    def answer_tap(self) -> None:
        """Let the tapped button rest, together with what is said in its chat if anything is."""
        here = (self.inbound.channel, self.inbound.chat)
        for letter in reversed(self.letters):
            if (letter.channel, letter.chat) == here and letter.body.get("text") and not letter.is_refresh:
                letter.body["tap"] = self.inbound.tap
                return
        self.reply(Outbound(tap=self.inbound.tap))

    def say(self, text_id: str, *choices: Choice, **values: object) -> None:
        """Answer with one text."""
        self.reply(Outbound(text=say(text_id, **values), choices=choices))

    def toast(self, text_id: str, *, alert: bool = False, **values: object) -> None:
        """Answer a tap with a short notice; who typed instead of tapping reads it as a message."""
        text = say(text_id, **values)
        if self.inbound.tap:
            self.reply(Outbound(toast=text, tap=self.inbound.tap, alert=alert))
        else:
            self.reply(Outbound(text=text))

    @property
    def is_fresh(self) -> bool:
        """Whether the open question was put a moment ago: an old one is not answered by chance."""
        asked_at = self.conversation.asked_at
        return bool(asked_at) and self.now - datetime.fromisoformat(asked_at) <= ANSWERED_WITHIN

    def may(self, verb: str, subject: Subject | None = None) -> bool:
        """Tell whether who speaks may do that."""
        return may(self.person, verb, subject)

    def open(self, **changes: object) -> None:
        """Change what the chat is about."""
        asked_at = self.now.isoformat()
        self.conversation = replace(self.conversation, asked_at=asked_at, **changes)  # type: ignore[arg-type]  # dataclass fields


def _relabelled(each: Choice, label: str) -> Choice:
    return each if label == each.label else each.model_copy(update={"label": label})


def choice(
    label_id: str, payload: str, *, primary: bool = True, wide: bool = False, **values: object
) -> Choice:
    """Return a choice with its label from the texts."""
    return Choice(label=say(label_id, **values), payload=payload, primary=primary, wide=wide)
