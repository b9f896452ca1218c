"""What counts as wrong with the running bot, decided from measured facts alone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.office import MONDAY_10

from wangge.bot.health import AT_ONCE, Contact, Facts, troubles
from wangge.bot.settings import Settings
from wangge.channels.channel import Webhook
from wangge.texts import say


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        (Facts(), []),
        (Facts(inbox_stands=minutes(5), outbox_stands=minutes(15), tick_gap=minutes(10)), []),
        (Facts(inbox_stands=minutes(5.1), inbox_waiting=3), ["inbox"]),
        (Facts(outbox_stands=minutes(15.1), outbox_waiting=1), ["outbox"]),
        (Facts(tick_gap=minutes(10.1)), ["tick"]),
        (Facts(disk_free=499, disk_limit=500), ["disk"]),
        (Facts(disk_free=500, disk_limit=500), []),
        (Facts(is_displaced=True, disk_free=0, disk_limit=1), ["displaced", "disk"]),
    ],
)
def test_what_is_wrong(facts: Facts, kinds: list[str]) -> None:
    found = troubles(facts)
    assert [trouble.kind for trouble in found] == kinds
    for trouble in found:
        assert say(f"alarm.{trouble.kind}", **trouble.values)


def test_only_what_keeps_danger_from_being_heard_is_told_at_night() -> None:
    assert {"inbox", "outbox", "displaced"} == AT_ONCE


def test_a_platform_that_refuses_a_message_has_answered() -> None:
    contact = Contact(mode="polling")
    contact.hear("Interrupted", MONDAY_10)
    assert (contact.reached_at, contact.error) == (None, "Interrupted")
    contact.hear("Refused", MONDAY_10 + minutes(1))
    assert (contact.reached_at, contact.error) == (MONDAY_10 + minutes(1), "")
    contact.hear("Displaced", MONDAY_10 + minutes(2))
    assert (contact.reached_at, contact.error) == (MONDAY_10 + minutes(1), "Displaced")


@pytest.mark.parametrize("url", ["", "https://town.example/own-path", "http://127.0.0.1:8082/own-path"])
def test_a_webhook_address_that_is_taken(url: str) -> None:
    assert Settings(data_dir=Path(), telegram_webhook=url).telegram_webhook == url


@pytest.mark.parametrize(
    "url",
    [
        "http://town.example/own-path",  # the secret would travel in the open
        "https://town.example",
        "https://town.example/",  # no path of its own
        "https://town.example/own?a=1",
        "https:///own-path",
        "town.example/own-path",
    ],
)
def test_a_webhook_address_that_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Settings(data_dir=Path(), telegram_webhook=url)
    assert [error["msg"] for error in refusal.value.errors()] == [say("health.webhook_address")]


@pytest.mark.parametrize(
    ("headers", "is_platform"),
    [({"X-Secret": "right"}, True), ({"X-Secret": "Right"}, False), ({"X-Secret": "密"}, False), ({}, False)],
)
def test_who_does_not_know_the_secret_is_not_the_platform(headers: Any, is_platform: bool) -> None:
    webhook = Webhook("https://town.example/own", "X-Secret", "right")
    assert webhook.path == "/own"
    assert webhook.is_platform(headers) is is_platform
    assert "right" not in repr(webhook)
