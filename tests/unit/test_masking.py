"""Phones and names are hidden on the way out, identity and card numbers removed on the way in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.rules.masking import mask_name, mask_phone, mask_phones, redact

# Made up: the region 990101 does not exist, only the check characters are right.
IDENTITY = "990101199003071237"
IDENTITY_X = "99010119900307100X"
CARD_16, CARD_19 = "6200000000000005", "6200000000000000000"
NO_IDENTITY, NO_CARD = "〔身份证号已隐去〕", "〔银行卡号已隐去〕"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13812345678", "138****5678"),
        ("老张13812345678，家里没人", "老张138****5678，家里没人"),
        ("138 1234 5678", "138****5678"),
        ("138-1234-5678", "138****5678"),
        ("+8613812345678", "+86138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("13812345678、15912345678", "138****5678、159****5678"),
        ("913812345678", "913812345678"),
        ("138123456789", "138123456789"),
        ("12812345678", "12812345678"),
        ("1122-473", "1122-473"),
    ],
)
def test_mobile_numbers_are_masked(text: str, masked: str) -> None:
    """Every mobile number loses its middle; other figures stay."""
    assert mask_phones(text) == masked


@pytest.mark.parametrize(
    ("phone", "masked"), [("13812345678", "138****5678"), ("0000-4521234", "**********34"), ("", "")]
)
def test_a_phone_never_shows_whole(phone: str, masked: str) -> None:
    """A phone of another shape is masked as well."""
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("name", "masked"), [("张三丰", "张*"), ("欧阳明", "欧阳*"), ("张", "张*"), (" 李四 ", "李*"), ("", "*")]
)
def test_names_keep_the_surname(name: str, masked: str) -> None:
    """Only the surname stays, also one of two characters."""
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("text", "clean", "found"),
    [
        (f"他身份证{IDENTITY}，办低保", f"他身份证{NO_IDENTITY}，办低保", ("identity",)),
        (IDENTITY_X, NO_IDENTITY, ("identity",)),
        (IDENTITY_X.lower(), NO_IDENTITY, ("identity",)),
        ("990101 19900307 1237", NO_IDENTITY, ("identity",)),
        ("９９０１０１１９９００３０７１２３７", NO_IDENTITY, ("identity",)),
        (f"13812345678 {IDENTITY}", f"13812345678 {NO_IDENTITY}", ("identity",)),
        ("990101199003071233", "990101199003071233", ()),
        (f"卡号{CARD_16}", f"卡号{NO_CARD}", ("bank_card",)),
        ("6200 0000 0000 0005", NO_CARD, ("bank_card",)),
        (CARD_19, NO_CARD, ("bank_card",)),
        ("6200000000000006", "6200000000000006", ()),
        (f"{IDENTITY}和{CARD_16}", f"{NO_IDENTITY}和{NO_CARD}", ("identity", "bank_card")),
        ("0000000000000000", "0000000000000000", ()),
        (f"1{IDENTITY}00", f"1{IDENTITY}00", ()),
        ("三组12号，电话13812345678", "三组12号，电话13812345678", ()),
    ],
)
def test_numbers_nobody_needs_are_removed(text: str, clean: str, found: tuple[str, ...]) -> None:
    """Valid identity and card numbers go, everything else stays as it was typed."""
    assert (redact(text).text, redact(text).found) == (clean, found)


@given(st.text())
def test_any_text_can_be_cleaned(text: str) -> None:
    """Cleaning never fails, and a clean text stays the same."""
    clean = redact(text)
    assert redact(clean.text).found == ()
    assert clean.found or clean.text == text
    mask_phones(text)
    mask_phone(text)
    mask_name(text)
