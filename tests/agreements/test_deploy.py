"""What stands in deploy/ and in docs/operations.md exists in the program, and a wheel holds all of it."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest
import typer
from tests.agreements.test_hygiene import FILES

from wangge.bot.__main__ import cli
from wangge.bot.app import STOP_SECONDS
from wangge.bot.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGES = [*sorted(DEPLOY.iterdir()), ROOT / "docs" / "operations.md"]
COMMANDS = set(getattr(typer.main.get_command(cli), "commands", {}))
SETTINGS = {f"WANGGE_{name.upper()}" for name in Settings.model_fields}


UNITS = ("wangge.service", "wangge-worker@.service")


def unit(name: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # documented way to keep the case
    parser.read(DEPLOY / name)
    return parser


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_and_commands_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    assert set(re.findall(r"WANGGE_[A-Z_]+[A-Z]", text)) <= SETTINGS
    typed = re.findall(
        r"(?:^\s*|`|bin/|run --rm bot )wangge ([a-z]+)|run --rm bot ([a-z]+)", text, re.MULTILINE
    )
    assert {first or second for first, second in typed} <= COMMANDS


def test_the_service_is_started_and_stopped_as_the_program_needs() -> None:
    service, worker = (unit(name)["Service"] for name in UNITS)
    assert service["ExecStart"].split()[1:] == ["run"]
    assert worker["ExecStart"].endswith(f"WANGGE_HEALTH_PORT=%i {service['ExecStart']} --worker")
    assert {**worker, "ExecStart": ""} == {**service, "ExecStart": ""}
    assert int(service["TimeoutStopSec"]) > STOP_SECONDS
    assert service["Environment"] == f"WANGGE_DATA_DIR=/var/lib/{service['StateDirectory']}"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not on this machine")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_accepts_the_unit(tmp_path: Path, name: str) -> None:
    text = (DEPLOY / name).read_text().replace("/opt/wangge/bin/wangge", "/bin/true")
    unit = tmp_path / name.replace("@", "@8091")
    unit.write_text(text)
    found = subprocess.run(
        ["systemd-analyze", "verify", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_the_image_is_made_of_what_is_there() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    for names in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in names.split())
    assert "--require-hashes -r requirements/run.lock" in text
    assert "USER wangge" in text
    assert "/health/live" in (ROOT / "src/wangge/bot/web.py").read_text()


def test_the_wheel_runs_without_the_checkout(tmp_path: Path) -> None:
    """Every file of the package is in it, and a town is set up from it in an empty folder."""
    source, wheels, here = tmp_path / "source", tmp_path / "wheels", tmp_path / "here"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = "from setuptools import build_meta; build_meta.build_wheel('../wheels')"
    wheels.mkdir()
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    package = ROOT / "src" / "wangge"
    with zipfile.ZipFile(next(wheels.iterdir())) as wheel:
        held = set(wheel.namelist())
        wheel.extractall(here)
    files = {f"wangge/{file.relative_to(package)}" for file in FILES if file.is_relative_to(package)}
    assert files <= held

    run = (
        "import sys, wangge; assert wangge.__file__.startswith(sys.argv[1]), wangge.__file__;"
        "from wangge.bot.__main__ import main; sys.argv[1:] = ['init']; main()"
    )
    (tmp_path / "empty").mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", run, here],
        cwd=tmp_path / "empty",
        env={**os.environ, "PYTHONPATH": str(here), "WANGGE_DATA_DIR": "data"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "清河镇" in ended.stdout
