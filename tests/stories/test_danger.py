"""Danger files itself, at any hour."""

from datetime import datetime
from pathlib import Path

from tests.office import Office, open_office
from tests.stories.telling import matches_golden

from wangge.rules.calendar import TOWN_ZONE

TWO_AT_NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=TOWN_ZONE)


async def test_danger_at_two_at_night_with_nobody_answering(template: Path, tmp_path: Path) -> None:
    """Filed before any question; the next officer is told after five minutes, and the reporter too."""
    async with open_office(template, tmp_path / "data", TWO_AT_NIGHT) as here:
        reporter, first, second = await here.person(1), await here.person(45), await here.person(46)
        leader, cadre = await here.person(41), await here.person(17)
        await reporter.says("老李家小子又犯病了，拿着棍，快来人")
        assert "已报特急" in (await reporter.last()).words
        assert [message for message in await first.screen() if message.from_bot]
        assert not [message for message in await second.screen() if message.from_bot]
        await here.town.forward(minutes=5)
        assert "1124-101" in (await second.last()).words
        assert "值班员还没有回应" in (await reporter.last()).words
        await reporter.says("人往村东头跑了")
        await second.taps("接到")
        await here.town.forward(minutes=30)
        await second.taps("指派 何二牛")
        assert "已派给" in (await leader.last()).words
        assert "派给您" in (await cadre.last()).words
        await matches_golden(here, "danger_at_night", with_times=True)


async def test_false_alarm(here: Office) -> None:
    """误报，撤回 takes it back with one tap, everywhere; nobody is rung any more."""
    reporter, officer = await here.person(2), await here.person(45)
    leader = await here.person(41)
    await reporter.says("卫生室那边好像着火了")
    await reporter.taps("误报，撤回")
    await here.town.forward(minutes=10)
    assert "撤回" in (await officer.last()).words
    assert "撤回" in (await leader.last()).words
    await matches_golden(here, "false_alarm")


async def test_more_words_reach_the_desk(here: Office) -> None:
    """补充情况, photos and positions join the danger that is filed already."""
    await here.person(45)
    reporter = await here.person(3)
    await reporter.says("有人落水了，在河滩")
    await reporter.taps("补充情况")
    await reporter.says("已经拉上来了，人清醒")
    await reporter.sends_location(35.64, 111.45)
    await reporter.sends_photo()
    await matches_golden(here, "danger_supplemented")


async def test_words_in_pieces_are_one_event(here: Office) -> None:
    """Whoever calls for help writes in pieces; the desk is told each, under one number."""
    reporter, officer = await here.person(4), await here.person(45)
    await reporter.says("快来人")
    await reporter.says("河滩那边有人落水")
    await reporter.says("穿红衣服")
    await reporter.taps("是新的事")
    assert "1123-102" not in "\n".join(message.words for message in await officer.screen())
    await matches_golden(here, "danger_in_pieces")
