"""Clean a photo of everything but the picture: place, time and device of EXIF go.

`python -m wangge.reports.photos` does it from standard input to standard output, with a
limit on memory, so that a picture built to take all of it takes only that process.
"""

import io
import resource
import sys
import warnings

from PIL import Image, ImageOps

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2560
MOST_MEMORY = 1_500_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


class NoPicture(ValueError):
    """It is no picture we take, or too large to open safely."""


def clean(content: bytes) -> bytes:
    """Return the picture as a plain JPEG of at most 2,560 pixels a side, upright.

    Raises:
        NoPicture: the content cannot or must not be opened.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError) as error:
        raise NoPicture from error
    except Image.DecompressionBombWarning as error:
        raise NoPicture from error
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=85)
    return out.getvalue()


def main() -> int:
    """Clean one photo; 1 if it is none."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        cleaned = clean(sys.stdin.buffer.read())
    except NoPicture:
        return 1
    sys.stdout.buffer.write(cleaned)
    return 0


if __name__ == "__main__":
    sys.exit(main())
