"""I11 in full: other conversations at each run. `EXAMPLES=5000 SEED=7 make faults` plays more, and these ones."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from random import randrange

from tests.faults.talks import PEOPLE, play
from tests.office import make_template

EXAMPLES = int(os.environ.get("EXAMPLES", "400"))
SEED = int(os.environ.get("SEED") or randrange(10**6))


def test_any_conversation_is_as_the_model_says(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    print(f"SEED={SEED}")
    template = asyncio.run(make_template(tmp_path / "template", PEOPLE))
    record_property("printed", f"SEED={SEED} {play(template, tmp_path, EXAMPLES, steps=40, seed=SEED)}")
