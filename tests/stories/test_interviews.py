"""Step by step, for whoever would rather be asked: back, skip and cancel anywhere."""

from tests.office import Office
from tests.stories.telling import matches_golden


async def test_report_by_interview(here: Office) -> None:
    """Whoever has several villages is asked for the village, then sees the card."""
    cadre = await here.person(33)
    await cadre.says("上报事件")
    await cadre.says("机井的闸刀漏电，浇地的人不敢碰")
    await cadre.taps("西桥村")
    await cadre.taps("上报")
    await matches_golden(here, "report_by_interview")


async def test_back_cancel_and_words_beside_the_question(here: Office) -> None:
    """Back asks the question before; a greeting beside the point is answered and destroys nothing."""
    cadre = await here.person(33)
    await cadre.says("/report")
    await cadre.says("你好")
    await cadre.says("桥头的坑越来越大")
    await cadre.says("上一步")
    await cadre.says("桥头和渠边两个坑越来越大")
    await cadre.says("南桥")
    await cadre.taps("‹ 上一步")
    await cadre.says("取消")
    await cadre.says("取消")
    await cadre.says("我的")
    await matches_golden(here, "interview_back_and_cancel")


async def test_cancel_of_a_field_keeps_the_card(here: Office) -> None:
    """取消 and 上一步 on a question opened from the card lead back to the card."""
    reporter = await here.person(1)
    await reporter.says("羊倌的羊把麦苗啃了")
    await reporter.taps("改一改")
    await reporter.taps("日期")
    await reporter.says("八月十五")
    await reporter.says("取消")
    await reporter.says("上一步")
    await reporter.taps("地点")
    await reporter.says("上一步")
    await reporter.taps("不是上报")
    await matches_golden(here, "cancel_of_a_field")


async def test_visit_by_interview(here: Office) -> None:
    """Village, households, one line; then the card, with the exceptions as buttons."""
    cadre = await here.person(33)
    await cadre.says("记走访")
    await cadre.taps("东桥村")
    await cadre.says("张家、老李家")
    await cadre.taps("都好")
    await cadre.taps("有人不在")
    await cadre.taps("老李家")
    await cadre.taps("选好了")
    await cadre.taps("保存")
    await cadre.says("走访")
    await cadre.says("东桥村")
    await cadre.taps("老李家")
    await cadre.taps("张家")
    await cadre.taps("✓ 老李家")
    await cadre.taps("选好了")
    await cadre.says("说孩子上学远")
    await cadre.taps("改一改")
    await cadre.taps("日期")
    await cadre.says("3-12")
    await cadre.says("上周五")
    await cadre.taps("保存")
    await matches_golden(here, "visit_by_interview")


async def test_danger_goes_before_any_question(here: Office) -> None:
    """Words of danger in the middle of an interview are filed at once; the visit waits under 我的."""
    cadre = await here.person(33)
    await cadre.says("记走访")
    await cadre.taps("东桥村")
    await cadre.says("老李家着火了，快来人")
    await cadre.says("我的")
    await matches_golden(here, "danger_in_an_interview")


async def test_help_is_offered(here: Office) -> None:
    """不会用, and two inputs running that make no sense, offer help and the duty phone."""
    reporter, officer, leader, clerk = [await here.person(number) for number in (6, 45, 47, 49)]
    await reporter.says("/start")
    await reporter.says("不会用")
    await reporter.says("q")
    await reporter.says("z")
    await reporter.says("/nosuchcommand")
    for person in (officer, leader, clerk):
        await person.says("/start")
        await person.says("帮助")
    await matches_golden(here, "help")
    assert "0000-0000000" in (await reporter.last()).words


async def test_commands_have_words(here: Office) -> None:
    """Every command of the menu has a Chinese word that answers the same."""
    cadre = await here.person(33)
    calls = await here.town.calls("setMyCommands")
    listed = calls[-1]["params"]["commands"]
    words = {
        "report": "上报事件",
        "visit": "记走访",
        "mine": "我的",
        "progress": "进度",
        "leave": "请假",
        "help": "帮助",
        "feedback": "意见反馈",
        "cancel": "取消",
    }
    for command, word in words.items():
        assert f'"{command}"' in str(listed) or f"'{command}'" in str(listed)
        await cadre.says(f"/{command}")
        by_command = await cadre.last()
        await cadre.says(word)
        by_word = await cadre.last()
        assert by_command.words == by_word.words, word
        assert by_command.labels == by_word.labels, word
