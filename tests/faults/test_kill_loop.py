"""I1, I2 in short: a dozen kills, and the control that must lose what ours keeps. The long one is slow/."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from tests.faults.kills import Campaign, Control, Ours, all_acknowledged, at_work, table

SEED = 20261123


async def test_a_dozen_kills_lose_nothing_and_double_nothing(
    template: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    campaigns = [
        Campaign(Ours(template), 20, 8, SEED, tmp_path / "polling"),
        Campaign(Ours(template, webhook=True), 5, 4, SEED, tmp_path / "webhook"),
    ]
    tallies = await asyncio.gather(*(campaign.run() for campaign in campaigns))
    record_property("printed", table(tallies))
    assert sum(tally.kills for tally in tallies) == 12
    assert all(tally.lost == 0 and tally.set_aside == 0 and tally.confirmed for tally in tallies)


async def test_a_hundred_acknowledged_messages_survive_a_kill_here_and_not_with_the_control(
    template: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Killed at the very moment at which the platform has forgotten a batch of a hundred."""

    def campaign(bot: Ours | Control, kills: int) -> Campaign:
        return Campaign(bot, 100, kills, SEED, tmp_path / bot.name, moment=all_acknowledged, is_short=True)

    ours = await campaign(Ours(template), 1).run()
    control = await campaign(Control(), 3).run()  # once it had answered a whole batch before its death
    record_property("printed", table([ours, control]))
    assert (ours.acknowledged >= 100, ours.lost, ours.confirmed) == (True, 0, 100)
    assert control.acknowledged >= 100 and control.unanswered > 0


async def test_a_polite_stop_in_the_middle_loses_nothing_and_says_nothing_twice(
    template: Path, tmp_path: Path
) -> None:
    """I5 with a small backlog; slow/ has the thousand and the eight seconds."""
    campaign = Campaign(
        Ours(template), 100, 2, SEED, tmp_path / "town", at_work, signal.SIGTERM, is_short=True
    )
    tally = await campaign.run()
    assert (tally.lost, tally.said_twice, tally.confirmed) == (0, 0, 100)
