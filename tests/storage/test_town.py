"""Areas, policy, jobs, due things, timers, marks, files; and that personal text is unreadable at rest."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from tests.storage.rows import DAY, MINUTE, NOW, TODAY, add_person, digits, letter, new_draft, new_event

from wangge.storage import areas, conversations, files, inbox, jobs, outbox, records
from wangge.storage.database import Database, Transaction
from wangge.storage.files import FileStore
from wangge.storage.ledger import metadata
from wangge.storage.seal import Seal, make_key, read_key


async def test_areas_are_stored_and_renamed_and_the_change_is_seen(database: Database) -> None:
    def work(tx: Transaction) -> None:
        rows = [
            {"code": f"99010100120{n}", "name": f"{n}村", "parent": "990101001", "level": "village"}
            for n in (2, 1)
        ]
        assert areas.save_areas(tx, rows) == 2
        before = areas.versions(tx)
        areas.save_areas(tx, [{**rows[0], "name": "新村"}])
        assert areas.versions(tx) != before
        assert areas.names(tx, "990101001") == {"990101001201": "1村", "990101001202": "新村"}
        assert areas.names(tx, "", "town") == areas.names(tx, "990102") == {}

    await database.transaction(work)


async def test_a_policy_is_a_numbered_version(database: Database) -> None:
    def work(tx: Transaction) -> None:
        assert areas.versions(tx)[0] == 0
        assert [areas.add_policy(tx, body, NOW) for body in ('{"a": 1}', '{"a": 2}')] == [1, 2]
        assert [areas.policy_body(tx, version)["a"] for version in (1, 2)] == [1, 2]
        assert areas.versions(tx)[0] == 2

    await database.transaction(work)


async def test_a_job_is_asked_for_once_and_set_aside_after_its_attempts(database: Database) -> None:
    def work(tx: Transaction) -> None:
        assert [jobs.put(tx, "fetch", "fetch:1", {"attachment": 1}, NOW) for _ in range(2)] == [True, False]
        jobs.put(tx, "purge", "purge:1", {}, NOW)
        job = jobs.take(tx, 0)
        assert job and (job.kind, job.arguments) == ("fetch", {"attachment": 1})
        assert not jobs.retry_later(tx, job, 1000, counts=False)
        found = jobs.take(tx, 999)
        assert found and found.kind == "purge"
        jobs.mark_done(tx, found)
        for attempt in range(jobs.ATTEMPTS):
            again = jobs.take(tx, 1000)
            assert again and again.attempts == attempt
            assert jobs.retry_later(tx, again, 1000, counts=True) is (attempt == jobs.ATTEMPTS - 1)
        assert jobs.take(tx, 10**15) is None and jobs.count_open(tx) == 0

    await database.transaction(work)


async def test_a_job_belongs_to_who_has_taken_it_until_he_is_silent_for_too_long(database: Database) -> None:
    def work(tx: Transaction) -> None:
        jobs.put(tx, "purge", "purge:1", {}, NOW)
        jobs.put(tx, "fetch", "fetch:1", {}, NOW)
        taken = jobs.take(tx, 0, but=["fetch"])
        assert taken and taken.kind == "purge"
        assert jobs.take(tx, 0, but=["fetch"]) is None
        again = jobs.take(tx, jobs.LEASE_MS, but=["fetch"])
        assert again == taken
        jobs.mark_done(tx, again)
        with pytest.raises(jobs.DoneAlready):
            jobs.mark_done(tx, taken)

    await database.transaction(work)


async def test_the_only_process_waits_for_nobody_after_its_start(database: Database) -> None:
    def work(tx: Transaction) -> None:
        jobs.put(tx, "purge", "purge:1", {}, NOW)
        assert jobs.take(tx, 0) and jobs.take(tx, 1) is None
        jobs.free_all(tx)
        assert jobs.take(tx, 1)

    await database.transaction(work)


async def test_old_drafts_are_dropped_and_forgotten_and_can_still_be_loaded(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        made = {
            state: conversations.open_draft(tx, new_draft(person, state=state, asked="what"))
            for state in ("open", "dropped", "filed")
        }
        conversations.drop_old(tx, NOW)
        assert [conversations.draft(tx, draft.id) for draft in made.values()] == list(made.values())
        conversations.drop_old(tx, NOW + MINUTE)
        found = {state: conversations.draft(tx, draft.id) for state, draft in made.items()}
        assert found["filed"] == made["filed"]
        for state in ("open", "dropped"):
            forgotten = found[state]
            assert forgotten and (forgotten.state, forgotten.values, forgotten.asked) == ("dropped", {}, None)

    await database.transaction(work)


async def test_a_due_thing_is_decided_once(database: Database) -> None:
    def work(tx: Transaction) -> None:
        assert [jobs.claim(tx, "digest", "1", "20261123", "asked", NOW) for _ in range(2)] == [True, False]
        assert jobs.claim(tx, "digest", "1", "20261130", "asked", NOW)
        assert jobs.is_decided(tx, "digest", "1", "20261123")
        assert not jobs.is_decided(tx, "digest", "2", "20261123")

    await database.transaction(work)


async def test_a_timer_rings_at_its_time_and_moves(database: Database) -> None:
    def work(tx: Transaction) -> None:
        record, _ = records.save(tx, new_event(add_person(tx)), digits(), TODAY)
        jobs.set_timer(tx, record.id, "answer", NOW)
        assert jobs.ringing(tx, NOW - MINUTE) == []
        assert jobs.ringing(tx, NOW) == [(record.id, "answer", NOW, 0)]
        jobs.set_timer(tx, record.id, "answer", NOW + DAY, 1)
        assert jobs.ringing(tx, NOW) == []
        assert jobs.ringing(tx, NOW + DAY) == [(record.id, "answer", NOW + DAY, 1)]
        jobs.stop_timer(tx, record.id, "answer")
        assert jobs.ringing(tx, NOW + DAY) == []

    await database.transaction(work)


async def test_a_mark_is_one_value_under_one_name(database: Database) -> None:
    def work(tx: Transaction) -> None:
        assert jobs.mark(tx, "link") is None
        for value in ("a", "b"):
            jobs.set_mark(tx, "link", value)
        assert jobs.mark(tx, "link") == "b"

    await database.transaction(work)


async def test_attachments_follow_their_draft_into_its_record(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        draft = conversations.open_draft(tx, new_draft(person))
        one = files.attach(tx, "photo", {"key": "k"}, NOW, draft=draft.id, record=None)
        two = files.attach(tx, "voice", {"key": "l"}, NOW, draft=draft.id, record=None)
        record, _ = records.save(tx, new_event(person), digits(), TODAY)
        files.hand_over(tx, draft.id, record.id)
        assert [each.id for each in files.attached(tx, record=record.id)] == [one, two]
        assert len(files.attached(tx, draft=draft.id)) == 2
        files.mark_stored(tx, one, "a" * 64, "image/jpeg", 3, NOW)
        files.mark_stored(tx, one, "a" * 64, "image/jpeg", 3, NOW)
        files.mark_refused(tx, two)
        assert (files.attachment(tx, one).state, files.attachment(tx, one).file) == ("stored", "a" * 64)
        assert files.attachment(tx, two).state == "refused" and files.attachment(tx, two).source == {
            "key": "l"
        }

    await database.transaction(work)


def test_a_file_is_named_by_its_content_and_sealed(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files", Seal(bytes(32)))
    name = store.write(b"photo")
    assert store.write(b"photo") == name and store.read(name) == b"photo"
    on_disk = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert len(on_disk) == 1 and b"photo" not in on_disk[0].read_bytes()


def test_a_seal_opens_what_it_closed_and_nothing_else(tmp_path: Path) -> None:
    for _ in range(2):
        make_key(tmp_path / "key")  # the second time leaves it alone
    seal, other = read_key(tmp_path / "key"), Seal(bytes(32))
    closed = seal.close_json({"name": "李二牛"})
    assert seal.open_json(closed) == {"name": "李二牛"} and closed != seal.close_json({"name": "李二牛"})
    assert seal.mark("1") == seal.mark("1") != other.mark("1")
    for wrong in (closed[:-1], closed[:20] + bytes([closed[20] ^ 1]) + closed[21:]):
        with pytest.raises(InvalidTag):
            seal.open(wrong)
    with pytest.raises(InvalidTag):
        other.open(closed)
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


async def test_no_personal_word_lies_readable_in_any_table(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        inbox.add(tx, [("telegram", "1", "7", {"text": "灯不亮了"})], NOW)
        outbox.put(tx, [letter("灯不亮了", person=person)], NOW)
        draft = conversations.open_draft(tx, new_draft(person))
        said = conversations.Conversation(choices=(("李二牛", "x"),), words="灯不亮了")
        conversations.save(tx, "telegram", "7", person, said)
        record, _ = records.save(tx, new_event(person), digits(), TODAY)
        records.change(tx, record, "return", person, NOW, reason="李二牛家在哪", state="returned")
        files.attach(tx, "document", {"name": "李二牛.pdf"}, NOW, draft=draft.id, record=None)
        jobs.put(tx, "roster_read", "roster_read:1", {"name": "李二牛.xlsx"}, NOW)
        for table in metadata.sorted_tables:
            for row in tx.execute(select(table)):
                found = " ".join(value.hex() if isinstance(value, bytes) else str(value) for value in row)
                for word in ("李二牛", "灯不亮", "13800000001"):
                    assert word not in found and word.encode().hex() not in found, table.name

    await database.transaction(work)
