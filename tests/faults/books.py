"""All that is stored of the events of an office, and who was told of them, compared with the office on paper."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select, update
from tests.faults.paper import Paper, is_open, morning_of
from tests.faults.townsfolk import Someone

from wangge.storage import ledger, tables
from wangge.storage.database import seal_of


class Books:
    """Reads the database of an office in which things are done."""

    tx: Connection
    now: datetime
    papers: dict[int, Paper]
    read_until: int = 0

    def check(self, who: Someone, told: set[int], *, is_answered: bool = True) -> None:
        """He has an answer, those are told whom it concerns, and all is stored as it is on paper."""
        said = list(self.letters())
        assert not is_answered or any(no == who.staff_no and text for no, text in said), f"no answer to {who}"
        found = {no for no, text in said if text} - {who.staff_no}
        assert found == told - {who.staff_no}, f"told {found}, and should tell {told}"
        self.compare()

    def letters(self) -> Iterator[tuple[int, str]]:
        """Yield (person, words) of what was said since the last time, edits left out."""
        box, seal = tables.outbox, seal_of(self.tx)
        query = select(box).where(box.c.id > self.read_until).order_by(box.c.id)
        for row in self.tx.execute(query).all():
            self.read_until = row.id
            if row.body is None:
                continue  # a newer one has taken its place
            body = seal.open_json(row.body)
            if body.get("edit_only"):
                continue
            at_once = body.get("asked") or body.get("urgent") or is_open(row.ready_at)
            assert at_once, f"unasked at {row.ready_at}: {body}"
            yield int(row.chat) - 1000, body.get("text", "") or body.get("toast", "")
        self.tx.execute(update(box).where(box.c.state == "waiting").values(state="sent"))

    def compare(self) -> None:
        """Compare all that is stored of the events with what is on paper."""
        stored = {row.id: row for row in self.tx.execute(select(ledger.records))}
        assert stored.keys() == self.papers.keys()
        rows = {name: self.rows_of(name) for name in ("history", "stays", "timers", "requests", "parties")}
        links = {
            row.from_record: row.to_record
            for row in self.tx.execute(select(ledger.links))
            if row.why == "duplicate"
        }
        told = {
            (row.kind, row.subject, row.period)
            for row in self.tx.execute(select(tables.due))
            if "." in row.kind
        }
        known = set()
        for key, paper in self.papers.items():
            self.compare_record(stored[key], paper)
            self.compare_history(rows["history"][key], rows["stays"][key], paper)
            self.compare_timers({row.kind: row.due_at for row in rows["timers"][key]}, paper)
            asked = [
                (r.kind, r.state, r.until)
                for r in rows["requests"][key]
                if r.state != "ended" and r.kind != "sample"
            ]
            assert asked == paper.asked, f"{asked}, {paper}"
            assert {(row.part, row.person) for row in rows["parties"][key]} == paper.parties, paper
            assert links.get(key) == paper.led_by
            known |= {
                (f"{c}.{s}", str(key), f"{at.astimezone(UTC):%Y%m%dT%H%M%S}") for c, s, at in paper.notices
            }
        assert told == known

    def rows_of(self, name: str) -> dict[int, list[Any]]:
        table = ledger.metadata.tables[name]
        found: dict[int, list[Any]] = {key: [] for key in self.papers}
        for row in self.tx.execute(select(table).order_by(*table.primary_key.columns)):
            found[row.record].append(row)
        return found

    def compare_record(self, row: Any, paper: Paper) -> None:
        found = (row.state, row.holder, row.version, row.outcome, row.urgency)
        assert found == (paper.state, paper.holder, paper.version, paper.outcome, paper.urgency), (
            f"{found}: {paper}"
        )
        limits = {"accept": row.accept_by, "start": row.start_by, "finish": row.due_at}
        assert limits == paper.limits, f"{limits}: {paper}"
        assert (row.accepted_at, row.closed_at) == (paper.accepted_at, paper.closed_at), paper

    def compare_history(self, history: list[Any], stays: list[Any], paper: Paper) -> None:
        """One row an act, and stays without a gap, the last of them the present."""
        assert [(row.act, row.actor, row.at) for row in history] == paper.acts
        assert [row.version for row in history] == list(range(1, paper.version + 1))
        counted = ("state", "holder", "outcome", "urgency", "accept_by", "due_at", "grade", "from_at")
        assert [tuple(getattr(row, name) for name in counted) for row in stays] == paper.stays
        assert all(one.to_at == two.from_at for one, two in pairwise(stays))
        assert (stays[-1].to_at, stays[-1].state, stays[-1].holder) == (None, paper.state, paper.holder)

    def compare_timers(self, timers: dict[str, datetime], paper: Paper) -> None:
        """Timers there are of clocks that run, one each, and of what somebody waits for."""
        assert timers.pop("review", None) == (morning_of(paper.review) if paper.review else None), paper
        assert timers.pop("answer", None) == (paper.answer[0] if paper.answer else None), paper
        clocks = {kind.partition(".")[0] for kind in timers}
        assert len(clocks) == len(timers) and clocks <= paper.running().keys(), f"{timers}: {paper}"
        for clock in paper.running():
            schedule = paper.schedule(clock)
            mine = {kind.partition(".")[2]: at for kind, at in timers.items() if kind.startswith(clock)}
            assert mine.items() <= schedule.items(), f"{mine}: {schedule}"
            assert mine or all(at <= self.now for at in schedule.values()), f"no timer of {clock}: {paper}"

    def compare_next(self, paper: Paper) -> None:
        """After a tick no timer is over."""
        query = select(ledger.timers.c.due_at).where(ledger.timers.c.record == paper.id)
        assert all(at > self.now for (at,) in self.tx.execute(query)), paper
