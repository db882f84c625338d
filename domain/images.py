"""Pictures that the service can read: told by their bytes, not by the name of their file.

One picture that it cannot read spoils every later request of the conversation (openai/codex#5346,
#22886), so what is plainly broken is not let in: another kind of file, one without a picture in it,
one that was cut off. A picture is not decoded here; the service may still refuse it.
"""

from collections.abc import Callable

from codexctl.domain.conversation import Image
from codexctl.domain.errors import UsageError

MOST_IMAGE_BYTES = 20_000_000
"""What the API's guide to pictures long gave as its limit for one; base64 adds a third, and the
whole request has a limit of its own."""

_REMEDY = "Give a PNG, JPEG, GIF or WebP picture."


def image_from(data: bytes, name: str = "The file") -> Image:
    """Return the picture that the bytes are.

    Args:
        data: The bytes of its file.
        name: What to call it if it is none.

    Raises:
        UsageError: It is not a picture of a kind that the service takes, or plainly broken.
    """
    if not data:
        raise UsageError(f"{name} is empty.", remedy=_REMEDY)
    if len(data) > MOST_IMAGE_BYTES:
        raise UsageError(
            f"{name} is larger than {MOST_IMAGE_BYTES // 1_000_000} MB.",
            remedy="Scale the picture down.",
        )
    for media_type, is_of_kind, complaint_about in _KINDS:
        if is_of_kind(data):
            if complaint := complaint_about(data):
                raise UsageError(f"{name} {complaint}.", remedy="Give another copy of it.")
            return Image(media_type, data)
    raise UsageError(f"{name} is {_other_kind(data)}.", remedy=_REMEDY)


_CUT_OFF = "is cut off"
_WITHOUT_SIZE = "is a picture without a size"


def _is_png(data: bytes) -> bool:
    return data.startswith(b"\x89PNG\r\n\x1a\n")


def _png_complaint(data: bytes) -> str | None:
    header = data[8:24]
    if len(header) < 16 or header[4:8] != b"IHDR" or data.find(b"IEND", 24) < 0:
        return _CUT_OFF
    return None if any(header[8:12]) and any(header[12:16]) else _WITHOUT_SIZE


def _is_jpeg(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff")


def _jpeg_complaint(data: bytes) -> str | None:
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # a marker may be preceded by any number of these
            place += 1
            continue
        length = int.from_bytes(data[place + 2 : place + 4])
        # Start of frame, of any process; C4, C8 and CC in their midst mean something else.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            size = data[place + 5 : place + 9]
            if len(size) < 4 or data.find(b"\xff\xd9", place) < 0:
                return _CUT_OFF
            return None if any(size[:2]) and any(size[2:]) else _WITHOUT_SIZE
        place += 2 + length
    return _CUT_OFF


def _is_gif(data: bytes) -> bool:
    return data.startswith((b"GIF87a", b"GIF89a"))


def _gif_complaint(data: bytes) -> str | None:
    if len(data) <= 13:
        return _CUT_OFF
    return None if any(data[6:8]) and any(data[8:10]) else _WITHOUT_SIZE


def _is_webp(data: bytes) -> bool:
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP"


def _webp_complaint(data: bytes) -> str | None:
    if len(data) < 30 or int.from_bytes(data[4:8], "little") + 8 > len(data):
        return _CUT_OFF
    if data[12:16] != b"VP8 ":
        return None  # the other two kinds write a size less one, so it is never nothing
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return None if width and height else _WITHOUT_SIZE


_KINDS: tuple[tuple[str, Callable[[bytes], bool], Callable[[bytes], str | None]], ...] = (
    ("image/png", _is_png, _png_complaint),
    ("image/jpeg", _is_jpeg, _jpeg_complaint),
    ("image/gif", _is_gif, _gif_complaint),
    ("image/webp", _is_webp, _webp_complaint),
)

_OTHER_KINDS = (
    (b"%PDF", "a PDF, not a picture"),
    (b"BM", "a BMP picture, which the service does not take"),
    (b"II*\0", "a TIFF picture, which the service does not take"),
    (b"MM\0*", "a TIFF picture, which the service does not take"),
    (b"\0\0\1\0", "an icon, which the service does not take"),
    (b"PK\3\4", "an archive, not a picture"),
)


def _other_kind(data: bytes) -> str:
    for start, words in _OTHER_KINDS:
        if data.startswith(start):
            return words
    if data[4:8] == b"ftyp":
        if data[8:12] in (b"heic", b"heix", b"mif1", b"msf1"):
            return "a HEIC picture, which the service does not take"
        is_avif = data[8:12] in (b"avif", b"avis")
        return "an AVIF picture, which the service does not take" if is_avif else "a film"
    if b"<svg" in data[:1000]:
        return "an SVG drawing, which the service does not take"
    return "not a picture"
