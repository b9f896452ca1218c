"""Photos, albums, voice and positions, in any order; and files that cannot be used."""

from pathlib import Path

import pytest
from sqlalchemy import select
from tests.office import Office, open_office
from tests.stories.telling import all_words, matches_golden

from wangge.sandbox.files import sample_photo
from wangge.storage import ledger


async def attachments(here: Office) -> list[tuple[str, str, int | None]]:
    """Return sort, state and record of everything attached."""
    table = ledger.attachments
    query = select(table.c.sort, table.c.state, table.c.record).order_by(table.c.id)
    rows = await here.database.snapshot(lambda tx: tx.execute(query).all())
    return [(row.sort, row.state, row.record) for row in rows]


async def test_an_album_has_one_answer(template: Path, tmp_path: Path) -> None:
    """Six photos with words are one report: one answer, one tap; later photos join the event."""
    async with open_office(template, tmp_path / "data", album_wait=0.5) as here:
        reporter = await here.person(1)
        await reporter.sends_album([None] * 6, caption="渠边的堤塌了一段")
        await reporter.taps("上报")
        await reporter.sends_album([None] * 3)
        await matches_golden(here, "album")
        assert await attachments(here) == [("photo", "stored", 1)] * 9


async def test_photo_then_words_then_place(here: Office) -> None:
    """A photo without words waits for them; a position joins; so does a photo after filing."""
    reporter, officer = await here.person(2), await here.person(45)
    await reporter.sends_photo()
    await reporter.says("桥头的护栏让车撞断了")
    await reporter.sends_location(35.64, 111.45)
    await reporter.taps("上报")
    await reporter.sends_photo(caption="又照了一张近的")
    await here.town.forward(minutes=11)
    await reporter.sends_photo(caption="这是另一件事，戏台漏雨")
    await matches_golden(here, "photo_words_position")
    assert "照片" in (await officer.last()).words


async def test_voice_alone_is_a_report(here: Office) -> None:
    """Nobody has to type: a voice note alone is filed."""
    reporter = await here.person(3)
    await reporter.sends_voice(seconds=12)
    await reporter.taps("上报")
    await matches_golden(here, "voice")
    assert await attachments(here) == [("voice", "stored", 1)]


async def test_a_position_alone_asks_for_nothing_more(here: Office) -> None:
    """A position alone makes a draft that may be filed as it is."""
    reporter = await here.person(4)
    await reporter.sends_location(35.64, 111.45)
    await reporter.taps("上报")
    await matches_golden(here, "position")


async def test_a_photo_of_a_visit(here: Office) -> None:
    """A photo within ten minutes joins the visit's draft; none is asked for."""
    cadre = await here.person(34)
    await cadre.says("今天去了柳树沟村张家，都好")
    await cadre.sends_photo()
    await cadre.taps("保存")
    await matches_golden(here, "visit_with_photo")


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (b"", None),
        (b"not a picture", None),
        (sample_photo(1)[:40], None),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 2000, None),
        (None, 50_000_000),
    ],
    ids=["empty", "text", "cut", "zeros", "50 MB"],
)
async def test_unusable_photos_end_in_a_sentence(
    here: Office, content: bytes | None, size: int | None
) -> None:
    """What cannot be used is refused in a sentence that says what to do, and the draft stays."""
    reporter = await here.person(5)
    await reporter.sends_photo(content, caption="井台裂了", size=size)
    said = await all_words(here)
    assert "没有收下" in said
    assert "草稿还在" in said
    await reporter.taps("上报")
    assert (await attachments(here))[0][1] == "refused"
    assert "已上报 1123-101" in "\n".join(message.words for message in await reporter.screen())


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a" * 300 + ".xlsx", "<b>&.exe", "表\u202exslx.exe", ""]
)
async def test_hostile_file_names(here: Office, name: str) -> None:
    """A file of any name from a field worker is attached to a draft; its name reaches no folder."""
    reporter = await here.person(6)
    await reporter.sends_document(name or "x", b"MZ\x00hostile", caption="村委会的通知")
    await reporter.taps("上报")
    assert await attachments(here) == [("document", "stored", 1)]
    stored = [path.name for path in (here.folder / "files").rglob("*") if path.is_file()]
    assert all(name.isalnum() for name in stored)
