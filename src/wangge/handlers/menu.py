"""What is not a form: the menu, help, one's own records, leave, complaints and suggestions."""

from wangge.handlers import cards, drafting, practice
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.message import Choice, Outbound
from wangge.handlers.roster import posts_text
from wangge.records.catalogue import CATALOGUE, LEDGERS
from wangge.rules.rights import FIELD, Person, may
from wangge.storage import conversations, records
from wangge.texts import say

PAGE = 5
KEYBOARD = (
    ("board", "word.board"),
    ("digest", "word.digest"),
    ("report", "word.report"),
    ("visit", "word.visit"),
    ("roster", "word.roster"),
    ("figures", "word.figures"),
    ("monthly", "word.monthly"),
    ("mine", "word.mine"),
)
OTHER = (
    "mine",
    "search",
    "figures",
    "monthly",
    "annual",
    "progress",
    "duty",
    "practice",
    "leave",
    "feedback",
)
"""Named in the help without more words."""
MOST_WORDS = 4


def keyboard(person: Person) -> tuple[str, ...]:
    """Return the words of the persistent keyboard: at most four, those of the posts first."""
    words = [say(word) for verb, word in KEYBOARD if may(person, verb)]
    return (*words[: MOST_WORDS - 1], say("word.help"))


def greeting(outgoing: Outgoing, person: Person, *, is_first: bool = False) -> Outbound:
    """Return what somebody reads first; that he reports nothing twice he reads only once, on joining."""
    policy = outgoing.world.policy
    lines = [
        say("greeting", name=person.name, posts=posts_text(outgoing.world, person)),
        *([say("greeting.field")] if person.has(*FIELD) else []),
        *([say("greeting.once")] if person.has(*FIELD) and is_first else []),
        *([say("greeting.rehearsal")] if policy.town.mode == "演练" else []),
    ]
    return Outbound(text="\n".join(lines), keyboard=keyboard(person))


def help_(ctx: Context) -> None:
    """Say what can be done here, and whom to call."""
    ctx.open(misses=0)
    lines = [
        say(f"help.{verb}")
        for verb in ("report", "visit", "board", "digest", "export", "roster")
        if ctx.may(verb)
    ]
    ledgers = [say(f"words.{kind}").split()[0] for kind in LEDGERS if ctx.may(kind)]
    lines += [say("help.ledgers", words="、".join(ledgers))] if ledgers else []
    words = [say(f"words.{verb}").split()[0] for verb in OTHER if ctx.may(verb)]
    lines += [say("help.words", words="、".join(words)), say("help.phone", phone=ctx.world.policy.desk.phone)]
    ctx.reply(Outbound(text="\n".join(lines), keyboard=keyboard(ctx.person)))


def mine(ctx: Context, page: int = 0) -> None:
    """Show one's own records with their state, and the drafts that were never filed."""
    drafts = conversations.open_drafts(ctx.tx, ctx.person.id) if page == 0 else []
    found = records.of_author(ctx.tx, ctx.person.id, None, PAGE + 1, page * PAGE)
    held = records.held_by(ctx.tx, ctx.person.id, ("assigned", "handling")) if page == 0 else []
    choices = [
        *(
            _draft_choice(
                draft.id, draft.values.get(CATALOGUE[draft.kind].main) or say(f"{draft.kind}.label")
            )
            for draft in drafts[:3]
        ),
        *(_record_choice(ctx, record, "mine.held") for record in held[:5]),
        *(_record_choice(ctx, record, "mine.own") for record in found[:PAGE]),
        *([choice("button.previous", f"mine:{page - 1}:0")] if page else []),
        *([choice("button.next", f"mine:{page + 1}:0")] if len(found) > PAGE else []),
        *([choice("button.progress", "progress:0:0")] if ctx.may("progress") else []),
    ]
    text = say("mine" if found or drafts or held else "mine.empty", drafts=len(drafts), held=len(held))
    ctx.reply(Outbound(text=text, choices=tuple(choices), slot="mine", anew=ctx.inbound.sort != "choice"))


def cancel(ctx: Context) -> None:
    """Leave whatever is open: a question, a draft, words an act is waiting for, practice."""
    if ctx.practising:
        practice.leave(ctx)
        return
    draft = conversations.draft(ctx.tx, ctx.conversation.draft) if ctx.conversation.draft else None
    ctx.open(about="", words="", draft=None, choices=())
    if draft and draft.state == "open":
        drafting.cancel(ctx, draft)
    else:
        ctx.reply(Outbound(text=say("cancel.nothing"), keyboard=keyboard(ctx.person)))


def _draft_choice(draft: int, what: str) -> Choice:
    return Choice(label=say("mine.draft", what=cards.brief(what, 16)), payload=f"draft:{draft}:0", wide=True)


def _record_choice(ctx: Context, record: records.Stored, text_id: str) -> Choice:
    is_event = record.kind == "event" or record.state == "withdrawn"
    values = record.values
    label = say(
        text_id,
        number=record.number,
        state=say(f"state.{record.state}" if is_event else f"{record.kind}.label"),
        what=cards.brief("、".join(values.get("households", ())) or values[CATALOGUE[record.kind].main], 10),
    )
    return Choice(label=label[:40].strip(), payload=f"open:{record.id}:0", wide=True)
