"""I11 in short: any conversation is as the model says. The long one is slow/."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.faults.talks import PEOPLE, play
from tests.office import make_template


def test_any_conversation_is_as_the_model_says(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    template = asyncio.run(make_template(tmp_path / "template", PEOPLE))
    record_property("printed", play(template, tmp_path, examples=6, steps=20))
