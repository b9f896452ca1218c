"""What holds for every test: a clean environment, steady examples, slow tests marked by their place."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from tests.postgres import open_server

SLOW = Path(__file__).parent / "faults" / "slow"

# Before any test module is imported: no test may depend on how this machine runs the bot.
for _name in [name for name in os.environ if name.startswith("WANGGE_")]:
    del os.environ[_name]

# A gate gives the same answer twice, and a busy machine is not a mistake.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate")


# What the library sets by itself draws every traceback in colours: slower than the test it is in.
structlog.configure(
    processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer(default=repr)]
)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server, without the name of a database."""
    with open_server(tmp_path_factory.mktemp("pg")) as address:
        yield address


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(SLOW):
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests want to be read, such as the number of crash points; also under xdist."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "printed":
                terminalreporter.write_line(value)
