"""Rough handling: long texts, odd names, dead spots, numbers nobody should send."""

from sqlalchemy import select
from tests.office import Office
from tests.stories.telling import all_words, matches_golden

from wangge.storage import ledger, tables


async def test_odd_characters_stay_as_they_are(here: Office) -> None:
    """<3, &, **, braces and right-to-left marks in words break no card and are shown as typed."""
    reporter, officer = await here.person(1), await here.person(45)
    words = "小卖部<3店&饭馆**门口** {name} _污水_ `横流` </b> \u202e反"
    await reporter.says(words)
    await reporter.taps("改一改")
    await reporter.taps("地点")
    await reporter.says("<b>渠&边")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await matches_golden(here, "odd_characters")
    assert "小卖部<3店&饭馆" in (await officer.last()).words


async def test_names_with_odd_characters(here: Office) -> None:
    """A display name like A<3&B is greeted and stored without harm."""
    stranger = await here.town.person("A<3 & **B** {x}", user_id=5001)
    await stranger.says("你好")
    assert "二维码" in (await stranger.last()).words


async def test_five_thousand_characters(here: Office) -> None:
    """The phone cuts them in two; nothing is lost, and the card stays short."""
    reporter = await here.person(2)
    await reporter.says("渠" * 5000)
    assert len((await reporter.last()).words) < 300
    await reporter.says("上报")
    await reporter.says("我的")
    bodies = await here.database.snapshot(lambda tx: tx.execute(select(tables.drafts)).all())
    assert len(bodies) == 2
    await reporter.says("上报事件")
    await reporter.says("桥" * 4096)
    await reporter.says("上报")
    assert "已上报" in (await reporter.last()).words


async def test_a_phone_that_was_offline(here: Office) -> None:
    """Six messages at once after two hours: in order, nothing lost, nothing twice."""
    reporter = await here.person(3)
    await here.town.down()
    for words in ("村口的井盖丢了", "上报", "昨天去了张家、李家，都好", "1", "桥栏断了", "我的"):
        await reporter.says(words, wait=False)
    await here.town.forward(hours=2, wait=False)
    await here.town.down(False)
    await here.town.settled()
    said = [message.words for message in await reporter.screen() if message.from_bot]
    # A card that was answered before it could leave need not be shown any more.
    kept = [words for words in said if not words.startswith("要") or "桥栏断了" in words]
    begin = ("已上报 1123-101", "已记走访 1123-102", "要上报吗？", "您的记录")
    assert len(kept) == len(begin) and all(map(str.startswith, kept, begin))
    assert len(set(said)) == len(said) <= 6


async def test_numbers_of_identity_are_not_kept(here: Office) -> None:
    """Identity and bank card numbers are taken out before anything is stored or shown."""
    reporter, officer, clerk = await here.person(4), await here.person(45), await here.person(49)
    numbers = ("11010119900307803X", "110101199003078013", "6222021234567890128")
    for number in numbers:
        await reporter.says(f"老刘的低保停了，证号{number}")
        await reporter.taps("上报")
    await reporter.says(f"昨天去了刘家，户主 {numbers[1]}，都好")
    await reporter.taps("保存")
    await officer.taps("退回补充")
    await officer.says(f"是这个人吗 {numbers[1]}")
    await reporter.says(f"意见反馈 {numbers[1]} 不方便")
    await reporter.sends_photo(caption=f"证 {numbers[1]}")
    said = await all_words(here)
    assert not [number for number in numbers if number in said]
    assert "隐去" in said
    await clerk.says("帮助")
    bodies = await here.database.snapshot(opened)
    assert not [number for number in numbers if number in bodies]


def opened(tx: object) -> str:
    """Return the contents of drafts and records, unsealed."""
    from wangge.storage.database import seal_of

    found = []
    for table in (tables.drafts, ledger.records, ledger.history, tables.conversations):
        for (body,) in tx.execute(select(table.c.body)):  # type: ignore[attr-defined]  # an open transaction
            found.append(str(seal_of(tx).open_json(body)))  # type: ignore[arg-type]  # the same
    return "\n".join(found)


async def test_senseless_twice_in_a_form(here: Office) -> None:
    """Two answers that make no sense, one after the other, bring help and the phone; the draft stays."""
    cadre = await here.person(33)
    await cadre.says("记走访")
    await cadre.says("……")
    await cadre.sends_sticker("😀")
    await cadre.sends_photo()
    await cadre.says("东桥村")
    await matches_golden(here, "senseless_in_a_form")
