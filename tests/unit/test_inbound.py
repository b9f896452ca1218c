"""Telegram's updates → Inbound: each kind of message, and garbage, which never raises."""

from typing import Any

import pytest

from wangge.channels.telegram.inbound import EPOCH, to_inbound

USER = {"id": 1001, "is_bot": False, "first_name": "二牛", "last_name": "李"}
CHAT = {"id": 1001, "type": "private", "first_name": "二牛"}
PHOTO = [
    {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 60, "file_size": 1000},
    {"file_id": "large", "file_unique_id": "l", "width": 1280, "height": 960, "file_size": 90_000},
]
FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 5, "mime_type": "audio/ogg", "duration": 3}


def message(**contents: Any) -> dict[str, Any]:
    fit = {"message_id": 7, "date": 1_795_399_200, "chat": CHAT, "from": USER}
    return {"update_id": 42, "message": {**fit, **contents}}


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        ({"text": "路灯不亮"}, {"sort": "text", "text": "路灯不亮", "message": "7"}),
        ({"photo": PHOTO, "caption": "塌了"}, {"sort": "photo", "text": "塌了"}),
        ({"voice": FILE}, {"sort": "voice"}),
        ({"audio": FILE}, {"sort": "voice"}),
        ({"video": {**FILE, "width": 1, "height": 1}}, {"sort": "video"}),
        ({"document": {**FILE, "file_name": "a.xlsx", "mime_type": "application/zip"}}, {"sort": "document"}),
        ({"document": {**FILE, "file_name": "a.png", "mime_type": "image/png"}}, {"sort": "photo"}),
        ({"location": {"latitude": 35.5, "longitude": 112.9}}, {"sort": "location", "latitude": 35.5}),
        (
            {"contact": {"phone_number": "138", "first_name": "x", "user_id": 1001}},
            {"sort": "contact", "phone": "138"},
        ),
        (
            {"contact": {"phone_number": "138", "first_name": "x", "user_id": 7}},
            {"sort": "contact", "phone": ""},
        ),
        ({"media_group_id": "9", "photo": PHOTO}, {"album": "9"}),
        ({"text": "x", "reply_to_message": message(text="y")["message"]}, {"reply_to": "7"}),
        ({"text": "x", "chat": {"id": -5, "type": "group", "title": "村"}}, {"is_group": True, "chat": "-5"}),
        ({"dice": {"emoji": "🎲", "value": 3}}, {"sort": "other"}),
    ],
)
def test_a_message_is_told_in_our_words(contents: dict[str, Any], told: dict[str, Any]) -> None:
    inbound = to_inbound(message(**contents))
    fit = {"channel": "telegram", "key": "42", "account": "1001", "chat": "1001", "name": "二牛 李"}
    for name, value in {**fit, **told}.items():
        assert getattr(inbound, name) == value


def test_of_a_photo_the_largest_is_taken() -> None:
    file = to_inbound(message(photo=PHOTO)).file
    assert file and (file.key, file.size) == ("large", 90_000)


def test_an_edited_message_says_so() -> None:
    raw = message(text="改过的")
    edited = to_inbound({"update_id": 43, "edited_message": {**raw["message"], "edit_date": 1_795_399_300}})
    assert edited.edited and edited.text == "改过的" and not to_inbound(raw).edited


def test_a_tap_names_its_button_and_message_even_one_too_old_to_be_seen() -> None:
    tap = {"id": "99", "from": USER, "chat_instance": "1", "data": "file:3:0"}
    seen = to_inbound({"update_id": 1, "callback_query": {**tap, "message": message(text="x")["message"]}})
    assert (seen.sort, seen.text, seen.tap, seen.message) == ("choice", "file:3:0", "99", "7")
    old = {"chat": CHAT, "message_id": 5, "date": 0}
    gone = to_inbound({"update_id": 1, "callback_query": {**tap, "message": old}})
    assert (gone.sort, gone.chat, gone.message) == ("choice", "1001", "5")
    bare = to_inbound({"update_id": 1, "callback_query": {**tap, "data": None}})
    assert (bare.chat, bare.text, bare.sent_at) == ("1001", "", EPOCH)


@pytest.mark.parametrize(("status", "left"), [("kicked", True), ("left", True), ("member", False)])
def test_leaving_and_coming_back_is_a_membership(status: str, left: bool) -> None:
    member = {"user": {**USER, "id": 7, "is_bot": True}, "status": status, "until_date": 0}
    change = {"chat": CHAT, "from": USER, "date": 0, "old_chat_member": member, "new_chat_member": member}
    inbound = to_inbound({"update_id": 1, "my_chat_member": change})
    assert (inbound.sort, inbound.left) == ("membership", left)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        7,
        "x",
        [],
        {},
        {"update_id": "x"},
        {"update_id": 5},
        {"update_id": 5, "message": {"text": 7}},
        message(date="x"),
    ],
)
def test_garbage_is_kept_as_unreadable_under_its_own_key(raw: Any) -> None:
    inbound = to_inbound(raw)
    assert inbound.sort == "unreadable" and inbound.key
    assert inbound.key == to_inbound(raw).key, "the same garbage twice is one"


def test_half_a_character_does_not_stop_the_batch_it_is_in() -> None:
    inbound = to_inbound(message(text="早\ud83d安", caption=None))
    assert inbound.text == "早?安"
    assert inbound.model_dump_json().encode()
