"""Tell the administrator, in chat, that something is wrong with the bot: once a day and kind."""

import structlog

from wangge.bot.health import AT_ONCE
from wangge.handlers.context import Outgoing
from wangge.handlers.message import Outbound
from wangge.storage import jobs
from wangge.texts import say

log = structlog.get_logger()


def raise_alarm(outgoing: Outgoing, kind: str, **values: object) -> bool:
    """Tell every administrator the sentence `alarm.<kind>`; False if that was done today."""
    log.warning("alarm_raised", kind=kind)
    if not jobs.claim(outgoing.tx, "alarm", kind, f"{outgoing.today:%Y%m%d}", "told", outgoing.now):
        return False
    message = Outbound(
        text=say(f"alarm.{kind}", **values),
        urgent=kind in AT_ONCE,
        slot=f"alarm:{kind}",  # of a long weekend's only the last is told
        anew=True,
    )
    outgoing.tell_administrators(message)
    return True
