"""The tool ``view_image``."""

import os
from pathlib import Path

import pytest

from codexctl.adapters.tools.closed import Closed
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.tool import ToolFailure, ToolResult
from codexctl.adapters.tools.view_image import view_image_tool
from codexctl.domain.conversation import Image
from codexctl.domain.images import MOST_IMAGE_BYTES

_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\1\x40\0\0\0\xf0\x08\0\0\0\0CRC?\0\0\0\0IEND\xaeB`\x82"
_GIF = b"GIF89a\x40\x01\xf0\0\0\0\0,data;"
_JPEG = b"\xff\xd8\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0\xff\xd9"


def _view(folder: Path, path: str) -> ToolResult:
    return view_image_tool(ReadableFiles.at(folder)).run({"path": path})


def _refusal(folder: Path, path: str) -> str:
    with pytest.raises(ToolFailure) as caught:
        _view(folder, path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "media_type", "words"),
    [
        (_PNG, "image/png", f"image/png, {len(_PNG)} bytes, 320 x 240 pixels"),
        (_GIF, "image/gif", f"image/gif, {len(_GIF)} bytes, 320 x 240 pixels"),
        (_JPEG, "image/jpeg", f"image/jpeg, {len(_JPEG)} bytes"),
    ],
    ids=["PNG", "GIF", "JPEG"],
)
def test_a_picture_is_attached_and_said_what_it_is(
    tmp_path: Path, data: bytes, media_type: str, words: str
) -> None:
    (tmp_path / "shot").write_bytes(data)
    assert _view(tmp_path, "shot") == ToolResult(
        text=f"shot is attached: {words}.", images=(Image(media_type, data),)
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "shot is empty. Give a PNG, JPEG, GIF or WebP picture."),
        (b"text", "shot is not a picture. Give a PNG, JPEG, GIF or WebP picture."),
        (_PNG[:-8], "shot is cut off. Give another copy of it."),
        (
            _PNG + b"\0" * MOST_IMAGE_BYTES,
            "shot is larger than 20 MB. Scale the picture down.",
        ),
    ],
    ids=["empty", "text", "cut", "large"],
)
def test_what_would_spoil_the_conversation_is_refused(
    tmp_path: Path, data: bytes, words: str
) -> None:
    (tmp_path / "shot").write_bytes(data)
    assert _refusal(tmp_path, "shot") == words


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("gone", "gone does not exist"),
        (".", ". is a folder; list_files shows what is in it"),
        ("fifo", "fifo is not a regular file but a FIFO; it was not opened"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, path: str, words: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert _refusal(tmp_path, path) == words


def test_a_hidden_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shot").write_bytes(_PNG)
    tool = view_image_tool(ReadableFiles.at(tmp_path, Closed.of([tmp_path / "shot"])))
    with pytest.raises(ToolFailure, match="is closed to tools"):
        tool.run({"path": "shot"})
