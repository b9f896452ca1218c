"""The made-up town as a newcomer starts it, `wangge sandbox`, and people's hands on its chat page in Chromium."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SLOWEST = 30_000
"""Milliseconds that a sign may take on a busy machine; nothing is slept for."""
SIZE: ViewportSize = {"width": 1366, "height": 768}
WORKER, CADRE, DESK, LEADER = 1001, 1017, 1045, 1047


@dataclass(frozen=True)
class Window:
    """One person's chat window on the page."""

    page: Page
    person: int

    @property
    def column(self) -> Locator:
        return self.page.locator(f"[data-person='{self.person}']")

    @property
    def box(self) -> Locator:
        return self.column.get_by_role("textbox")

    def says(self, words: str) -> None:
        self.box.fill(words)
        self.box.press("Enter")
        expect(self.column.locator(".message.own").last).to_contain_text(words)

    def message(self, words: str) -> Locator:
        """The newest message of the bot that holds these words."""
        return self.column.locator(".message.theirs").filter(has_text=words).last

    def sees(self, words: str) -> Locator:
        found = self.message(words)
        expect(found).to_be_visible()
        return found

    def taps(self, label: str, *, on: str) -> None:
        self.message(on).get_by_role("button", name=label).first.click()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "wangge.bot", "sandbox", "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=kept | {"PYTHONUTF8": "1"},
        text=True,
    )
    assert process.stdout
    try:
        found = next((match[0] for line in process.stdout if (match := ADDRESS.search(line))), None)
        assert found, "the sandbox ended before it named its address"
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "chromium is missing: run `make browser`"
    expect.set_options(timeout=SLOWEST)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """The chat page at a usual screen; whatever it complains about in its console fails the test."""
    context = chromium.new_context(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
    found = context.new_page()
    found.set_default_timeout(SLOWEST)
    complaints: list[str] = []
    found.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.goto(address)
    expect(found.locator("html[data-ready]")).to_be_attached()
    yield found
    context.close()
    assert not complaints
