"""Take the screenshots of the READMEs and docs/zh from a running made-up town; `make pictures` runs it.

One story, because the town's time only goes forward. Everybody has a browser context of his own: a browser
keeps at most six connections to one address, and every open page holds one.
"""

import base64
import io
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

FOLDER = Path(__file__).parent / "pictures"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
SLOWEST = 60_000
"""Milliseconds that a sign may take; the last of the roster joins half a minute after the start."""
HEAVIEST = 150 * 1024
"""Bytes of a file."""
WORKER, NEWCOMER, CADRE, STATIONED, DESK, LEADER, CLERK = 1001, 1002, 1017, 1033, 1045, 1047, 1049
PHONE, TALL, SCREEN = (390, 760), (390, 2400), (1366, 768)
"""CSS pixels. On the tall one a whole conversation stands unscrolled, to be cut from."""
STILL = """
.top, .hint, .more, .latest, .flash { display: none !important }
.log, .entries { scrollbar-width: none }
* { caret-color: transparent !important; animation: none !important; outline: 0 !important }
"""
LOOKS = """
* { margin: 0; box-sizing: border-box }
body { background: #e7ecf0; color: #17212b; font: 16px/1.5 "Noto Sans CJK SC", sans-serif; width: fit-content }
img { display: block; width: 390px }
.steps { padding: 10px 0; background: #e7ecf0 }
.steps p { width: fit-content; margin: 4px auto 8px; color: #55616d }
.phones { display: flex; gap: 56px; padding: 40px 56px 32px; background: #dfe7ee }
figure { width: 410px } figcaption { margin-top: 20px; text-align: center; font-size: 26px; font-weight: 500 }
figure img { box-sizing: content-box; border: 10px solid #22303d; border-radius: 44px }
"""


@dataclass(frozen=True)
class Chat:
    """One person's chat on a page."""

    page: Page
    person: int

    @property
    def column(self) -> Locator:
        """The person's window."""
        return self.page.locator(f"[data-person='{self.person}']")

    def own(self, words: str) -> Locator:
        """Return the newest message of the person that holds these words; it stays this one."""
        found = self.column.locator(".message.own").filter(has_text=words).last
        return self.column.locator(f".message[data-message='{found.get_attribute('data-message')}']")

    def sees(self, words: str) -> Locator:
        """Return the newest message of the bot that holds these words, as soon as it is there."""
        found = self.column.locator(".message.theirs").filter(has_text=words).last
        expect(found).to_be_visible()
        return found

    def says(self, words: str) -> Locator:
        """Type a sentence; return it as sent."""
        box = self.column.get_by_role("textbox")
        box.fill(words)
        box.press("Enter")
        expect(self.column.locator(".message.own").last).to_contain_text(words)
        return self.own(words)

    def taps(self, label: str, on: str) -> None:
        """Tap a button under the newest message that holds these words."""
        self.sees(on).get_by_role("button", name=label).first.click()

    def sends(self, name: str, content: bytes) -> None:
        """Send a file."""
        with self.page.expect_file_chooser() as choosing:
            self.column.locator("[data-act=attach]").click()
            self.page.get_by_role("menuitem", name="文件").click()
        choosing.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})

    def settle(self) -> None:
        """Wait until nothing on the page is under way, and take the hands off it."""
        self.page.mouse.move(0, 0)
        for sign in (".waiting", ".pressed", ".own .ticks:not([data-fetched])", ".typing:not([hidden])"):
            expect(self.column.locator(sign)).to_have_count(0)

    def cut(self, first: Locator, last: Locator) -> bytes:
        """Return the messages from one to another, as a picture as wide as the phone."""
        self.settle()
        edges = "(message) => { const { top, bottom } = message.getBoundingClientRect(); return [top - 2, bottom + 2] }"
        top, bottom = first.evaluate(edges)[0], last.evaluate(edges)[1]
        clip = {"x": 0, "y": top, "width": TALL[0], "height": bottom - top}
        return self.page.screenshot(clip=clip)

    def show_newest(self) -> None:
        """Show the newest messages, and none before the newest that begins above the screen."""
        self.settle()
        self.column.locator("[role=log]").evaluate("""(log) => {
            log.scrollTop = log.scrollHeight;
            const top = log.getBoundingClientRect().top;
            for (const each of [...log.children].slice(0, -1))
                if (each.getBoundingClientRect().top < top) each.style.visibility = "hidden";
        }""")

    def screen(self) -> bytes:
        """Return what the person sees on a phone."""
        self.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        self.show_newest()
        taken = self.page.screenshot()
        self.page.set_viewport_size({"width": TALL[0], "height": TALL[1]})
        return taken


def keep(name: str, taken: bytes) -> None:
    """Write a picture with as many colours as the heaviest file allows."""
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    for colours in (256, 128, 64, 32):
        written = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
        if len(written.getvalue()) <= HEAVIEST:
            break
    (FOLDER / f"{name}.png").write_bytes(written.getvalue())


def compose(browser: Browser, inner: str, scale: float = 2) -> bytes:
    """Return a picture of HTML that is one element."""
    page = browser.new_page(device_scale_factor=scale, viewport={"width": 1600, "height": 400})
    page.set_content(f"<style>{LOOKS}</style><body>{inner}</body>")
    taken = page.locator("body > *").screenshot()
    page.close()
    return taken


def image(taken: bytes) -> str:
    """Return HTML that shows a screenshot."""
    return f'<img src="data:image/png;base64,{base64.b64encode(taken).decode()}">'


def steps(browser: Browser, *parts: bytes | str) -> bytes:
    """Return cuts below each other, with what is done between them."""
    inner = "".join(f"<p>{each}</p>" if isinstance(each, str) else image(each) for each in parts)
    return compose(browser, f'<div class="steps">{inner}</div>')


def phones(browser: Browser, shown: Sequence[tuple[bytes, str]]) -> bytes:
    """Return screens in phones beside each other, each with its caption."""
    figures = (f"<figure>{image(taken)}<figcaption>{words}</figcaption></figure>" for taken, words in shown)
    return compose(browser, f'<div class="phones">{"".join(figures)}</div>', scale=1.5)


def changed(roster: bytes) -> bytes:
    """Return the roster with one row more, one changed and one gone."""
    book = openpyxl.load_workbook(io.BytesIO(roster))
    sheet = book.active
    row = {str(cells[0].value): cells[0].row for cells in sheet.iter_rows()}
    sheet.append(["054", "任小芳", "13800000054", "网格员", "东桥村第一网格"])
    sheet.cell(row["028"], 3).value = "13800000128"
    sheet.delete_rows(row["016"])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def play(browser: Browser, address: str) -> None:
    """Play the story and write every picture.

    Raises:
        AssertionError: somebody did not see in time what he should have seen.
    """

    def opened(size: tuple[int, int], *people: int, scale: float = 2) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=scale,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            bypass_csp=True,  # for STILL
        )
        page = context.new_page()
        page.goto(f"{address}/?people={','.join(map(str, people))}")
        expect(page.locator("html[data-ready]")).to_be_attached()
        page.add_style_tag(content=STILL if size == TALL else STILL.replace(".top, ", ""))
        for person in people:
            expect(page.locator(f"[data-person='{person}'] .key").first).to_be_visible()
        return page

    everybody = (WORKER, DESK, CADRE, LEADER, STATIONED, CLERK, NEWCOMER)
    worker, desk, cadre, leader, stationed, clerk, newcomer = (
        Chat(opened(TALL, each), each) for each in everybody
    )
    town = opened(SCREEN, WORKER, DESK, scale=1.5)

    def moves_to(name: str) -> None:
        town.locator(f"[data-jump={name}]").click()
        expect(town.locator("[data-part=settling]")).to_have_text("")

    desk.taps("受理并指派", "自来水")
    cadre.taps("接了", "自来水")
    board = desk.says("值班台")
    desk.sees("待受理")
    said = worker.says("村口垃圾好几天没拉")
    card = worker.cut(said, worker.sees("要上报吗"))
    screens = [(worker.screen(), "网格员：一句话就报上")]
    worker.taps("上报", "要上报吗")
    keep(
        "report", steps(browser, card, "点〔上报〕，这条消息就变成", worker.cut(*[worker.sees("已上报")] * 2))
    )
    keep("desk", steps(browser, desk.cut(board, desk.sees("垃圾"))))
    screens.append((desk.screen(), "值班员：点一下就派出去"))
    for person in (WORKER, DESK):
        Chat(town, person).sees("垃圾")
        Chat(town, person).show_newest()
    keep("chat-page", town.screenshot())
    cadre.says("换了一截管子，来水了")
    cadre.taps("办结", "算办结吗")
    desk.taps("结案", "自来水")
    desk.taps("受理并指派", "垃圾")
    cadre.taps("接了", "垃圾")

    said = clerk.says("花名册")
    link = clerk.sees("这是现在的花名册").locator("a.document").get_attribute("href")
    roster = clerk.page.request.get(f"{address}{link}").body()
    clerk.sends("花名册.xlsx", changed(roster))
    keep("roster", steps(browser, clerk.cut(said, clerk.sees("新增1"))))

    said = newcomer.says("/practice")
    newcomer.sees("先报一件事")
    newcomer.says("村口垃圾好几天没拉")
    keep("practice", steps(browser, newcomer.cut(said, newcomer.sees("要上报吗"))))

    moves_to("next_hour")
    todo = stationed.sees("这周请留意")
    keep("todo", steps(browser, stationed.cut(todo, todo)))
    said = stationed.says("昨天去了东桥村张家、刘家，都好")
    card = stationed.cut(said, stationed.sees("要记下这次走访吗"))
    stationed.taps("保存", "要记下这次走访吗")
    saved = stationed.sees("已记走访 1123")
    keep("visit", steps(browser, card, "点〔保存〕，这条消息就变成", stationed.cut(saved, saved)))

    moves_to("monday")
    digest = leader.sees("11-23至11-29")
    card = leader.cut(digest, digest)
    screens.append((leader.screen(), "领导：每个数都能点开"))
    keep("three-phones", phones(browser, screens))
    leader.taps("在办", "11-23至11-29")
    figure = leader.sees("为什么是这个数")
    keep("digest", steps(browser, card, "点〔在办〕，列出的就是那几件", leader.cut(figure, figure)))

    said = worker.says("老李家着火了，快来人")
    keep("danger", steps(browser, worker.cut(said, worker.sees("已报特急"))))


@contextmanager
def made_up_town() -> Iterator[str]:
    """Run `wangge sandbox`; give its address."""
    command = [sys.executable, "-m", "wangge.bot", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield next(match[0] for line in process.stdout or () if (match := ADDRESS.search(line)))
        finally:
            process.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    expect.set_options(timeout=SLOWEST)
    with made_up_town() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        play(browser, address)
        browser.close()
