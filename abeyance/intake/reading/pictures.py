"""A foreign picture as plain colours: one frame of a PNG, JPEG, GIF, TIFF, BMP or WebP, at most as wide as a page.

Runs only in the confined process. Size is judged by the head of the file, before any of it is unpacked; a kind is read
by the one decoder that its first bytes name, and by no other.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

DECODERS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/webp": "WEBP",
}
PAGED = frozenset({"image/tiff"})  # a fax has pages; of what moves, the first picture is enough
MOST_PIXELS = 6_000_000  # of what is drawn
LARGEST = 64_000_000  # pixels: a page at 800 dots to the inch
MOST_FRAMES = 300
WHITE = (255, 255, 255)
ORIENTATION = 0x0112  # of EXIF


class NotDrawn(Exception):
    """Its text is a word for the answer on the pipe."""


def load_decoders() -> None:
    """Before the walls go up."""
    from PIL import BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

    assert all((BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin))


def drawn(data: bytes, media_type: str, number: int, width: int, most_pixels: int) -> tuple[int, int, int, bytes]:
    """Width, height, how many pages there are, and the colours of page `number` (from 1)."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = LARGEST
    with Image.open(BytesIO(data), formats=[DECODERS[media_type]]) as image:
        pages = _pages(image) if media_type in PAGED else 1
        if not 1 <= number <= pages:
            raise NotDrawn("no such page")
        image.seek(number - 1)
        if image.width * image.height > LARGEST:
            raise NotDrawn("too large")
        scale = min(width / image.width, (most_pixels / (image.width * image.height)) ** 0.5, 1.0)
        size = max(1, int(image.width * scale)), max(1, int(image.height * scale))
        turned = _turn(image)
        image.draft("RGB", size)  # a JPEG is unpacked no larger than it is shown
        shown = _plain(image, size)
        shown = shown.transpose(turned) if turned is not None else shown
        return shown.width, shown.height, pages, shown.tobytes()


def _pages(image: Image) -> int:
    """Frames that can be reached; a file may say anything of how many there are."""
    number = 1
    try:
        while number < MOST_FRAMES:
            image.seek(number)
            number += 1
    except EOFError:
        pass
    return number


def _turn(image: Image) -> Image.Transpose | None:  # type: ignore[name-defined]
    """As a telephone held it (EXIF); what cannot be read turns nothing."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        return turns.get(int(image.getexif().get(ORIENTATION) or 1))
    except Exception:  # the library fails in ways of its own
        return None


def _plain(image: Image, size: tuple[int, int]) -> Image:
    """Eight bits of red, green and blue; what is transparent lies on white."""
    from PIL import Image as Pictures

    box = Pictures.Resampling.BOX
    if image.mode.startswith(("I", "F")):
        return _eight_bits(image.convert("F").resize(size, box)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        over = image.convert("RGBA").resize(size, box)
        under = Pictures.new("RGB", size, WHITE)
        under.paste(over, mask=over.getchannel("A"))
        return under
    return image.convert("RGB").resize(size, box)


def _eight_bits(deep: Image) -> Image:
    """Of deeper greys the darkest becomes black and the lightest white, so that something is seen."""
    low, high = deep.getextrema()
    assert isinstance(low, float) and isinstance(high, float)
    if not 0 < high - low < float("inf"):
        return deep.point(lambda value: value * 0 + 255).convert("L")
    scale = 255 / (high - low)
    return deep.point(lambda value: value * scale - low * scale).convert("L")
