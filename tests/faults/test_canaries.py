"""I17: no token, phone, name or word of anybody in the log, at its most talkative, in the worst of times."""

from pathlib import Path
from typing import Any

from tests.faults.lives import Parent, open_life
from tests.faults.mortal import POISON, VENOM

from wangge.sandbox.server import TOKEN

WORDS = "金丝雀家门口的井盖不见了"
CAPTION = "画眉鸟家的墙裂了"


async def test_no_canary_sings_in_the_log(parent: Parent, hamlet: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    order: dict[str, Any] = {"log_level": "debug", "log_file": log, "is_poisonable": True}
    async with open_life(parent, hamlet, tmp_path / "data", **order) as life:
        worker = await life.town.person("李二牛", user_id=1001, has_started=True)
        officer = await life.town.person("贾铁柱", user_id=1045, has_started=True)
        clerk = await life.town.person("叶二牛", user_id=1049, has_started=True)
        await life.settled()
        for kind in (
            "server_error",
            "reset",
            "invalid_json",
            "accepted_then_dropped",
            "bad_request",
            "blocked",
        ):
            await life.town.fault(kind, method="sendMessage")
        await life.town.fault("reset", method="getUpdates")
        await life.town.fault("server_error", method="getFile")
        await life.town.inject({"message": {"text": WORDS, "from": {"first_name": "李二牛"}}})
        await worker.says(WORDS + "，电话13800000001", wait=False)
        await worker.sends_photo(caption=CAPTION, wait=False)
        await life.settled()
        await worker.says("上报", wait=False)
        await officer.says(WORDS + VENOM, wait=False)
        await life.settled()
        await worker.says(WORDS + POISON, wait=False)
        await officer.says("值班台", wait=False)
        await clerk.says("花名册", wait=False)
        await clerk.sends_document("李二牛.csv", "工号,姓名,电话\n1,李二牛,13800000001".encode(), wait=False)
        await life.settled()
        assert life.deaths == 3
    lines = log.read_text(encoding="utf-8")
    assert (
        "message_failed" in lines and "bot<token>" in lines and "sending_interrupted" in lines
    )  # it did speak
    secret = TOKEN.partition(":")[2]
    for canary in (secret, "13800000001", "138****", "李二牛", "贾铁柱", "金丝雀", "画眉鸟", "井盖"):
        assert canary not in lines, canary
