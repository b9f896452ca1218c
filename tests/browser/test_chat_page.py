"""A newcomer's first hour on the chat page, by typing and clicking in a real browser.

The stories go on in one town, in the order of this file, as a visitor would play them.
"""

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect
from tests.browser.conftest import CADRE, DESK, LEADER, SIZE, WORKER, Window

NUMBER = re.compile(r"\d{4}-\d{3,4}")
NARROW: ViewportSize = {"width": 390, "height": 844}
STATIONED = 1033
"""A stationed cadre, who still owes visits."""
AUNT = 1002
"""Another grid worker, who is picked from the list."""


def number_in(window: Window, words: str) -> str:
    found = NUMBER.search(window.sees(words).inner_text())
    assert found
    return found[0]


def test_the_first_screen_is_a_living_town_and_says_what_to_try(page: Page) -> None:
    for person in (WORKER, DESK):
        window = Window(page, person)
        expect(window.column).to_be_in_viewport(ratio=0.95)
        expect(window.column.locator(".message.own").first).to_be_attached()
        expect(window.column.locator(".message.theirs").first).to_be_attached()
    expect(page.get_by_role("group", name="镇上的时间")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="试试发：村口垃圾好几天没拉").click()
    expect(Window(page, WORKER).box).to_have_value("村口垃圾好几天没拉")


def test_from_a_report_to_its_closing_in_two_windows(page: Page) -> None:
    worker, desk, cadre = (Window(page, person) for person in (WORKER, DESK, CADRE))
    worker.says("村口垃圾好几天没拉")
    worker.taps("上报", on="要上报吗？")
    number = number_in(worker, "已上报")
    desk.taps("受理并指派", on=f"新事项 {number}")
    cadre.taps("接了", on=number)
    cadre.says(f"{number} 垃圾清走了")
    cadre.taps("办结", on=f"{number} 算办结吗")
    desk.taps("结案", on=number)


def test_a_visit_is_one_sentence_and_one_click(page: Page) -> None:
    cadre = Window(page, CADRE)
    cadre.says("今天去了老张家、老赵家，都好")
    cadre.taps("保存", on="2户")
    cadre.sees("已记走访")


def test_pictures_are_chosen_sent_and_enlarged(page: Page, tmp_path: Path) -> None:
    worker = Window(page, WORKER)
    files = []
    for shade in (90, 160):
        files.append(tmp_path / f"{shade}.jpg")
        Image.new("RGB", (640, 480), (shade, 120, 90)).save(files[-1])
    with page.expect_file_chooser() as choosing:
        worker.column.get_by_role("button", name="发照片、文件、位置、电话、语音").click()
        page.get_by_role("menuitem", name="照片").click()
    choosing.value.set_files(files)
    worker.box.fill("渠边的树倒了")
    worker.column.get_by_role("button", name="发送").click()
    worker.sees("照片2张")
    worker.column.get_by_role("button", name="放大照片").last.click()
    dialog = page.get_by_role("dialog", name="照片")
    expect(dialog.locator("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    worker.taps("不是上报", on="照片2张")


def test_a_reload_in_the_middle_loses_nothing(page: Page) -> None:
    worker = Window(page, WORKER)
    worker.says("三组路灯不亮了")
    worker.sees("三组路灯不亮了")
    page.reload()
    expect(page.locator("html[data-ready]")).to_be_attached()
    expect(worker.column.locator(".message.own").last).to_contain_text("三组路灯不亮了")
    worker.taps("上报", on="三组路灯不亮了")
    worker.sees("已上报")


def test_anybody_else_is_picked_from_the_list(page: Page) -> None:
    page.get_by_role("searchbox", name="找人、找村").fill("西桥村")
    page.locator(f"[data-entry='{AUNT}']").click()
    aunt = Window(page, AUNT)
    expect(aunt.column).to_be_in_viewport()
    aunt.says("井上的水泵让人偷了")
    aunt.sees("要上报吗？")
    page.reload()
    expect(aunt.column).to_be_in_viewport()


def test_a_chat_keeps_its_end_and_whoever_reads_above_keeps_his_place(page: Page) -> None:
    worker = Window(page, WORKER)
    log = worker.column.get_by_role("log")
    to_end = "log => Math.round(log.scrollHeight - log.clientHeight - log.scrollTop)"
    worker.box.fill("一行\n" * 6)
    expect(worker.column.locator(".message").last).to_be_in_viewport()
    assert log.evaluate(to_end) <= 1
    worker.box.fill("")
    log.evaluate("log => { log.scrollTop = 0; }")
    worker.box.fill("帮助")
    expect(worker.column.locator(".latest")).to_be_visible()
    log.evaluate("log => { log.scrollTop = 0; }")
    Window(page, DESK).says("值班台")
    assert log.evaluate("log => log.scrollTop") == 0


def test_the_drawer_tells_what_happened_inside(page: Page) -> None:
    worker = Window(page, WORKER)
    worker.says("我的")
    worker.column.get_by_role("button", name="里面发生了什么").click()
    drawer = page.get_by_role("complementary", name="里面发生了什么")
    for part in ("收件", "发件", "Bot API"):
        expect(drawer.get_by_role("heading", name=part)).to_be_visible()
    expect(drawer).to_contain_text("sendMessage")


def test_a_phone_shows_one_chat_and_nothing_is_cut_off(page: Page) -> None:
    page.set_viewport_size(NARROW)
    worker = Window(page, WORKER)
    expect(worker.column).to_be_in_viewport(ratio=0.95)
    expect(Window(page, DESK).column).to_have_attribute("inert", "")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    small = page.evaluate(
        """[...document.querySelectorAll("button, a, input, textarea")]
            .map((each) => [each, each.getBoundingClientRect()])
            .filter(([each, box]) => box.width && box.height && (box.width < 44 || box.height < 44)
                && getComputedStyle(each).opacity !== "0" && !each.closest(".spoken, [inert]") && each.tabIndex >= 0)
            .map(([each, box]) => `${each.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
    )
    assert not small
    worker.column.get_by_role("button", name="回到名单").click()
    page.locator(f"[data-entry='{DESK}']").click()
    expect(Window(page, DESK).column).to_be_in_viewport(ratio=0.95)


def test_letters_are_large_and_can_be_larger(page: Page) -> None:
    def smallest() -> float:
        found: float = page.evaluate(
            """Math.min(...[...document.querySelectorAll("body *")]
                .filter((each) => each.offsetParent && [...each.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
                .map((each) => parseFloat(getComputedStyle(each).fontSize)))"""
        )
        return found

    assert smallest() >= 16
    page.get_by_role("button", name="大字").click()
    assert smallest() >= 20
    page.reload()
    assert smallest() >= 20


def test_moving_the_clock_brings_the_weekly_messages(page: Page) -> None:
    """09:00 on the first working day: what a cadre still owes; Monday 08:30: the leader's digest, which opens."""
    page.set_viewport_size({"width": SIZE["width"] * 2, "height": SIZE["height"]})
    page.locator(f"[data-entry='{STATIONED}']").click()
    page.get_by_role("button", name="下一小时").click()
    Window(page, STATIONED).sees("这周请留意")
    leader = Window(page, LEADER)
    if not leader.column.count():
        page.locator(f"[data-entry='{LEADER}']").click()
    page.get_by_role("button", name="周一 08:30").click()
    digest = leader.sees("11-23至11-29")
    expect(digest).to_contain_text("新增")
    leader.taps("新增", on="11-23至11-29")
    leader.sees("人居环境")
