"""Somebody unknown writes: an invitation's code, then the last four digits of the roster's phone."""

import hmac
from datetime import timedelta

from wangge.handlers import menu, practice
from wangge.handlers.context import Outgoing
from wangge.handlers.message import Inbound, Outbound
from wangge.handlers.roster import posts_text
from wangge.rules.rights import Person
from wangge.storage import conversations, people
from wangge.texts import say

MOST_TRIES = 5
TOLD = 5
"""How many of those who joined last the administrator reads at once."""
TRIES_WITHIN = timedelta(hours=1)


def answer(outgoing: Outgoing, message: Inbound) -> None:
    """Answer somebody through whose account nobody on the roster speaks."""
    tries = people.wrong_tries_since(
        outgoing.tx, message.channel, message.account, outgoing.now - TRIES_WITHIN
    )
    if tries >= MOST_TRIES:
        _reply(outgoing, message, say("join.too_many"))
        return
    code = _code(message)
    if code:
        _begin(outgoing, message, code)
        return
    waiting = conversations.load_stranger(outgoing.tx, message.channel, message.chat)
    if waiting and message.sort == "text":
        _check(outgoing, message, waiting)
    else:
        _reply(outgoing, message, say("join.unknown", town=outgoing.world.policy.town.name))


def _code(message: Inbound) -> str:
    words = message.text.split()
    return words[1] if message.sort == "text" and len(words) == 2 and words[0] == "/start" else ""


def _begin(outgoing: Outgoing, message: Inbound, code: str) -> None:
    if people.invited(outgoing.tx, code, outgoing.now) is None:
        people.add_wrong_try(outgoing.tx, message.channel, message.account, outgoing.now)
        _reply(outgoing, message, say("join.bad_code"))
        return
    conversations.save_stranger(outgoing.tx, message.channel, message.chat, code)
    _reply(outgoing, message, say("join.ask_digits", town=outgoing.world.policy.town.name))


def _check(outgoing: Outgoing, message: Inbound, code: str) -> None:
    tx = outgoing.tx
    person_id = people.invited(tx, code, outgoing.now)
    if person_id is None:
        _reply(outgoing, message, say("join.bad_code"))
        return
    digits = people.phone_of(tx, person_id)[-4:]
    if not hmac.compare_digest(message.text.strip().encode(), digits.encode()):
        people.add_wrong_try(tx, message.channel, message.account, outgoing.now)
        _reply(outgoing, message, say("join.wrong_digits"))
        return
    person = people.by_id(tx, person_id, outgoing.today)
    if person is None or not person.posts or not people.use_invitation(tx, code, outgoing.now):
        _reply(outgoing, message, say("join.bad_code"))
        return
    people.link_account(tx, message.channel, message.account, message.chat, person.id, outgoing.now)
    conversations.forget_stranger(tx, message.channel, message.chat)
    _welcome(outgoing, message, person)


def _welcome(outgoing: Outgoing, message: Inbound, person: Person) -> None:
    for first in (menu.greeting(outgoing, person, is_first=True), *practice.offer(person)):
        answer = first.model_copy(update={"asked": True})
        outgoing.to_chat(message.channel, message.chat, person.id, answer)
    joined = people.last_joined(outgoing.tx, TOLD, outgoing.today)
    named = [say("join.one", name=one.name, posts=posts_text(outgoing.world, one)) for one in joined]
    text = say("join.told", joined="\n".join(named))
    outgoing.tell_administrators(Outbound(text=text, slot=f"joined:{outgoing.today:%Y%m%d}"))


def _reply(outgoing: Outgoing, message: Inbound, text: str) -> None:
    outgoing.to_chat(message.channel, message.chat, None, Outbound(text=text, asked=True))
