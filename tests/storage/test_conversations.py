"""What is open in a chat, and drafts: rows that survive everything."""

from dataclasses import replace

from tests.storage.rows import DAY, MINUTE, NOW, add_person, new_draft

from wangge.storage import conversations
from wangge.storage.conversations import Conversation
from wangge.storage.database import Database, Transaction


async def test_what_a_chat_is_about_comes_back_as_it_was(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        assert conversations.load(tx, "telegram", "7") == Conversation()
        said = Conversation(
            draft=3, choices=(("上报", "file:3:0"),), about="finish:1:2", words="好了", misses=1
        )
        for each in (said, replace(said, draft=None, choices=())):
            conversations.save(tx, "telegram", "7", person, each)
            assert conversations.load(tx, "telegram", "7") == each
        assert conversations.load(tx, "telegram", "8") == Conversation()

    await database.transaction(work)


async def test_a_stranger_is_remembered_until_he_is_known(database: Database) -> None:
    def work(tx: Transaction) -> None:
        assert conversations.load_stranger(tx, "telegram", "7") == ""
        conversations.save_stranger(tx, "telegram", "7", "old")
        conversations.save_stranger(tx, "telegram", "7", "new")
        assert conversations.load_stranger(tx, "telegram", "7") == "new"
        conversations.forget_stranger(tx, "telegram", "7")
        assert conversations.load_stranger(tx, "telegram", "7") == ""

    await database.transaction(work)


async def test_a_draft_comes_back_as_it_was_and_each_change_is_a_version(database: Database) -> None:
    def work(tx: Transaction) -> None:
        asked = new_draft(
            add_person(tx),
            values={"what": "灯不亮了", "households": ["甲家", "乙家"], "position": {"latitude": 1.5}},
            guessed=frozenset({"category"}),
            asked="village",
            trail=("what",),
            offered=("990101001201",),
        )
        stored = conversations.open_draft(tx, asked)
        assert stored == replace(asked, id=stored.id) == conversations.draft(tx, stored.id)
        changed = conversations.save_draft(tx, replace(stored, asked=None), NOW + MINUTE)
        assert (changed.version, changed.touched_at) == (2, NOW + MINUTE)
        assert conversations.draft(tx, stored.id) == changed
        assert conversations.draft(tx, 10**12) is None

    await database.transaction(work)


async def test_a_draft_is_found_by_its_message_its_person_and_its_age(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person, other = add_person(tx, "1"), add_person(tx, "2")
        old = conversations.open_draft(tx, new_draft(person, touched_at=NOW - DAY, message="4"))
        new = conversations.open_draft(tx, new_draft(person))
        conversations.open_draft(tx, new_draft(other, chat="8"))
        assert conversations.draft_of_message(tx, "telegram", "7", "5") == new
        assert conversations.draft_of_message(tx, "telegram", "8", "4") is None
        assert conversations.latest_draft(tx, person, NOW - MINUTE) == new
        assert conversations.open_drafts(tx, person) == [new, old]
        assert conversations.unanswered(tx, NOW - MINUTE, NOW - 2 * DAY) == [old]
        conversations.drop_old(tx, NOW - MINUTE)
        assert conversations.open_drafts(tx, person) == [new]
        practised = conversations.open_draft(tx, new_draft(person, is_practice=True))
        assert conversations.latest_draft(tx, person, NOW - MINUTE) == new
        assert conversations.latest_draft(tx, person, NOW - MINUTE, is_practice=True) == practised
        assert conversations.open_drafts(tx, person) == [new]
        waiting = conversations.unanswered(tx, NOW + MINUTE, NOW - 2 * DAY)
        assert [draft for draft in waiting if draft.person == person] == [new]
        meant = conversations.save_draft(tx, replace(practised, is_practice=False), NOW)
        assert conversations.open_drafts(tx, person) == [meant, new]
        conversations.save_draft(tx, replace(meant, state="dropped"), NOW)
        conversations.save_draft(tx, replace(new, state="dropped"), NOW)
        assert conversations.latest_draft(tx, person, NOW - MINUTE) is None

    await database.transaction(work)
