"""The bugs that are planted one at a time: what is broken, where, and which tests must see it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """One text of one file, and what stands there instead."""

    name: str
    file: str
    """Under src/wangge."""
    before: str
    after: str
    tests: tuple[str, ...]
    """Files or tests under tests/, as few as will do."""


CRASH_POINTS = "faults/test_crash_points.py::test_a_sentence_becomes_one_event_wherever_the_bot_dies"
FULL_DISK = "faults/test_full_disk.py::test_nothing_of_a_batch_is_found_when_the_disk_fills_in_the_middle"
FIGURES = "storage/test_figures.py"
LEASE = "storage/test_several.py::test_a_lease_is_kept_and_refused_to_others_until_its_time_is_over"
MESSAGES = "storage/test_messages.py"
NETWORK = "faults/test_bad_network.py"
POISON = "faults/test_poison.py"
TOWN = "storage/test_town.py"

DONE_AT_ONCE = """\
        heads = await self.database.transaction(
            lambda tx: inbox.claim_heads(tx, BATCH, self._resting, may_suspect=self.is_owner())
        )
        usual = [head for head in heads if not head.is_suspect]
        suspects = [head for head in heads if head.is_suspect]
        done = [head.id for head in usual]
        await self.database.transaction(lambda tx: inbox.mark_done(tx, done, now))
        failed = await self.database.transaction(lambda tx: self._handle_batch(tx, usual, now))
"""
SENT_AT_ONCE = """\
            early = outbox.Sent(letter, "", self.clock.now())
            await self._remember(self._mark, (chat, [early], False))
            message = await self._try(letter, calendar)
"""
STORED_LATER = """\
        self._offset = _next_offset(raw, self._offset)
        await accept([to_inbound(update) for update in raw])
"""

PLANTS = (
    # What comes in
    Plant(
        "inbox without its UNIQUE",
        "storage/tables.py",
        '    UniqueConstraint("channel", "key"),\n',
        "",
        (f"{MESSAGES}::test_an_update_is_stored_once_per_channel",),
    ),
    Plant(
        "fetched updates acknowledged before the commit",
        "channels/telegram/channel.py",
        """\
        await accept([to_inbound(update) for update in raw])
        self._offset = _next_offset(raw, self._offset)
""",
        STORED_LATER,
        (
            "faults/test_full_disk.py::test_nothing_is_confirmed_while_the_disk_is_full_and_all_of_it_afterwards",
        ),
    ),
    Plant(
        "pushed updates acknowledged before the commit",
        "bot/web.py",
        "            await accept([message])\n",
        "            asyncio.ensure_future(accept([message]))\n",
        ("stories/test_webhook.py::test_what_cannot_be_stored_is_not_acknowledged",),
    ),
    Plant(
        "anybody may push",
        "bot/web.py",
        "if not webhook.is_platform(request.headers):",
        "if False:",
        ("stories/test_webhook.py::test_who_does_not_know_the_secret_or_the_path_gets_nothing_in",),
    ),
    Plant(
        "message done in a commit before its handling",
        "bot/dispatch.py",
        "        usual, suspects, failed = await self.database.transaction(partial(self._handle_usual, now=now))\n",
        DONE_AT_ONCE,
        (CRASH_POINTS,),
    ),
    Plant(
        "no savepoint around each message",
        "bot/dispatch.py",
        "                with savepoint(tx):\n",
        "                if True:\n",
        (f"{POISON}::test_one_poison_among_a_thousand_leaves_999_done",),
    ),
    Plant(
        "attempts of a suspect not counted",
        "bot/dispatch.py",
        "return inbox.is_to_be_handled(tx, head) and not self._count(head, now, tx)",
        "return inbox.is_to_be_handled(tx, head)",
        (f"{POISON}::test_a_message_that_kills_the_process_is_set_aside_after_three_deaths",),
    ),
    # What is stored
    Plant(
        "origin not looked up before a record is stored",
        "storage/records.py",
        "    if known := by_origin(tx, new.origin):\n        return known, False\n",
        "",
        ("storage/test_records.py::test_an_origin_makes_a_record_once",),
    ),
    Plant(
        "records without UNIQUE on their origin",
        "storage/ledger.py",
        'Column("origin", String(60), nullable=False, unique=True)',
        'Column("origin", String(60), nullable=False)',
        ("storage/test_migrations.py::test_migrated_is_what_the_tables_say",),
    ),
    Plant(
        "version of a record not compared",
        "storage/records.py",
        ".where(records.c.id == stored.id, records.c.version == stored.version)",
        ".where(records.c.id == stored.id)",
        ("storage/test_records.py::test_a_change_is_refused_if_the_record_has_changed_since",),
    ),
    Plant(
        "version of a draft's button not compared",
        "handlers/drafting.py",
        "if version != draft.version:",
        "if version < 0:",
        ("stories/test_forgery.py::test_a_button_of_an_earlier_question_answers_no_later_one",),
    ),
    Plant(
        "commit without a look whether it still can",
        "storage/database.py",
        "                check_still_open(connection)\n",
        "",
        ("storage/test_transactions.py::test_an_error_passed_over_is_never_taken_for_a_commit",),
    ),
    Plant(
        "a prepared statement loses the transaction unseen",
        "storage/prepared.py",
        '            if tx.dialect.name == "sqlite" and not driver.in_transaction:\n                tx.invalidate()\n',
        "",
        (FULL_DISK,),
    ),
    Plant(
        "another statement loses the transaction unseen",
        "storage/database.py",
        "            if not driver.in_transaction:\n",
        "            if False:\n",
        (FULL_DISK,),
    ),
    Plant(
        "work that fails takes along what shares its commit",
        "storage/database.py",
        "            outcomes.append(error)\n",
        "            raise\n",
        ("storage/test_sharing.py",),
    ),
    Plant(
        "commits not on the disk before they count",
        "storage/database.py",
        '"synchronous=FULL"',
        '"synchronous=NORMAL"',
        ("storage/test_transactions.py::test_sqlite_has_it_on_the_disk_before_a_commit_counts",),
    ),
    Plant(
        "foreign keys off",
        "storage/database.py",
        '"foreign_keys=ON"',
        '"foreign_keys=OFF"',
        ("storage/test_transactions.py::test_what_refers_to_nothing_is_refused",),
    ),
    # What is said
    Plant(
        "marked as sent before it is sent",
        "bot/delivery.py",
        "            message = await self._try(letter, calendar)\n",
        SENT_AT_ONCE,
        (CRASH_POINTS,),
    ),
    Plant(
        "newest message of a chat first",
        "storage/outbox.py",
        ".over(partition_by=(outbox.c.channel, outbox.c.chat), order_by=outbox.c.id)",
        ".over(partition_by=(outbox.c.channel, outbox.c.chat), order_by=outbox.c.id.desc())",
        (f"{MESSAGES}::test_one_message_a_chat_is_sent_at_a_time_oldest_first",),
    ),
    Plant(
        "a superseded message takes its tap along",
        "storage/outbox.py",
        '        if "tap" in before:\n',
        "        if False:\n",
        (f"{MESSAGES}::test_a_tap_is_answered_though_its_message_is_superseded",),
    ),
    Plant(
        "a change on the way of a message is lost",
        "storage/outbox.py",
        '        outbox.c.body == bindparam("sealed"),\n',
        "",
        (f"{MESSAGES}::test_what_is_brought_up_to_date_on_its_way_is_edited_after",),
    ),
    Plant(
        "429 not heeded",
        "bot/delivery.py",
        "            self._slow_until = max(self._slow_until, elapsed() + error.seconds)\n",
        "",
        (f"{NETWORK}::test_a_storm_of_429_silences_the_bot_for_as_long_as_it_is_told",),
    ),
    Plant(
        "429 not heeded by who stands in line",
        "bot/delivery.py",
        "        if (rest := self._slow_until - elapsed()) > 0:\n            raise SlowDown(rest)",
        "        if (rest := self._slow_until - elapsed()) > 9999:\n            raise SlowDown(rest)",
        (f"{NETWORK}::test_what_waits_for_its_turn_at_the_usual_pace_heeds_a_429_too",),
    ),
    Plant(
        "too late and said all the same",
        "bot/delivery.py",
        "        if letter.useless_after and now > letter.useless_after:\n",
        "        if False:\n",
        (f"{NETWORK}::test_what_is_useless_by_now_or_for_somebody_who_has_left_is_not_said",),
    ),
    Plant(
        "said to people whose posts have ended",
        "bot/delivery.py",
        "        if letter.is_ended:\n",
        "        if False:\n",
        (f"{NETWORK}::test_what_is_useless_by_now_or_for_somebody_who_has_left_is_not_said",),
    ),
    Plant(
        "words not escaped",
        "channels/render.py",
        "html.escape(text, quote=False)",
        "text",
        ("unit/test_render.py",),
    ),
    # What the clock and the rules say
    Plant(
        "open hours forgotten",
        "rules/window.py",
        "return calendar.next_open(earliest)",
        "return earliest",
        ("unit/test_window.py",),
    ),
    Plant(
        "months and weeks begin at midnight UTC",
        "rules/calendar.py",
        "    return moment_of(day, time(0))\n",
        "    return datetime.combine(day, time(0), UTC)\n",
        ("unit/test_calendar.py", "storage/test_figures.py"),
    ),
    Plant(
        "due things without their primary key",
        "storage/tables.py",
        '    Column("period", String(40), primary_key=True),\n    word("decision"),\n',
        '    Column("period", String(40)),\n    word("decision"),\n',
        (f"{TOWN}::test_a_due_thing_is_decided_once",),
    ),
    Plant(
        "a job taken by two",
        "storage/jobs.py",
        'jobs.c.not_before <= bindparam("now_ms"), ',
        "",
        (f"{TOWN}::test_a_job_belongs_to_who_has_taken_it_until_he_is_silent_for_too_long",),
    ),
    # What one of several processes does
    Plant(
        "two hold one lease",
        "storage/leases.py",
        ", where=is_free\n",
        "\n",
        (LEASE,),
    ),
    Plant(
        "a lease never expires",
        "storage/leases.py",
        'or_(leases.c.holder == bindparam("me"), leases.c.until < now)',
        'leases.c.holder == bindparam("me")',
        (LEASE,),
    ),
    Plant(
        "two at work on one chat",
        "storage/inbox.py",
        " if row.is_ours]",
        "]",
        ("storage/test_several.py::test_two_at_once_claim_different_chats_and_each_chat_in_its_order",),
    ),
    Plant(
        "a job done twice",
        "storage/jobs.py",
        'jobs.c.id == job.id, jobs.c.state == "open").values(state="done")',
        'jobs.c.id == job.id).values(state="done")',
        ("storage/test_several.py", "storage/test_town.py"),
    ),
    # Who may do and see what
    Plant(
        "rights reach beyond the area",
        "rules/rights.py",
        "return any(lies_in(subject.area, area) for area in person.areas(*grant.roles))",
        "return True",
        ("unit/test_rights.py",),
    ),
    Plant(
        "a draft of another person opens",
        "handlers/choosing.py",
        "if draft is None or draft.person != ctx.person.id:",
        "if draft is None:",
        ("stories/test_forgery.py::test_other_peoples_things",),
    ),
    Plant(
        "phones shown whole",
        "rules/masking.py",
        'f"{found[1]}****{found[2]}"',
        "found[0]",
        ("unit/test_masking.py",),
    ),
    Plant(
        "the log's handler redacts nothing",
        "bot/log.py",
        "    handler.addFilter(Redacting())\n",
        "",
        ("faults/test_canaries.py",),
    ),
    # Figures
    Plant(
        "a figure reads stays that began after the cut-off",
        "storage/choices.py",
        "where = [stays.c.from_at < _CUTOFF, *_inside(stays, shape)]",
        "where = [*_inside(stays, shape)]",
        (FIGURES,),
    ),
    Plant(
        "another class begins no stay",
        "storage/records.py",
        '{"id", "record", "version", "from_at", "to_at"}',
        '{"id", "record", "version", "from_at", "to_at", "class"}',
        (FIGURES, "faults/test_any_acts.py"),
    ),
    Plant(
        "an extended limit still falls",
        "storage/choices.py",
        "        or_(then.c.to_at.is_(None), then.c.to_at > then.c.due_at),\n",
        "",
        (FIGURES,),
    ),
    Plant(
        "a percentage is rounded",
        "reports/figures.py",
        "return 100 * self.value // self.base",
        "return round(100 * self.value / self.base)",
        ("unit/test_digest.py",),
    ),
    Plant(
        "the hash leaves out the records",
        "reports/closing.py",
        ", row.definition, sorted(row.records.items())]",
        ", row.definition]",
        ("storage/test_closing.py",),
    ),
    Plant(
        "a late change of a closed month is not told",
        "reports/closing.py",
        "if holds[record] != before[name][record]:",
        "if False:",
        ("storage/test_closing.py",),
    ),
    Plant(
        "the digest without its comparison",
        "texts/reports.py",
        "新增{valid}（上周{valid_before}）",
        "新增{valid}（上周{valid}）",
        ("unit/test_digest.py",),
    ),
)
