"""Pictures: told by their bytes, and read from files."""

import os
import threading
from pathlib import Path

import pytest
from tests.unprivileged import ordinary_user

from codexctl.domain.conversation import Image
from codexctl.domain.errors import UsageError
from codexctl.domain.images import MOST_IMAGE_BYTES, image_from
from codexctl.entrypoints.cli.images import read_image

_TAKEN = "Give a PNG, JPEG, GIF or WebP picture."


def _png(width: int = 1, height: int = 1) -> bytes:
    size = width.to_bytes(4) + height.to_bytes(4)
    header = b"\0\0\0\x0dIHDR" + size + b"\x08\0\0\0\0CRC?"
    return b"\x89PNG\r\n\x1a\n" + header + b"\0\0\0\0IEND\xaeB`\x82"


def _jpeg(width: int = 1, height: int = 1, marker: int = 0xC0) -> bytes:
    app = b"\xff\xe0\0\x04JF"
    size = height.to_bytes(2) + width.to_bytes(2)
    frame = b"\xff\xff" + bytes([marker]) + b"\0\x0b\x08" + size + b"\1\1\x11\0"
    return b"\xff\xd8" + app + b"\xff\xc4\0\x03\0" + frame + b"\xff\xda\0\x02data\xff\xd9"


def _gif(width: int = 1, height: int = 1) -> bytes:
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"GIF89a" + size + b"\0\0\0" + b",data;"


def _webp(chunk: bytes = b"VP8 ", width: int = 1, height: int = 1) -> bytes:
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    body = b"WEBP" + chunk + b"\x0a\0\0\0" + b"\0\0\0\x9d\x01\x2a" + size
    return b"RIFF" + len(body).to_bytes(4, "little") + body


_PICTURES = {
    "PNG": ("image/png", _png()),
    "JPEG": ("image/jpeg", _jpeg()),
    "progressive JPEG": ("image/jpeg", _jpeg(marker=0xC2)),
    "GIF": ("image/gif", _gif()),
    "WebP": ("image/webp", _webp()),
    "WebP without loss": ("image/webp", _webp(b"VP8L", 0, 0)),
    "WebP with more": ("image/webp", _webp(b"VP8X", 0, 0)),
}


@pytest.mark.parametrize(("media_type", "data"), _PICTURES.values(), ids=_PICTURES)
def test_a_picture_is_told_by_its_bytes(media_type: str, data: bytes) -> None:
    assert image_from(data) == Image(media_type, data)


_BROKEN = {
    "PNG that ends in its header": (_png()[:20], "is cut off"),
    "PNG without an end": (_png()[:-8], "is cut off"),
    "PNG that begins with something else": (_png().replace(b"IHDR", b"tEXt"), "is cut off"),
    "JPEG that ends before its frame": (_jpeg()[:10], "is cut off"),
    "JPEG that ends in its frame": (_jpeg()[:22], "is cut off"),
    "JPEG without an end": (_jpeg()[:-2], "is cut off"),
    "GIF that ends in its header": (_gif()[:13], "is cut off"),
    "WebP without a body": (_webp()[:12], "is cut off"),
    "WebP without an end": (_webp()[:-1], "is cut off"),
    "PNG without width": (_png(width=0), "is a picture without a size"),
    "PNG without height": (_png(height=0), "is a picture without a size"),
    "JPEG without width": (_jpeg(width=0), "is a picture without a size"),
    "JPEG without height": (_jpeg(height=0), "is a picture without a size"),
    "GIF without width": (_gif(width=0), "is a picture without a size"),
    "WebP without height": (_webp(height=0), "is a picture without a size"),
}


@pytest.mark.parametrize(("data", "complaint"), _BROKEN.values(), ids=_BROKEN)
def test_a_picture_that_is_plainly_broken_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        image_from(data, "a.png")
    assert caught.value.message == f"a.png {complaint}."
    assert caught.value.remedy == "Give another copy of it."


_OTHERS = {
    "nothing": (b"", "is empty"),
    "text": (b"Hello", "is not a picture"),
    "PDF": (b"%PDF-1.7\n", "is a PDF, not a picture"),
    "SVG": (b"<?xml version='1.0'?><svg/>", "is an SVG drawing, which the service does not take"),
    "BMP": (b"BM0000", "is a BMP picture, which the service does not take"),
    "TIFF": (b"II*\0", "is a TIFF picture, which the service does not take"),
    "icon": (b"\0\0\1\0\1\0", "is an icon, which the service does not take"),
    "HEIC": (b"\0\0\0\x18ftypheic", "is a HEIC picture, which the service does not take"),
    "AVIF": (b"\0\0\0\x18ftypavif", "is an AVIF picture, which the service does not take"),
    "film": (b"\0\0\0\x18ftypisom", "is a film"),
    "archive": (b"PK\3\4", "is an archive, not a picture"),
}


@pytest.mark.parametrize(("data", "complaint"), _OTHERS.values(), ids=_OTHERS)
def test_anything_else_is_refused_with_what_is_taken(data: bytes, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        image_from(data)
    assert caught.value.message == f"The file {complaint}."
    assert caught.value.remedy == _TAKEN


def test_a_picture_as_large_as_the_service_reads_is_taken() -> None:
    data = _png() + bytes(MOST_IMAGE_BYTES - len(_png()))
    assert image_from(data) == Image("image/png", data)


def test_a_picture_that_is_larger_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        image_from(_png() + bytes(MOST_IMAGE_BYTES), "a.png")
    assert caught.value.message == "a.png is larger than 20 MB."
    assert caught.value.remedy == "Scale the picture down."


def test_a_picture_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a picture"
    path.write_bytes(_gif())
    assert read_image(str(path)) == Image("image/gif", _gif())


def test_a_picture_is_read_from_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(_png(),))
    writer.start()
    image = read_image(str(pipe))
    writer.join()
    assert image == Image("image/png", _png())


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(UsageError) as caught:
        read_image(str(path))
    assert caught.value.message == f"{path} is a PDF, not a picture."


def test_a_file_without_an_end_is_not_read_to_it() -> None:
    with pytest.raises(UsageError, match=r"^/dev/zero is larger than 20 MB\.$"):
        read_image("/dev/zero")


def _complaint(path: str) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        read_image(path)
    return caught.value.message, caught.value.remedy


def test_a_file_that_cannot_be_read_is_told_with_the_reason(tmp_path: Path) -> None:
    remedy = "Name a PNG, JPEG, GIF or WebP file with -i."
    missing = tmp_path / "missing.png"
    assert _complaint(str(missing)) == (
        f"The picture {missing} cannot be read: No such file or directory.",
        remedy,
    )
    assert _complaint(str(tmp_path)) == (
        f"The picture {tmp_path} cannot be read: Is a directory.",
        remedy,
    )
    assert _complaint("a\0b") == (
        "The picture a\0b cannot be read: no file has such a name.",
        remedy,
    )


def test_a_file_that_is_closed_to_us_is_told() -> None:
    with ordinary_user() as folder:
        closed = folder / "closed.png"
        closed.write_bytes(_png())
        closed.chmod(0)
        message, _ = _complaint(str(closed))
    assert message == f"The picture {closed} cannot be read: Permission denied."
