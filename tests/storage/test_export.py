"""The table of a kind's records holds whatever has become of them."""

from tests.storage.rows import DAY, NOW, TODAY, VILLAGE, add_person, digits, new_event

from wangge.records.event import Event
from wangge.reports.export import export_kind
from wangge.storage import records
from wangge.storage.database import Database, Transaction


async def test_what_the_desk_has_noted_beside_the_report_stops_no_export(database: Database) -> None:
    """A petition's number, a grade, a day of review are kept with the words, and are no columns."""

    def work(tx: Transaction) -> None:
        values = {"what": "灯不亮了", "village": VILLAGE, "happened_on": f"{TODAY}"}
        noted = {"petition": "XF-1", "review": f"{TODAY}"}
        records.save(tx, new_event(add_person(tx), values=values | noted), digits(101), TODAY)
        headings, rows = export_kind(tx, Event, VILLAGE, NOW - DAY, NOW + DAY, {})
        assert len(rows) == 1 and len(rows[0]) == len(headings)
        assert "灯不亮了" in rows[0] and "XF-1" not in rows[0]

    await database.transaction(work)
