"""What people do, what the bot gets to know of it, and what they see."""

import pytest
from tests.sandbox.hand import BotHand

from wangge.sandbox.person import Person
from wangge.sandbox.town import Refused, Town
from wangge.sandbox.transcript import lines_of

KEYS = {
    "inline_keyboard": [
        [{"text": "上报", "callback_data": "submit:5:1"}, {"text": "改一改", "callback_data": "edit:5:1"}]
    ]
}


async def test_words_with_commands(bot: BotHand, li: Person) -> None:
    await li.says("/start abc_1", wait=False)
    message = (await bot.takes())[0]["message"]
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert message["from"]["first_name"] == "二牛" and message["chat"]["id"] == li.id
    await li.says("打110/119/120，见https://example.org/a", wait=False)
    assert "entities" not in (await bot.takes())[0]["message"]


async def test_long_words_become_several_messages(bot: BotHand, li: Person) -> None:
    assert len(await li.says("长" * 5000, wait=False)) == 2
    assert [len(update["message"]["text"]) for update in await bot.takes()] == [4096, 904]


async def test_everything_that_is_not_words(bot: BotHand, li: Person) -> None:
    await li.sends_photo(caption="路坏了", wait=False)
    await li.sends_voice(seconds=7, wait=False)
    await li.sends_document("花名册.xlsx", b"PK", wait=False)
    await li.sends_location(35.64, 111.47, wait=False)
    await li.sends_contact("13800000000", wait=False)
    await li.sends_sticker(wait=False)
    photo, voice, document, location, contact, sticker = [u["message"] for u in await bot.takes()]
    assert photo["caption"] == "路坏了" and [size["width"] for size in photo["photo"]] == [64, 64]
    assert (voice["voice"]["mime_type"], voice["voice"]["duration"]) == ("audio/ogg", 7)
    assert document["document"]["file_name"] == "花名册.xlsx"
    assert document["document"]["mime_type"].endswith("spreadsheetml.sheet")
    assert location["location"] == {"latitude": 35.64, "longitude": 111.47}
    assert contact["contact"] == {"phone_number": "13800000000", "first_name": "二牛", "user_id": li.id}
    assert sticker["sticker"]["emoji"] == "👍"
    assert await li.transcript() == [
        "李二牛 ▸ 〔照片〕",
        "        路坏了",
        "李二牛 ▸ 〔语音〕",
        "李二牛 ▸ 〔文件 花名册.xlsx〕",
        "李二牛 ▸ 〔位置 35.64, 111.47〕",
        "李二牛 ▸ 〔电话 13800000000〕",
        "李二牛 ▸ 〔贴图 👍〕",
    ]


async def test_an_album_is_several_messages_of_one_group(bot: BotHand, li: Person, town: Town) -> None:
    sent = await li.sends_album([None, None, b"broken"], caption="三张", wait=False)
    messages = [update["message"] for update in await bot.takes()]
    assert len({message["media_group_id"] for message in messages}) == 1
    assert [message.get("caption") for message in messages] == ["三张", None, None]
    pictures = [await li.downloads(message) for message in sent]
    assert len(set(pictures)) == 3 and pictures[2] == b"broken"


async def test_edits_of_own_messages(bot: BotHand, li: Person) -> None:
    (message,) = await li.says("村口拉圾", wait=False)
    await li.edits(message, "村口垃圾", wait=False)
    assert [next(iter(update)) for update in await bot.takes()] == ["message", "edited_message"]
    sent = await bot.does("sendMessage", chat_id=li.id, text="卡片")
    with pytest.raises(Refused, match="own messages"):
        await li.edits(
            (await li.screen())[-1].model_copy(update={"message_id": sent["message_id"]}), "改", wait=False
        )


async def test_taps_stale_taps_and_forgeries(bot: BotHand, li: Person) -> None:
    first = await bot.does("sendMessage", chat_id=li.id, text="一", reply_markup=KEYS)
    await bot.does("sendMessage", chat_id=li.id, text="二", reply_markup=KEYS)
    card = (await li.screen())[0]
    await li.taps("上报", wait=False)
    await li.taps("上报", on=card, wait=False)
    await bot.does("editMessageText", chat_id=li.id, message_id=first["message_id"], text="一，已报")
    with pytest.raises(Refused, match="shows no button"):
        await li.taps("上报", on=card, wait=False)
    await li.taps_again("上报", card, wait=False)
    await li.forges("close:17:3", wait=False)
    await bot.does("deleteMessage", chat_id=li.id, message_id=first["message_id"])
    await li.taps_again("改一改", card, wait=False)
    queries = [update["callback_query"] for update in await bot.takes()]
    assert [(q["data"], q["message"].get("text")) for q in queries] == [
        ("submit:5:1", "二"),
        ("submit:5:1", "一"),
        ("submit:5:1", "一，已报"),
        ("close:17:3", "二"),
        ("edit:5:1", None),
    ]
    assert queries[-1]["message"]["date"] == 0
    with pytest.raises(Refused, match="no message shows"):
        await li.taps("没有", wait=False)
    with pytest.raises(LookupError):
        await li.taps_again("没有", card, wait=False)


async def test_replies_and_groups(bot: BotHand, li: Person, town: Town) -> None:
    wang = await town.person("王芳")
    group = await town.group("清河镇网格群", [li, wang])
    assert "my_chat_member" in (await bot.takes())[0]
    (first,) = await li.says("在群里", chat=group, wait=False)
    await wang.says("收到", chat=group, reply_to=first, wait=False)
    update = (await bot.takes())[1]
    assert update["message"]["reply_to_message"]["text"] == "在群里"
    assert update["message"]["chat"] == {"id": group, "type": "group", "title": "清河镇网格群"}
    outsider = await town.person("赵六")
    with pytest.raises(Refused, match="is in no chat"):
        await outsider.says("我呢", chat=group, wait=False)


async def test_a_blocking_person_must_unblock_first(li: Person) -> None:
    await li.blocks(wait=False)
    with pytest.raises(Refused, match="unblock"):
        await li.says("喂", wait=False)


async def test_mistakes_of_the_caller_are_sentences(town: Town, li: Person) -> None:
    for path, body in [
        (f"/persons/{li.id}/dances", {}),
        ("/persons/1/says", {"text": "谁"}),
        (f"/persons/{li.id}/says", {"text": "", "loud": True}),
        ("/persons", {"first_name": "同号", "user_id": li.id}),
        (f"/persons/{li.id}/edits", {"message_id": 77, "text": "x"}),
    ]:
        with pytest.raises(Refused):
            await town.post(path, body)
    with pytest.raises(Refused, match="no such chat"):
        await town.get("/chats/1")
    with pytest.raises(Refused, match="no such file"):
        await town.download("x")


async def test_the_transcript_reads_like_the_chat(bot: BotHand, li: Person, town: Town) -> None:
    await li.says("村口垃圾好几天没拉", wait=False)
    card = await bot.does("sendMessage", chat_id=li.id, text="要上报吗？\n清河镇东桥村", reply_markup=KEYS)
    await li.taps("上报", wait=False)
    query = (await bot.takes())[-1]["callback_query"]
    await bot.does("answerCallbackQuery", callback_query_id=query["id"], text="已处理")
    where = {"chat_id": li.id, "message_id": card["message_id"]}
    await bot.does("editMessageText", **where, text="已上报 1123-473", reply_markup=KEYS)
    await bot.does("editMessageReplyMarkup", **where)
    await town.forward(minutes=5)
    await bot.does("sendMessage", chat_id=li.id, text="好", reply_markup={"keyboard": [["我的"]]})
    await bot.does("deleteMessage", **where)
    assert await li.transcript(with_times=True) == [
        "[11-23 09:00]",
        "李二牛 ▸ 村口垃圾好几天没拉",
        "网格助手 ▸ 要上报吗？",
        "        清河镇东桥村",
        "        [上报] [改一改]",
        "李二牛 ▸ [上报]",
        "        〔提示 已处理〕",
        "网格助手 ✎ (编辑 「要上报吗？…」) 已上报 1123-473",
        "        [上报] [改一改]",
        "网格助手 ✎ (按钮) 已上报 1123-473",
        "[11-23 09:05]",
        "网格助手 ▸ 好",
        "        ⌨我的",
        "网格助手 ✕ (删除 「已上报 1123-473」)",
    ]
    assert (await town.transcript())[:2] == ["── 李二牛 ──", "李二牛 ▸ 村口垃圾好几天没拉"]
    assert lines_of([]) == []
