"""One sentence is a report, and goes its way to the end."""

from tests.office import Office
from tests.stories.telling import a_sentence_goes_to_the_end, matches_golden


async def test_a_sentence_goes_to_the_end(here: Office) -> None:
    """Reporter, desk, handler, desk, reporter: nobody types more than what happened and what was done."""
    await a_sentence_goes_to_the_end(here)


async def test_not_fixed_goes_back_to_the_desk(here: Office) -> None:
    """还没有 at the end reopens the event at the desk."""
    reporter, officer, cadre = await here.person(1), await here.person(45), await here.person(17)
    await reporter.says("村口垃圾好几天没拉")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    await cadre.taps("办结")
    await cadre.says("叫车拉走了")
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await reporter.taps("还没有")
    await officer.taps("受理并指派 何二牛")
    await matches_golden(here, "not_fixed")


async def test_typed_words_equal_the_tap(here: Office) -> None:
    """「上报」「好」「1」「选1」 each file the draft whose card is open."""
    reporter = await here.person(2)
    said = {
        "上报": "路灯坏了两天了",
        "好": "井盖丢了",
        "1": "桥栏断了一截",
        "选1": "垃圾没人拉",
        "１": "自来水停了",
        "好的": "低保咋给停了",
    }
    for typed, words in said.items():
        await reporter.says(words)
        await reporter.says(typed)
    await matches_golden(here, "typed_answers")
    found = await reporter.screen()
    filed = [message for message in found if message.words.startswith("已上报")]
    assert len(filed) == 6


async def test_small_talk_makes_no_draft(here: Office) -> None:
    """Greetings, thanks and stickers are answered and leave nothing behind."""
    reporter = await here.person(3)
    for words in ("你好", "收到", "谢谢", "好的", "👍"):
        await reporter.says(words)
    await reporter.sends_sticker("👍")
    await reporter.says("我的")
    await matches_golden(here, "small_talk")


async def test_nothing_happened(here: Office) -> None:
    """平安 is thanked for; nobody has to report it."""
    reporter = await here.person(4)
    await reporter.says("今天没啥事，都好着哩")
    await matches_golden(here, "nothing_happened")


async def test_a_correction_changes_the_draft(here: Office) -> None:
    """「刚才那个说错了」 changes the draft before it; once it is filed it is added to the event."""
    reporter = await here.person(1)
    await reporter.says("西头老王家和隔壁又为滴水檐嚷起来了")
    await reporter.says("刚才那个说错了，是东头")
    await reporter.taps("上报")
    await reporter.says("说错了，是前天的事")
    await matches_golden(here, "correction")


async def test_an_edited_message_changes_the_draft(here: Office) -> None:
    """Whoever edits his own message means the new words, before and after filing."""
    reporter = await here.person(1)
    first = (await reporter.says("桥头的护栏断了一节"))[0]
    await reporter.edits(first, "桥头的护栏断了三节")
    await reporter.taps("上报")
    await reporter.edits(first, "桥头的护栏断了三节，昨天就断了")
    await matches_golden(here, "edited_message")


async def test_change_one_field_at_a_time(here: Office) -> None:
    """改一改 shows one button a field; each question leads back to the card."""
    reporter = await here.person(1)
    await reporter.says("井上的水泵让人偷了")
    await reporter.taps("改一改")
    await reporter.taps("紧急程度")
    await reporter.taps("紧急")
    await reporter.taps("改一改")
    await reporter.taps("地点")
    await reporter.says("三组渠边")
    await reporter.taps("改一改")
    await reporter.taps("类别")
    await reporter.says("治安隐患")
    await reporter.taps("改一改")
    await reporter.taps("日期")
    await reporter.says("大前天")
    await reporter.says("上报")
    await matches_golden(here, "change_fields")


async def test_amend_and_withdraw_until_accepted(here: Office) -> None:
    """Until the desk has accepted, all may be changed and taken back; afterwards only added to."""
    reporter, officer = await here.person(1), await here.person(45)
    await reporter.says("电线耷拉到房檐上了，怕出事")
    await reporter.taps("上报")
    await reporter.taps("改一改")
    await reporter.taps("什么事")
    await reporter.says("电线耷拉到老张家房檐上了，怕出事")
    await reporter.taps("存下改动")
    await reporter.taps("撤回")
    await reporter.taps("误报")
    await reporter.says("有人在地头点秸秆")
    await reporter.taps("上报")
    card = await reporter.last()
    await officer.taps("受理并指派 何二牛")
    await reporter.taps_again("撤回", card)
    await reporter.taps("补充情况")
    await reporter.says("火已经灭了")
    await matches_golden(here, "amend_and_withdraw")


async def test_several_drafts_wait_under_mine(here: Office) -> None:
    """A new sentence does not destroy the draft before it; both wait under 我的."""
    reporter = await here.person(5)
    await reporter.says("低保咋给停了，老刘问呢")
    await reporter.says("工头欠了仨月钱，说要去县里")
    await reporter.says("我的")
    await reporter.taps("没报的：低保咋给停了，老刘问呢")
    await reporter.taps("上报")
    await reporter.says("我的")
    await matches_golden(here, "several_drafts")


async def test_a_draft_survives_restart_and_weeks(here: Office) -> None:
    """It is asked about once, and three weeks and a restart later its old card still files it."""
    reporter = await here.person(5)
    await reporter.says("渠边的树倒了，挡路")
    card = await reporter.last()
    await here.town.forward(minutes=31)
    await here.restart()
    await here.town.forward(days=21)
    await reporter.says("在吗")
    await reporter.taps_again("上报", card)
    events = await here.town.events(chat_id=reporter.id)
    asked = [event for event in events if event.message and event.message.words.startswith("这件还没报")]
    assert len(asked) == 1
    assert any("已上报 1214-" in message.words for message in await reporter.screen())
    await matches_golden(here, "old_draft", with_times=True)


async def test_self_handled_needs_no_desk(here: Office) -> None:
    """What the reporter has dealt with himself makes no card at the desk, only a line in the evening."""
    reporter, officer = await here.person(7), await here.person(45)
    await reporter.says("两家为浇地吵起来，已经劝开了")
    await reporter.taps("上报")
    assert not [message for message in await officer.screen() if message.from_bot]
    await here.town.forward(hours=8)
    await matches_golden(here, "self_handled", with_times=True)


async def test_a_number_opens_an_event(here: Office) -> None:
    """A typed number opens the event with its timeline for whom it concerns, and for nobody else."""
    reporter, officer, cadre, stranger = [await here.person(number) for number in (1, 45, 17, 18)]
    await reporter.says("下水道堵了，臭得很")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    for person in (reporter, officer, cadre, stranger):
        await person.says("1123-101")
    await stranger.says("1123-999")
    await matches_golden(here, "number_typed")
