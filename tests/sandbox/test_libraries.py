"""Two independent readings of the Bot API agree with the sandbox's."""

import aiogram.methods
import aiogram.types
import pytest
import telegram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest
from pydantic import BaseModel, TypeAdapter
from tests.sandbox.hand import BotHand

from wangge.sandbox.files import sample_photo
from wangge.sandbox.methods import METHODS
from wangge.sandbox.params import GetUpdates
from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town

KEYS = {"inline_keyboard": [[{"text": "上报", "callback_data": "submit:5:1"}]]}


@pytest.mark.parametrize(
    ("name", "model"), [("getUpdates", GetUpdates), *((n, m.parameters) for n, m in METHODS.items())]
)
def test_no_parameter_is_made_up(name: str, model: type[BaseModel]) -> None:
    known = getattr(aiogram.methods, name[0].upper() + name[1:]).model_fields
    assert set(model.model_fields) <= set(known)
    needed = {field for field, about in model.model_fields.items() if about.is_required()}
    always = {field for field, about in known.items() if about.is_required()}
    instead_of_others = {"chat_id", "message_id", "text"} if name.startswith("edit") else set()
    assert always <= needed <= always | instead_of_others


async def test_updates_parse_as_both_libraries_read_them(bot: BotHand, li: Person, town: Town) -> None:
    await bot.does("sendMessage", chat_id=li.id, text="<b>卡片</b>", parse_mode="HTML", reply_markup=KEYS)
    (first,) = await li.says("/start 一", wait=False)
    await li.says("回", reply_to=first, wait=False)
    await li.edits(first, "改", wait=False)
    await li.sends_photo(caption="图", wait=False)
    await li.sends_album([None, None], wait=False)
    await li.sends_voice(wait=False)
    await li.sends_document("a.xlsx", b"PK", wait=False)
    await li.sends_location(35.6, 111.4, wait=False)
    await li.sends_contact("138", wait=False)
    await li.sends_sticker(wait=False)
    await li.taps("上报", wait=False)
    await bot.does("deleteMessage", chat_id=li.id, message_id=1)
    await li.forges("x", on=(await li.screen())[0], wait=False)
    await town.group("群", [li])
    await li.blocks(wait=False)
    updates = await bot.takes()
    assert len(updates) == 15
    for update in updates:
        theirs = aiogram.types.Update.model_validate(update)
        assert theirs.event_type in update
        ours = telegram.Update.de_json(update, None)
        assert ours.update_id == update["update_id"] and ours.effective_user == telegram.User(
            li.id, "二牛", False
        )
        assert not ours.api_kwargs
        if ours.message:
            assert not ours.message.api_kwargs


async def test_answers_parse_as_aiogram_declares_them(bot: BotHand, li: Person) -> None:
    photo, other = {"photo": ("a.jpg", sample_photo(1))}, {"document": ("a.txt", b"x")}
    album = [{"type": "photo", "media": f"attach://{name}"} for name in "ab"]
    where = {"chat_id": li.id, "message_id": 1}
    answers = {
        "getMe": await bot.call("getMe"),
        "sendMessage": await bot.call("sendMessage", chat_id=li.id, text="卡片", reply_markup=KEYS),
        "editMessageText": await bot.call("editMessageText", **where, text="新卡片"),
        "editMessageReplyMarkup": await bot.call("editMessageReplyMarkup", **where, reply_markup=KEYS),
        "sendPhoto": await bot.form("sendPhoto", photo, chat_id=li.id),
        "sendDocument": await bot.form("sendDocument", other, chat_id=li.id, caption="文件"),
        "sendVoice": await bot.form("sendVoice", {"voice": ("a.oga", b"OggS")}, chat_id=li.id),
        "sendMediaGroup": await bot.form(
            "sendMediaGroup", {n: ("a.jpg", sample_photo(2)) for n in "ab"}, chat_id=li.id, media=album
        ),
        "getChat": await bot.call("getChat", chat_id=li.id),
        "getWebhookInfo": await bot.call("getWebhookInfo"),
        "setMyCommands": await bot.call("setMyCommands", commands=[{"command": "a", "description": "b"}]),
        "getMyCommands": await bot.call("getMyCommands"),
        "deleteMessage": await bot.call("deleteMessage", **where),
        "getUpdates": await bot.call("getUpdates"),
    }
    file_id = answers["sendPhoto"]["result"]["photo"][0]["file_id"]
    answers["getFile"] = await bot.call("getFile", file_id=file_id)
    for name, answer in answers.items():
        method = getattr(aiogram.methods, name[0].upper() + name[1:])
        TypeAdapter(method.__returning__).validate_python(answer["result"])


async def test_aiogram_works_against_it(sandbox: Sandbox, li: Person) -> None:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
    keys = aiogram.types.InlineKeyboardMarkup(
        inline_keyboard=[[aiogram.types.InlineKeyboardButton(text="上报", callback_data="1")]]
    )
    keyboard = aiogram.types.ReplyKeyboardMarkup(
        keyboard=[[aiogram.types.KeyboardButton(text="我的")]], resize_keyboard=True, is_persistent=True
    )
    async with aiogram.Bot(sandbox.token, session=session) as bot:
        for markup in (keys, keyboard, aiogram.types.ReplyKeyboardRemove(), aiogram.types.ForceReply()):
            await bot.send_message(li.id, "<b>x</b>", parse_mode="HTML", reply_markup=markup)
        picture = aiogram.types.BufferedInputFile(sample_photo(1), "a.jpg")
        album: list[aiogram.types.MediaUnion] = [
            aiogram.types.InputMediaPhoto(media=picture) for _ in range(2)
        ]
        sent = await bot.send_media_group(li.id, album)
        assert sent[0].photo
        stream = await bot.download(sent[0].photo[-1])
        assert stream and stream.read() == sample_photo(1)
        with pytest.raises(TelegramBadRequest, match="message to edit not found"):
            await bot.edit_message_text("x", chat_id=li.id, message_id=999)


async def test_python_telegram_bot_works_against_it(li: Person, town: Town, sandbox: Sandbox) -> None:
    root = sandbox.url
    async with telegram.Bot(sandbox.token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot") as bot:
        assert (await bot.get_me()).username == "wangge_test_bot"
        keys = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("上报", callback_data="1")]])
        sent = await bot.send_message(li.id, "<b>卡片</b>", parse_mode="HTML", reply_markup=keys)
        edited = await bot.edit_message_text("新卡片", chat_id=li.id, message_id=sent.message_id)
        assert isinstance(edited, telegram.Message) and edited.text == "新卡片"
        photo = await bot.send_photo(li.id, sample_photo(1), caption="图")
        file = await bot.get_file(photo.photo[-1].file_id)
        assert await file.download_as_bytearray() == sample_photo(1)
        document = await bot.send_document(li.id, b"PK", filename="花名册.xlsx")
        assert document.document and document.document.file_name == "花名册.xlsx"
        album = await bot.send_media_group(li.id, [telegram.InputMediaPhoto(sample_photo(n)) for n in (2, 3)])
        assert len(album) == 2
        swapped = await bot.edit_message_media(
            telegram.InputMediaPhoto(sample_photo(4)), chat_id=li.id, message_id=photo.message_id
        )
        assert isinstance(swapped, telegram.Message) and swapped.photo
        with pytest.warns(telegram.warnings.PTBUserWarning, match="instead of"):
            assert await bot.do_api_request("sendChatAction", {"chat_id": li.id, "action": "typing"})
        await bot.set_my_commands([("report", "上报事件")], scope=telegram.BotCommandScopeChat(li.id))
        await li.says("好", wait=False)
        (update,) = await bot.get_updates(timeout=5, allowed_updates=["message"])
        assert update.message and update.message.text == "好"
        assert not await bot.get_updates(offset=update.update_id + 1, timeout=0)
        with pytest.raises(telegram.error.BadRequest, match="Message text is empty"):
            await bot.send_message(li.id, " ")
        with pytest.raises(telegram.error.BadRequest, match="colour"):
            await bot.send_message(li.id, "x", api_kwargs={"colour": "red"})
        await town.fault("server_error", code=502)
        with pytest.raises(telegram.error.NetworkError, match="Bad Gateway"):
            await bot.send_message(li.id, "x")
        await li.blocks(wait=False)
        with pytest.raises(telegram.error.Forbidden, match="blocked by the user"):
            await bot.send_message(li.id, "x")
