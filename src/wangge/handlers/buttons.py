"""The buttons of an event: what the loop allows in its state, of what its reader does.

A button carries no right; the acts behind it are checked when it is tapped.
"""

from collections.abc import Sequence

from wangge.handlers import event_cards
from wangge.handlers.context import Outgoing, choice
from wangge.handlers.event_cards import Audience
from wangge.handlers.message import Choice
from wangge.rules import duty
from wangge.rules.loop import FOR_UPPER, UNACCEPTED, allowed
from wangge.rules.rights import HANDLERS, Person
from wangge.storage import people, records, requests
from wangge.storage.records import Stored

FRONT: dict[Audience, tuple[str, ...]] = {
    "desk": ("assign", "return", "not_grid", "close", "redo", "resume"),
    "holder": ("begin", "finish", "hand_back"),
    "reporter": ("answer", "supplement", "amend", "withdraw"),
    "leader": ("supervise", "instruct"),
    "helper": ("supplement",),
    "checker": ("confirm", "deny"),
    "former": (),
}
"""What each reader does with an event, on its card, where the loop allows it."""
BEHIND: dict[Audience, tuple[str, ...]] = {
    "desk": (
        "merge",
        "add_helper",
        "ask_check",
        "ask_extend",
        "ask_suspend",
        "escalate",
        "petition",
        "reopen",
        "note",
    ),
    "holder": ("hand_on", "add_helper", "ask_extend", "note"),
    "reporter": (),
    "leader": (),
    "helper": (),
    "checker": (),
    "former": (),
}
"""What stands behind 更多."""
HIDDEN = {
    ("supplement", "reported"),
    ("supplement", "returned"),
    ("supplement", "reopened"),
    ("amend", "returned"),
    ("close", "accepted"),
    ("finish", "assigned"),
}
"""Allowed, and offered by words only: another button is the better one."""
LABELS = {"assign": "button.assign_other", "confirm": "button.fixed", "deny": "button.not_fixed"}


def candidates(outgoing: Outgoing, record: Stored) -> list[Person]:
    """Return who may be given an event of that place: the usual one first, then by post.

    For whoever is on leave stands the substitute, in the same place of the order.
    """
    away = people.on_leave(outgoing.tx, outgoing.today)
    found = people.covering(outgoing.tx, record.area, HANDLERS, outgoing.today)
    at_hand = [person.id for person in found if duty.present([person], away, found)]
    usual = records.usual_holder(outgoing.tx, record.area, record.klass, at_hand)
    order: dict[str, int] = {"village_cadre": 1, "stationed_cadre": 2, "grid_worker": 3, "area_leader": 4}
    by_order = sorted(
        found,
        key=lambda person: (
            person.id != usual,
            duty.acting(person.id, away) == record.author,
            min((order.get(post.role, 5) for post in person.posts), default=5),
            person.staff_no,
        ),
    )
    return duty.present(by_order, away)


def choices(outgoing: Outgoing, record: Stored, audience: Audience, reader: int) -> tuple[Choice, ...]:
    """Return the buttons that fit the reader and the state; rights are checked when one is tapped."""
    acts = _acts(outgoing, record, audience, reader)
    if audience == "leader":
        return (*acts, choice("button.unmask", f"unmask:{record.id}:0"))
    if audience in {"desk", "holder"} and event_cards.view(outgoing, record).files:
        return (*acts, choice("button.files", f"files:{record.id}:0"))
    return acts


def is_withdrawable(record: Stored) -> bool:
    """Tell whether its author may take it back: not if others have reported the same."""
    return not record.whose("reporter") - {record.author}


def _is_his(verb: str, record: Stored, reader: int) -> bool:
    """Tell whether an act is for this one of those who reported it: its words are its author's."""
    if verb == "withdraw" and not is_withdrawable(record):
        return False
    return verb not in {"amend", "withdraw"} or reader == record.author


def _acts(outgoing: Outgoing, record: Stored, audience: Audience, reader: int) -> tuple[Choice, ...]:
    """Return the buttons on the card itself: what the loop allows, of what this reader does first."""
    at = f"{record.id}:{record.version}"
    found, state = _first(outgoing, record, audience, at), record.state
    found += [
        choice(LABELS.get(verb, f"button.{verb}"), f"{verb}:{at}", wide=verb == "close")
        for verb in FRONT[audience]
        if allowed(verb, state) and (verb, state) not in HIDDEN and _is_his(verb, record, reader)
    ]
    if audience == "desk" and state in {"done", "escalated"}:
        found.insert(1, choice("button.other_outcome", f"close:{record.id}.other:{record.version}"))
    if audience == "reporter" and record.urgency == "critical" and state == "reported":
        found = [choice("button.supplement", f"supplement:{at}")]
        if _is_his("withdraw", record, reader):
            found.append(choice("button.false_alarm", f"withdraw:{record.id}.r1:{record.version}"))
    if BEHIND[audience] and any(allowed(verb, state) for verb in BEHIND[audience]):
        found.append(choice("button.more", f"open:{record.id}:0"))
    return tuple(found)


def more(outgoing: Outgoing, record: Stored, audience: Audience, reader: int) -> tuple[Choice, ...]:
    """Return the buttons of an event that is opened: whatever this reader may do with it now."""
    at = f"{record.id}:{record.version}"
    acts = _acts(outgoing, record, audience, reader)
    front = tuple(each for each in acts if not each.payload.startswith("open:"))
    behind = [
        choice(f"button.{verb}", f"{verb}:{at}") for verb in BEHIND[audience] if allowed(verb, record.state)
    ]
    if audience == "leader":
        return (*front, choice("button.unmask", f"unmask:{record.id}:0"))
    if audience == "desk" and record.state in FOR_UPPER:
        behind += _upper(record, at)
    has_files = event_cards.view(outgoing, record).files
    return (*front, *behind, *([choice("button.files", f"files:{record.id}:0")] if has_files else []))


def _upper(record: Stored, at: str) -> list[Choice]:
    """Return the buttons for the upper platform (上级平台); a number once given can be put right."""
    label = "button.enter_again" if record.upper == "entered" else "button.enter"
    found = [choice("button.copy", f"copy:{record.id}:0"), choice(label, f"enter:{at}")]
    if record.upper is None:
        found.append(choice("reason.enter.1", f"enter:{record.id}.r1:{record.version}"))
    return found


def _first(outgoing: Outgoing, record: Stored, audience: Audience, at: str) -> list[Choice]:
    """Return what stands before all others: what somebody waits for, or the usual way on."""
    if audience in {"reporter", "helper", "checker", "former"}:
        return []
    asked = requests.open_of(outgoing.tx, record.id) if record.version > 1 else []
    if audience == "leader":
        return [
            choice(f"button.grant_{each.kind}", f"{each.kind}:{at}", wide=True)
            for each in asked
            if each.kind in requests.CONSENTS and allowed(each.kind, record.state)
        ] + ([choice("button.refuse", f"refuse:{at}")] if _waits_for_consent(asked, record) else [])
    found: list[Choice] = []
    is_order = any(each.kind in requests.ORDERS and each.state == "open" for each in asked)
    if is_order and (audience == "holder" or (audience == "desk" and not record.holder)):
        found.append(choice("button.acknowledge", f"acknowledge:{at}", wide=True))
    if audience == "desk" and record.state in UNACCEPTED | {"accepted"}:
        found += _usual_way(outgoing, record, at)
    return found


def _waits_for_consent(asked: Sequence[requests.Request], record: Stored) -> bool:
    return allowed("refuse", record.state) and any(each.kind in requests.CONSENTS for each in asked)


def _usual_way(outgoing: Outgoing, record: Stored, at: str) -> list[Choice]:
    is_new = record.state in UNACCEPTED
    usual = next(iter(candidates(outgoing, record)), None)
    first = (
        [choice("button.reached", f"accept:{at}", wide=True)]
        if is_new and record.urgency == "critical"
        else []
    )
    if usual:
        label = "button.accept_assign" if is_new else "button.assign_usual"
        payload = f"assign:{record.id}.p{usual.id}:{record.version}"
        first.append(choice(label, payload, wide=True, name=usual.name[:12]))
    return first
