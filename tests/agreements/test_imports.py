"""The import contracts are checked by `make check`; here: that no module escapes them."""

import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]

PURE = [
    "texts",
    "records",
    "rules",
    "handlers.message",
    "handlers.form",
    "handlers.sentence",
    "handlers.cards",
    "channels.render",
    "scheduler.due",
]


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_that_exists_is_under_the_contract(module: str) -> None:
    place = TOP / "src" / "wangge" / module.replace(".", "/")
    if not (place.is_dir() or place.with_suffix(".py").exists()):
        pytest.skip("not written yet")
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["id"]: contract for contract in project["tool"]["importlinter"]["contracts"]}
    assert f"wangge.{module}" in contracts["pure"]["source_modules"]
