"""Clean a photo of everything but the picture: place, time and device of EXIF go.

Runs in a worker process: a picture built to take all memory takes only that process.
"""

import io
import warnings

from wangge.rules.errors import PersonError

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2560
FORMATS = ("JPEG", "PNG", "WEBP")


def clean(content: bytes) -> bytes:
    """Return the picture as a plain JPEG of at most 2,560 pixels a side, upright.

    Raises:
        PersonError: it is no picture we take, or too large to open safely.
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PersonError("error.file_broken") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=85)
    return out.getvalue()
