"""When a message may leave: one function for every outgoing row.

Asked messages answer the person's own act or reach the officer on duty and go at
once, and so does 特急. So does the alarm that messages stand still or another program takes
them: at night 特急 would be among them. All else waits for the open hours of a working day.
"""

from datetime import datetime

from wangge.rules.calendar import WorkCalendar


def leaves_at(
    now: datetime,
    calendar: WorkCalendar,
    *,
    asked: bool,
    urgent: bool,
    edit_only: bool,
    not_before: datetime | None,
) -> datetime:
    """Return the town time from which on a message may leave, `now` if it may at once.

    An edit of a message that is already there rings nobody's phone and may go at any hour.
    """
    earliest = max(now, not_before) if not_before else now
    if asked or urgent or edit_only:
        return earliest
    return calendar.next_open(earliest)
