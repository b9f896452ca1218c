"""The photo of the made-up town, drawn anew each time: a village road that the rain has washed away."""

import io

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 960, 720
HORIZON = 300
SKY, FAR_HILL, NEAR_HILL, FIELD = "#c9d6df", "#8fa39a", "#6f8a6a", "#9aa765"
ROAD, EDGE, PIT, WATER, CLAY = "#b9b4aa", "#8d887d", "#4a3b2c", "#7d6d58", "#8a6f4d"
HOUSES = ((90, 262, 120, 58), (250, 270, 90, 46), (760, 256, 130, 62))
"""Left, top, width and height of the walls."""


def washed_out_road() -> bytes:
    """Return the picture as a JPEG of some fifty thousand bytes."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), SKY)
    draw = ImageDraw.Draw(picture)
    _draw_land(draw)
    for house in HOUSES:
        _draw_house(draw, *house)
    _draw_road(draw)
    _draw_pit(draw)
    _draw_warning(draw)
    grain = Image.effect_noise((WIDTH, HEIGHT), 22).convert("RGB")
    picture = Image.blend(picture.filter(ImageFilter.SMOOTH_MORE), grain, 0.08)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=80)
    return written.getvalue()


def _draw_land(draw: ImageDraw.ImageDraw) -> None:
    draw.polygon([(0, 250), (190, 150), (400, 240), (640, 130), (960, 235), (960, 400), (0, 400)], FAR_HILL)
    draw.polygon([(0, 290), (260, 225), (520, 290), (780, 230), (960, 285), (960, 400), (0, 400)], NEAR_HILL)
    draw.rectangle((0, HORIZON, WIDTH, HEIGHT), FIELD)
    for step in range(14):  # furrows, closer together the farther away
        y = HORIZON + 8 + step * step * 2.2
        draw.line((0, y, WIDTH, y), "#8b9a58", 2)
    for x in (30, 215, 690, 925):
        draw.line((x, 300, x, 190), "#5b4a38", 7)
        draw.ellipse((x - 36, 130, x + 36, 235), "#587350")


def _draw_house(draw: ImageDraw.ImageDraw, left: int, top: int, width: int, height: int) -> None:
    draw.rectangle((left, top, left + width, top + height), "#d8cbb4")
    draw.polygon(
        [(left - 12, top), (left + 16, top - 30), (left + width - 16, top - 30), (left + width + 12, top)],
        "#8c4f3d",
    )
    draw.rectangle((left + 14, top + 14, left + 34, top + 34), "#5d6f7c")
    draw.rectangle((left + width - 40, top + 18, left + width - 18, top + height), "#6d4a35")


def _draw_road(draw: ImageDraw.ImageDraw) -> None:
    draw.polygon([(452, HORIZON), (508, HORIZON), (860, HEIGHT), (100, HEIGHT)], EDGE)
    draw.polygon([(457, HORIZON), (503, HORIZON), (830, HEIGHT), (130, HEIGHT)], ROAD)
    for top, bottom, half in ((320, 345, 2), (370, 410, 3), (450, 520, 6)):
        draw.polygon(
            [(480 - half, top), (480 + half, top), (480 + 2 * half, bottom), (480 - 2 * half, bottom)],
            "#e9e4d6",
        )


def _draw_pit(draw: ImageDraw.ImageDraw) -> None:
    """The right half of the road has slid into the field; muddy water stands in the hole."""
    draw.polygon(
        [
            (560, 452),
            (500, 480),
            (520, 520),
            (462, 566),
            (500, 610),
            (470, 668),
            (560, 700),
            (760, 712),
            (900, 660),
            (880, 560),
            (790, 480),
            (690, 440),
        ],
        CLAY,
    )
    draw.polygon(
        [
            (572, 474),
            (524, 492),
            (540, 530),
            (490, 570),
            (526, 608),
            (504, 656),
            (580, 684),
            (750, 692),
            (856, 644),
            (836, 566),
            (760, 500),
            (680, 464),
        ],
        PIT,
    )
    draw.ellipse((570, 560, 800, 662), WATER)
    draw.arc((610, 584, 730, 628), 190, 330, "#b5a88f", 4)
    for x, y, size in (
        (440, 640, 26),
        (548, 462, 20),
        (905, 690, 34),
        (520, 700, 22),
        (640, 470, 18),
        (690, 520, 28),
    ):
        draw.ellipse((x, y, x + size, y + size * 0.7), "#a69c8c", "#77705f", 2)
    for crack in (
        ((500, 480), (452, 470), (430, 488), (392, 480)),
        ((470, 668), (410, 660), (380, 684), (322, 676)),
    ):
        draw.line(crack, "#6b665c", 4)


def _draw_warning(draw: ImageDraw.ImageDraw) -> None:
    """Two branches with a red rag, as villages mark a hole before anybody comes."""
    for x, lean in ((420, -14), (600, 18)):
        draw.line((x, 500, x + lean, 372), "#5b4a38", 9)
        draw.line((x + lean / 2, 430, x + lean / 2 + 30, 396), "#5b4a38", 5)
    draw.polygon([(408, 384), (616, 398), (612, 416), (410, 402)], "#c62f2b")
    draw.polygon([(470, 398), (520, 402), (500, 452)], "#c62f2b")
