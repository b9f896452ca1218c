"""What the bot may send and change, and the platform's words when it may not."""

from typing import Any

import aiohttp
import pytest
from tests.sandbox.hand import BotHand

from wangge.sandbox.files import sample_photo
from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town

KEYS = {"inline_keyboard": [[{"text": "上报", "callback_data": "submit:5:1"}]]}
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)


async def test_a_message_reaches_its_person(bot: BotHand, li: Person) -> None:
    sent = await bot.does(
        "sendMessage", chat_id=li.id, text=" 要<b>上报</b>吗？\n", parse_mode="HTML", reply_markup=KEYS
    )
    assert (sent["text"], sent["entities"]) == ("要上报吗？", [{"type": "bold", "offset": 1, "length": 2}])
    assert sent["reply_markup"] == KEYS
    (seen,) = await li.sees()
    assert (seen.by, seen.text, seen.html) == ("网格助手", "要上报吗？", "要<b>上报</b>吗？")
    assert await li.buttons() == [["上报"]]
    assert await li.sees() == []


async def test_all_ways_of_calling_mean_the_same(bot: BotHand, sandbox: Sandbox, li: Person) -> None:
    root = f"{sandbox.url}/bot{sandbox.token}"
    async with bot.session.get(f"{root}/sendmessage", params={"chat_id": li.id, "text": "查询"}) as answer:
        assert (await answer.json())["ok"]
    async with bot.session.post(f"{root}/sendMessage", data={"chat_id": li.id, "text": "表单"}) as answer:
        assert (await answer.json())["ok"]
    assert (await bot.form("sendMessage", {}, chat_id=li.id, text="分段", reply_markup=KEYS))["ok"]
    assert [message.text for message in await li.sees()] == ["查询", "表单", "分段"]


async def test_another_token_and_an_unknown_method(bot: BotHand, sandbox: Sandbox) -> None:
    async with bot.session.get(f"{sandbox.url}/bot1:wrong/getMe") as answer:
        assert (answer.status, (await answer.json())["description"]) == (401, "Unauthorized")
    assert await bot.refused("sendTelepathy") == "Not Found"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "Bad Request: message text is empty"),
        ({"text": " \n"}, "Bad Request: message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "Bad Request: message text is empty"),
        ({"text": "长" * 4097}, "Bad Request: message is too long"),
        ({"text": "x", "chat_id": 5}, "Bad Request: chat not found"),
        ({"text": "x", "parse_mode": "Markdown"}, "Bad Request: unsupported parse_mode"),
        ({"text": "x", "colour": "red"}, 'Bad Request: unknown parameter "colour"'),
        ({"text": 5}, 'Bad Request: parameter "text": Input should be a valid string'),
        (
            {"text": "x", "reply_parameters": {"message_id": 99}},
            "Bad Request: message to be replied not found",
        ),
        ({"text": "x", "reply_markup": "{"}, "Bad Request: object expected, but the parameter is not JSON"),
        ({"text": "x", "reply_markup": {}}, "Bad Request: object expected as reply markup"),
    ],
)
async def test_refused_messages(bot: BotHand, li: Person, params: dict[str, Any], said: str) -> None:
    assert await bot.refused("sendMessage", **({"chat_id": li.id} | params)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("好<br>", 'Unsupported start tag "br" at byte offset 3'),
        ("<b>好", 'Can\'t find end tag corresponding to start tag "b"'),
        ("好</b>", "Unexpected end tag at byte offset 3"),
        ("<b><i>好</b></i>", 'Unmatched end tag at byte offset 9, expected "</i>", found "</b>"'),
    ],
)
async def test_wrong_marks(bot: BotHand, li: Person, text: str, said: str) -> None:
    answer = await bot.refused("sendMessage", chat_id=li.id, text=text, parse_mode="HTML")
    assert answer == f"Bad Request: can't parse entities: {said}"


async def test_marks_count_in_utf16_and_limits_after_them(bot: BotHand, li: Person) -> None:
    sent = await bot.does("sendMessage", chat_id=li.id, text="😀<i>a&lt;3&amp;</i>", parse_mode="html")
    assert (sent["text"], sent["entities"]) == ("😀a<3&", [{"type": "italic", "offset": 2, "length": 4}])
    assert (await li.last()).html == "😀<i>a&lt;3&amp;</i>"
    long = "<b>" + "长" * 4096 + "</b>"
    assert len((await bot.does("sendMessage", chat_id=li.id, text=long, parse_mode="HTML"))["text"]) == 4096
    link = '<a href="https://example.org/?a=1&amp;b">看<u>这</u></a><pre>x</pre>'
    await bot.does("sendMessage", chat_id=li.id, text=link, parse_mode="HTML")
    assert (await li.last()).html == link


@pytest.mark.parametrize("payload", ["", "长" * 22])
async def test_payloads_hold_64_bytes(bot: BotHand, li: Person, payload: str) -> None:
    keys = {"inline_keyboard": [[{"text": "好", "callback_data": payload}]]}
    assert (
        await bot.refused("sendMessage", chat_id=li.id, text="x", reply_markup=keys)
        == "Bad Request: BUTTON_DATA_INVALID"
    )


@pytest.mark.parametrize(
    ("button", "said"),
    [
        ({"text": "好"}, "Text buttons are unallowed in the inline keyboard"),
        ({"text": "好", "callback_data": "1", "color": "red"}, "color"),
        ({"callback_data": "1"}, "text"),
    ],
)
async def test_wrong_buttons(bot: BotHand, li: Person, button: dict[str, str], said: str) -> None:
    assert said in await bot.refused(
        "sendMessage", chat_id=li.id, text="x", reply_markup={"inline_keyboard": [[button]]}
    )


async def test_the_keyboard_stays_until_it_is_removed(bot: BotHand, li: Person) -> None:
    keys = {
        "keyboard": [["上报事件", {"text": "我的"}]],
        "resize_keyboard": True,
        "is_persistent": True,
        "input_field_placeholder": "说一句",
    }
    sent = await bot.does("sendMessage", chat_id=li.id, text="好", reply_markup=keys)
    assert "reply_markup" not in sent
    await bot.does("sendMessage", chat_id=li.id, text="卡片", reply_markup=KEYS)
    assert await li.keyboard() == [["上报事件", "我的"]]
    assert (
        await bot.refused("editMessageText", chat_id=li.id, message_id=sent["message_id"], text="改")
        == "Bad Request: message can't be edited"
    )
    await bot.does("sendMessage", chat_id=li.id, text="收", reply_markup={"remove_keyboard": True})
    assert await li.keyboard() is None


async def test_edits(bot: BotHand, li: Person) -> None:
    sent = await bot.does("sendMessage", chat_id=li.id, text="旧", reply_markup=KEYS)
    where = {"chat_id": li.id, "message_id": sent["message_id"]}
    assert await bot.refused("editMessageText", **where, text="旧", reply_markup=KEYS) == NOT_MODIFIED
    await li.sees()
    assert (await bot.does("editMessageText", **where, text="新"))["text"] == "新"
    (seen,) = await li.sees()
    assert (seen.text, seen.buttons, [e.before for e in seen.edits]) == ("新", [], ["旧"])
    await bot.does("editMessageReplyMarkup", **where, reply_markup=KEYS)
    assert await bot.refused("editMessageReplyMarkup", **where, reply_markup=KEYS) == NOT_MODIFIED
    assert (
        await bot.refused("editMessageCaption", **where, caption="x")
        == "Bad Request: there is no caption in the message to edit"
    )
    assert (
        await bot.refused("editMessageText", chat_id=li.id, message_id=999, text="x")
        == "Bad Request: message to edit not found"
    )
    (own,) = await li.says("我的话", wait=False)
    assert (
        await bot.refused("editMessageText", chat_id=li.id, message_id=own.message_id, text="x")
        == "Bad Request: message can't be edited"
    )


async def test_deletion_within_48_hours(bot: BotHand, li: Person, town: Town) -> None:
    old = await bot.does("sendMessage", chat_id=li.id, text="旧")
    await town.forward(hours=49)
    new = await bot.does("sendMessage", chat_id=li.id, text="新")
    assert await bot.does("deleteMessage", chat_id=li.id, message_id=new["message_id"]) is True
    assert (
        await bot.refused("deleteMessage", chat_id=li.id, message_id=new["message_id"])
        == "Bad Request: message to delete not found"
    )
    assert (
        await bot.refused("deleteMessage", chat_id=li.id, message_id=old["message_id"])
        == "Bad Request: message can't be deleted for everyone"
    )
    assert [message.text for message in await li.screen()] == ["旧"]


async def test_files_are_uploaded_sent_again_and_replaced(bot: BotHand, li: Person) -> None:
    picture, other = sample_photo(1), sample_photo(2)
    sent = (await bot.form("sendPhoto", {"photo": ("a.jpg", picture)}, chat_id=li.id, caption="图"))["result"]
    assert [(size["width"], size["height"]) for size in sent["photo"]] == [(64, 48), (64, 48)]
    assert await li.downloads(await li.last()) == picture
    again = await bot.does("sendPhoto", chat_id=li.id, photo=sent["photo"][-1]["file_id"])
    assert again["photo"][-1]["file_id"] == sent["photo"][-1]["file_id"]
    media = {"type": "photo", "media": "attach://new", "caption": "新图"}
    where = {"chat_id": li.id, "message_id": sent["message_id"]}
    assert (await bot.form("editMessageMedia", {"new": ("b.jpg", other)}, media=media, **where))["ok"]
    assert (await bot.does("editMessageCaption", **where, caption="又改"))["caption"] == "又改"
    assert await li.downloads((await li.screen())[0]) == other
    assert (
        await bot.refused("sendDocument", chat_id=li.id, document=sent["photo"][0]["file_id"])
        == "Bad Request: can't use file of type Photo as Document"
    )
    voice = (await bot.form("sendVoice", {"voice": ("a.ogg", b"OggS")}, chat_id=li.id, duration=3))["result"]
    assert voice["voice"]["duration"] == 3


async def test_albums_are_whole_or_nothing(bot: BotHand, li: Person) -> None:
    files = {"a": ("a.jpg", sample_photo(1)), "b": ("b.jpg", sample_photo(2))}
    media = [
        {"type": "photo", "media": "attach://a", "caption": "两张"},
        {"type": "photo", "media": "attach://b"},
    ]
    sent = (await bot.form("sendMediaGroup", files, chat_id=li.id, media=media))["result"]
    assert len({message["media_group_id"] for message in sent}) == 1
    media[1]["media"] = "attach://missing"
    assert not (await bot.form("sendMediaGroup", files, chat_id=li.id, media=media))["ok"]
    assert "2-10" in await bot.refused("sendMediaGroup", chat_id=li.id, media=media[:1])
    mixed = [media[0], {"type": "document", "media": "attach://b"}]
    assert "can't be mixed" in await bot.refused("sendMediaGroup", chat_id=li.id, media=mixed)
    assert len(await li.screen()) == 2


@pytest.mark.parametrize(
    ("content", "caption", "said"),
    [
        (b"", "", "file must be non-empty"),
        (b"not a picture", "", "IMAGE_PROCESS_FAILED"),
        (sample_photo(1), "长" * 1025, "message caption is too long"),
        pytest.param(sample_photo(1) + bytes(10 * 1024 * 1024), "", "is too big for a photo", id="10 MB"),
    ],
)
async def test_refused_photos(bot: BotHand, li: Person, content: bytes, caption: str, said: str) -> None:
    answer = await bot.form("sendPhoto", {"photo": ("a.jpg", content)}, chat_id=li.id, caption=caption)
    assert said in answer["description"]


async def test_downloads_end_at_20_megabytes(bot: BotHand, li: Person, sandbox: Sandbox) -> None:
    await li.sends_document("表.xlsx", b"PK", wait=False)
    await li.sends_document("大.zip", b"PK", size=20 * 1024 * 1024 + 1, wait=False)
    small, big = [update["message"]["document"] for update in await bot.takes()]
    path = (await bot.does("getFile", file_id=small["file_id"]))["file_path"]
    async with bot.session.get(f"{sandbox.url}/file/bot{sandbox.token}/{path}") as answer:
        assert await answer.read() == b"PK"
    async with bot.session.get(f"{sandbox.url}/file/bot{sandbox.token}/none") as answer:
        assert answer.status == 404
    assert await bot.refused("getFile", file_id=big["file_id"]) == "Bad Request: file is too big"
    assert (
        await bot.refused("getFile", file_id="x")
        == "Bad Request: wrong file_id or the file is temporarily unavailable"
    )


async def test_toasts_and_old_queries(bot: BotHand, li: Person, town: Town) -> None:
    await bot.does("sendMessage", chat_id=li.id, text="卡片", reply_markup=KEYS)
    await li.taps("上报", wait=False)
    query = (await bot.takes())[0]["callback_query"]
    assert (query["data"], query["message"]["text"]) == ("submit:5:1", "卡片")
    await bot.does("answerCallbackQuery", callback_query_id=query["id"], text="已处理", show_alert=True)
    assert [(toast.text, toast.alert) for toast in await li.toasts()] == [("已处理", True)]
    assert (
        await bot.refused("answerCallbackQuery", callback_query_id=query["id"], text="长" * 201)
        == "Bad Request: MESSAGE_TOO_LONG"
    )
    await town.forward(minutes=16)
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await bot.refused("answerCallbackQuery", callback_query_id=query["id"]) == too_old
    assert await bot.refused("answerCallbackQuery", callback_query_id="1") == too_old


async def test_commands_and_small_methods(bot: BotHand, li: Person) -> None:
    menu = [{"command": "report", "description": "上报事件"}]
    scope = {"type": "chat", "chat_id": li.id}
    await bot.does("setMyCommands", commands=menu, scope=scope)
    assert await bot.does("getMyCommands", scope=scope) == menu
    assert await bot.does("getMyCommands", scope={"type": "default"}) == await bot.does("getMyCommands") == []
    await bot.does("deleteMyCommands", scope=scope)
    assert await bot.does("getMyCommands", scope=scope) == []
    assert (
        await bot.refused("setMyCommands", commands=[{"command": "上报", "description": "x"}])
        == "Bad Request: BOT_COMMAND_INVALID"
    )
    assert await bot.does("setMyDescription", description="帮网格员记事") is True
    assert await bot.does("sendChatAction", chat_id=li.id, action="typing") is True
    assert (
        await bot.refused("sendChatAction", chat_id=li.id, action="dancing")
        == "Bad Request: wrong parameter action in request"
    )
    assert (await bot.does("getChat", chat_id=li.id))["first_name"] == "二牛"


async def test_blocked_and_unopened_chats(bot: BotHand, li: Person, town: Town) -> None:
    await li.blocks(wait=False)
    assert (
        await bot.refused("sendMessage", chat_id=li.id, text="x") == "Forbidden: bot was blocked by the user"
    )
    (update,) = await bot.takes()
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    await li.unblocks(wait=False)
    await bot.does("sendMessage", chat_id=li.id, text="又好了")
    wang = await town.person("王芳")
    assert await bot.refused("sendMessage", chat_id=wang.id, text="x") == "Bad Request: chat not found"
    await wang.says("/start code", wait=False)
    await bot.does("sendMessage", chat_id=wang.id, text="你好")


async def test_strict_pace(bot: BotHand, li: Person, town: Town) -> None:
    await town.post("/switches", {"strict_pace": True})
    await bot.does("sendMessage", chat_id=li.id, text="一")
    answer = await bot.call("sendMessage", chat_id=li.id, text="二")
    assert (answer["error_code"], answer["parameters"]) == (429, {"retry_after": 1})


async def test_checks_can_be_switched_off(bot: BotHand, li: Person, town: Town) -> None:
    await town.post("/switches", {"checks": False})
    await bot.does("sendMessage", chat_id=li.id, text="<b>" + "长" * 5000, parse_mode="HTML")


async def test_a_body_that_is_not_json(bot: BotHand, sandbox: Sandbox) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"[]"):
        address = f"{sandbox.url}/bot{sandbox.token}/getMe"
        async with bot.session.post(address, data=aiohttp.BytesPayload(body), headers=headers) as answer:
            assert answer.status == 400
