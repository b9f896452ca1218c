"""Each mistake of the first hour ends in one Chinese sentence with its remedy, and never in a traceback."""

import asyncio
import io
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from wangge.bot.__main__ import main
from wangge.rules.calendar import TOWN_ZONE
from wangge.sandbox.server import TOKEN, Sandbox
from wangge.storage import jobs, migrate
from wangge.storage.database import open_database
from wangge.storage.seal import make_key, read_key

ENGLISH = re.compile(r"[A-Za-z]+(?:[ ,]+[a-z]{2,}){2,}")
"""Three words in a row: a sentence that no Chinese clerk reads."""
LIST = "village_code,village,town_code,town,county_code,county,city_code,city\n"
VILLAGE = "411625101201,{village}村委会,411625101,{town},411625,某县,4116,某市\n"
ROSTER = "工号,姓名,电话,职务,区域,开始,结束\n099,邓小禾,13800000099,网格员,双井村,,\n"


@dataclass
class Place:
    """A data folder that belongs to the test, and how the command is typed there."""

    folder: Path
    beside: Path
    """A folder for other files."""
    settings: dict[str, str] = field(default_factory=dict)

    def file(self, name: str, content: bytes | str) -> str:
        path = self.beside / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def sql(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.folder / "wangge.db")) as database, database:
            for statement in statements:
                database.execute(statement)

    def policy(self, old: str, new: str) -> str:
        text = (self.folder / "town.toml").read_text()
        assert old in text
        return self.file("新规矩.toml", text.replace(old, new, 1))

    @property
    def environment(self) -> dict[str, str]:
        return {"WANGGE_DATA_DIR": str(self.folder), "WANGGE_HEALTH_PORT": "0", **self.settings}


@pytest.fixture
def place(hamlet: Path, tmp_path: Path) -> Place:
    """A folder of a made-up town that could run."""
    shutil.copytree(hamlet, tmp_path / "data")
    return Place(tmp_path / "data", tmp_path)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    errors: str


Typed = Callable[[str], Ended]


@pytest.fixture
def typed(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Return how a line ends that is typed at the prompt."""

    def run(line: str) -> Ended:
        for name, value in place.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["wangge", *line.split()])
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code or 0
        assert isinstance(code, int)
        out = capsys.readouterr()
        return Ended(code, out.out, out.err)

    return run


def no_init(place: Place) -> str:
    shutil.rmtree(place.folder)
    return "doctor"


def folder_is_a_file(place: Place) -> str:
    shutil.rmtree(place.folder)
    place.folder.write_text("")
    return "init"


def folder_under_a_file(place: Place) -> str:
    place.settings["WANGGE_DATA_DIR"] = place.file("一个文件", "") + "/data"
    return "init"


def folder_not_writable(place: Place) -> str:
    place.settings["WANGGE_DATA_DIR"] = "/proc/1/wangge"
    return "init"


def key_lost(place: Place) -> str:
    (place.folder / "key").unlink()
    return "run"


def key_of_another(place: Place) -> str:
    (place.folder / "key").unlink()
    make_key(place.folder / "key")
    return "run"


def not_a_database(place: Place) -> str:
    (place.folder / "wangge.db").write_bytes("这不是数据库".encode() * 100)
    return "run"


def foreign_database(place: Place) -> str:
    place.sql("DROP TABLE alembic_version")
    return "run"


def newer_database(place: Place) -> str:
    place.sql("UPDATE alembic_version SET version_num = '9999'")
    return "run"


def foreign_database_at_init(place: Place) -> str:
    foreign_database(place)
    return "init"


def newer_database_at_init(place: Place) -> str:
    newer_database(place)
    return "init"


def no_postgresql(place: Place) -> str:
    place.settings["WANGGE_DATABASE_URL"] = f"postgresql+psycopg://wangge:secret@127.0.0.1:{closed_port()}/x"
    return "run"


def no_such_driver(place: Place) -> str:
    place.settings["WANGGE_DATABASE_URL"] = "postgres://wangge:secret@127.0.0.1/x"
    return "doctor"


def clock_elsewhere(place: Place) -> str:
    place.settings["WANGGE_CLOCK"] = "http://example.com"
    return "run"


def clock_silent(place: Place) -> str:
    place.settings["WANGGE_CLOCK"] = f"http://127.0.0.1:{closed_port()}"
    return "run"


def clock_behind(place: Place) -> str:
    async def reach_into_the_future() -> None:
        later = (datetime.now(TOWN_ZONE) + timedelta(days=400)).isoformat()
        url = f"sqlite:///{place.folder / 'wangge.db'}"
        async with open_database(url, read_key(place.folder / "key")) as database:
            await database.transaction(lambda tx: jobs.set_mark(tx, "last_tick", later))

    asyncio.run(reach_into_the_future())
    return "doctor"


def second_town(place: Place) -> str:
    """A list of another town for a folder that has one."""
    rows = LIST + VILLAGE.format(village="北河", town="北河镇")
    return f"init --villages {place.file('村.csv', rows)}"


def given(line: str, name: str, content: bytes | str) -> Callable[[Place], str]:
    return lambda place: f"{line} {place.file(name, content)}"


def changed(old: str, new: str) -> Callable[[Place], str]:
    return lambda place: f"policy apply {place.policy(old, new)}"


NOVEMBER = "--from 2026-11-01 --to 2026-11-30"
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
MISTAKES: list[tuple[str, Callable[[Place], str], int, str]] = [
    ("no command of that name", lambda _: "frob", 2, "后面要写这些命令中的一个"),
    ("no such option", lambda _: "init --folder x", 2, "没有 --folder 这个选项"),
    ("nothing after an option", lambda _: "init --town", 2, "--town 后面要写内容"),
    ("an argument left out", lambda _: "roster import", 2, "还要写 FILE"),
    ("a day that is none", lambda _: "export --kind event --from 11月 --to 2026-11-30 x.xlsx", 2, "--from 写得不对"),
    ("no such kind", lambda _: f"export --kind letter {NOVEMBER} x.xlsx", 1, "可以写：event、visit"),
    ("no such column", lambda _: f"export --kind event {NOVEMBER} --columns number,mood x.xlsx", 1, "没有 mood 这一栏"),
    ("names without a reason", lambda _: f"export --kind event {NOVEMBER} --names x.xlsx", 1, "用 --reason 写明"),
    ("days that run backwards", lambda _: "export --kind event --from 2026-11-30 --to 2026-11-01 x.xlsx", 1, "--from 的日子"),
    ("no such area", lambda _: f"export --kind event {NOVEMBER} --area 123 x.xlsx", 1, "没有代码是 123 的区域"),
    ("a table where no file can be", lambda _: f"export --kind event {NOVEMBER} nowhere/x.xlsx", 1, "没有找到文件"),
    ("one word too many", lambda _: "doctor now", 2, "写多了内容"),
    ("a setting that is no number", lambda place: _with(place, "WANGGE_HEALTH_PORT", "x", "run"), 2, "要写整数"),
    ("a setting out of bounds", lambda place: _with(place, "WANGGE_HEALTH_PORT", "99999", "run"), 2, "不能大于65535"),
    ("not set up", no_init, 1, "请先运行 wangge init"),
    ("the folder is a file", folder_is_a_file, 1, "不是文件夹"),
    ("the folder lies under a file", folder_under_a_file, 1, "不是文件夹"),
    ("the folder cannot be written", folder_not_writable, 1, "请"),
    ("the key is lost", key_lost, 1, "请把原来的 key 放回来"),
    ("a worker on SQLite", lambda _place: "run --worker", 1, "--worker 只能用于 PostgreSQL"),
    ("the key is another folder's", key_of_another, 1, "是另一处的"),
    ("no database", not_a_database, 1, "不是数据库、已损坏"),
    ("a database nobody has set up", foreign_database, 1, "请先运行 wangge init"),
    ("a database of another program at init", foreign_database_at_init, 1, "不是网格助手建的"),
    ("a newer database", newer_database, 1, "请装回新版本的程序"),
    ("a newer database at init", newer_database_at_init, 1, "请装回新版本的程序"),
    ("PostgreSQL is down", no_postgresql, 1, "PostgreSQL 是否已启动"),
    ("an address that is none", no_such_driver, 1, "请核对 WANGGE_DATABASE_URL"),
    ("the clock of another machine", clock_elsewhere, 1, "只能是本机的替身"),
    ("a clock that does not answer", clock_silent, 1, "请先运行 wangge sandbox"),
    ("no roster file", lambda _: "roster import nowhere.csv", 1, "没有找到文件 nowhere.csv"),
    ("the roster is a folder", lambda place: f"roster import {place.folder}", 1, "请核对路径"),
    ("other columns", given("roster import", "r.csv", "甲,乙\n1,2"), 1, "列名"),
    ("rubbish", given("roster import", "r.csv", bytes(range(256))), 1, "请"),
    ("an old Excel file", given("roster import", "r.xls", OLD_EXCEL), 1, "另存"),
    ("no list of villages", lambda _: "init --villages nowhere.csv", 1, "没有找到文件"),
    ("villages without columns", given("init --villages", "v.csv", "甲,乙\n1,2"), 1, "village_code"),
    ("the list of another town", second_town, 1, "请换一个 WANGGE_DATA_DIR"),
    ("no policy file", lambda _: "policy apply nowhere.toml", 1, "没有找到文件"),
    ("a policy in GB18030", given("policy apply", "t.toml", "# 清河镇".encode("gb18030")), 1, "UTF-8"),
    ("a quote left open", changed('name = "', "name = "), 1, "行写得不对"),
    ("the policy of another town", changed("code = ", "code = '999999999' # "), 1, "不是这个数据文件夹的镇"),
    ("a backup into a folder that is there", lambda place: f"backup {place.folder}", 1, "请写一个新的名字"),
    ("a backup under a file", lambda place: f"backup {place.file('一个文件', '')}/b", 1, "不是文件夹"),
    ("a backup of nothing", lambda place: no_init(place) and f"backup {place.beside}/b", 1, "请先运行 wangge init"),
    ("a sheet that cannot be written", lambda place: f"invite --out {place.beside}/none/x.docx", 1, "请核对路径"),
]  # fmt: skip


def _with(place: Place, name: str, value: str, line: str) -> str:
    place.settings[name] = value
    return line


@pytest.mark.parametrize(
    ("arrange", "code", "hint"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES]
)
def test_a_mistake_ends_in_one_sentence(
    place: Place, typed: Typed, arrange: Callable[[Place], str], code: int, hint: str
) -> None:
    ended = typed(arrange(place))
    assert hint in ended.errors or hint in ended.out
    assert ended.code == code
    says_one_sentence(ended.errors or ended.out)


def test_an_invitation_too_early_leaves_no_file(typed: Typed, place: Place) -> None:
    typed(f"roster import --yes {place.file('花名册.csv', ROSTER.encode())}")
    sheet = place.beside / "邀请.docx"
    ended = typed(f"invite --out {sheet}")
    assert (ended.code, "请先运行一次 wangge run" in ended.errors, sheet.exists()) == (1, True, False)


def says_one_sentence(text: str) -> None:
    assert "Traceback" not in text
    assert not ENGLISH.search(re.sub(r"wangge [a-z ]+|\w+(,\w+)+", "", text)), text
    assert re.search(r"[\u4e00-\u9fff]", text)
    assert len(text.strip().splitlines()) == 1, text


def test_an_old_database_is_refused_until_init_has_upgraded_it(
    typed: Typed, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop, back up, install, `wangge init`, run; init needs no list of villages for that."""
    newer = place.beside / "migrations"
    shutil.copytree(migrate.FOLDER, newer)
    before = max(file.name[:4] for file in (newer / "versions").glob("[0-9]*.py"))
    step = f"revision = '9999'\ndown_revision = '{before}'\ndef upgrade() -> None:\n    pass\n"
    (newer / "versions" / "9999_change_nothing.py").write_text(step)
    monkeypatch.setattr(migrate, "FOLDER", newer)
    for line in ("run", "roster import x.csv", "doctor"):
        ended = typed(line)
        assert (ended.code, "再运行 wangge init 升级" in ended.out + ended.errors) == (1, True)
    assert typed("init").out == "数据库已升级到新版本。\n"
    assert typed("init").out == "数据已经建好，数据库是最新的，什么也没有改。\n"
    assert "再运行 wangge init 升级" not in typed("doctor").out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_roster_as_chinese_excel_saves_it_just_works(typed: Typed, place: Place, encoding: str) -> None:
    ended = typed(f"roster import --yes {place.file('花名册.csv', ROSTER.encode(encoding))}")
    assert (ended.code, "新增1" in ended.out) == (0, True)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_list_of_villages_as_chinese_excel_saves_it_just_works(
    typed: Typed, place: Place, encoding: str
) -> None:
    rows = (LIST + VILLAGE.format(village="北河", town="北河镇")).encode(encoding)
    place.settings["WANGGE_DATA_DIR"] = str(place.beside / "new")
    ended = typed(f"init --villages {place.file('村.csv', rows)}")
    assert (ended.code, "北河镇：1个村" in ended.out) == (0, True)


def test_a_clock_that_is_behind_the_data_is_said(typed: Typed, place: Place) -> None:
    """A machine without battery begins in the past: numbers and reminders would be of another day."""
    ended = typed(clock_behind(place))
    assert ended.code == 1
    assert "请核对本机的日期和时间" in ended.out


def test_every_mistake_of_a_policy_is_named_in_chinese(typed: Typed, place: Place) -> None:
    wrong = """
[town]
name = 1
code = "41"
mode = "试行"
[desk]
phone = "打电话"
answer_within = "五分钟"
brief_at = "晚饭后"
night = true
[words]
danger = "火"
[[categories]]
key = "1"
name = "纠纷"
kinds = 3
offered = "也许"
[visits]
per_month = 99
unit = "village"
[[visits.overrides]]
per_month = -1
start = "昨天"
[calendar]
days_off = [3.5, "春节"]
[hours]
morning = ["12:00", "08:00"]
[reminders]
draft_after = []
[[days]]
month = 2.5
day = "三十"
"""
    ended = typed(f"policy apply {place.file('wrong.toml', wrong)}")
    assert ended.code == 1
    lines = ended.errors.strip().splitlines()[1:]
    assert len(lines) >= 20
    assert not [line for line in lines if ENGLISH.search(line) or "写得不对，请照" in line]
    assert "desk › brief_at：时刻要写成 08:30:00" in lines
    assert "town › mode：只能写 '演练'、'正式'" in lines
    assert "categories › 第1个 › offered：要写 true（要）或 false（不要）" in lines


@pytest.mark.parametrize("answer", ["", "n\n", "也许\n"], ids=["end of input", "no", "unclear"])
def test_only_a_plain_yes_changes_anything(
    place: Place, typed: Typed, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    ended = typed(f"roster import {place.file('花名册.csv', ROSTER)}")
    assert (ended.code, ended.errors) == (1, "没有生效，什么也没有改。\n")


def test_ctrl_c_at_the_question(place: Place, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(readline=interrupted))
    ended = typed(f"roster import {place.file('花名册.csv', ROSTER)}")
    assert (ended.code, ended.errors) == (130, "\n已停止，没做完的不算。\n")


def test_a_second_bot_and_a_port_that_is_taken(place: Place) -> None:
    """Both are refused by the program as it is started, and the first goes on."""
    with running(place) as bot:
        port = re.search(r"127\.0\.0\.1:(\d+)", bot.stdout.readline() if bot.stdout else "")
        assert port
        says_one_sentence(refused(place, "run", "已有一个网格助手在运行"))
        other = Place(place.beside / "other", place.beside, {"WANGGE_HEALTH_PORT": port[1]})
        shutil.copytree(place.folder, other.folder)
        says_one_sentence(refused(other, "run", "WANGGE_HEALTH_PORT"))
        assert bot.poll() is None


async def test_a_wrong_token(place: Place) -> None:
    async with Sandbox() as sandbox:
        place.settings |= {"WANGGE_TELEGRAM_API": sandbox.url, "WANGGE_TELEGRAM_TOKEN": "1:wrong"}
        errors = await asyncio.to_thread(refused, place, "run", "WANGGE_TELEGRAM_TOKEN")
    assert TOKEN not in errors


def test_no_network(place: Place) -> None:
    """The bot says so and keeps waiting."""
    place.settings |= {
        "WANGGE_TELEGRAM_API": f"http://127.0.0.1:{closed_port()}",
        "WANGGE_TELEGRAM_TOKEN": TOKEN,
    }
    with running(place) as bot:
        assert bot.stdout
        assert "已启动" in bot.stdout.readline()
        assert "连不上" in bot.stdout.readline()
        assert bot.poll() is None


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **settings, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def started(place: Place, line: str) -> Ended:
    """Run a command as a program of its own."""
    found = subprocess.run(
        [sys.executable, "-m", "wangge.bot", *line.split()],
        env=environment(place.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(found.returncode, found.stdout, found.stderr)


def refused(place: Place, line: str, hint: str) -> str:
    ended = started(place, line)
    assert ended.code == 1
    assert hint in ended.errors
    return ended.errors


@contextmanager
def running(place: Place) -> Iterator[subprocess.Popen[str]]:
    """Run the bot as a program of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "wangge.bot", "run"],
        env=environment(place.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as bot:
        try:
            yield bot
        finally:
            bot.terminate()


def test_a_rota_of_strangers_is_named(typed: Typed, place: Place) -> None:
    """Who is no officer would never be on duty, and nobody would know why."""
    file = place.policy("rota = []", 'rota = ["999"]')
    assert typed(f"policy apply {file}").code == 0
    assert "工号 999 不是现任值班员" in typed("doctor").out


def test_a_closed_month_that_somebody_edited_is_named(typed: Typed, place: Place) -> None:
    """What stands in a closed month is no longer what its hash was made of: the operator hears which month."""
    assert "已封账" not in typed("doctor").out
    with closing(sqlite3.connect(place.folder / "wangge.db")) as database, database:
        database.execute(
            "INSERT INTO closings (month, cutoff, closed_at, previous, hash) VALUES ('2026-10-01', '2026-11-05 10:00:00.000000', '2026-11-05 10:00:00.000000', '0', '1')"
        )
    assert "已封账的月份对不上：2026-10" in typed("doctor").out
