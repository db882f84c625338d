"""The tool ``view_image``: puts a picture into the conversation."""

import io
from functools import partial
from typing import TYPE_CHECKING

from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, ToolResult, shown
from codexctl.domain.tools import ToolSpec

if TYPE_CHECKING:
    from codexctl.domain.conversation import Image

_SPEC = ToolSpec(
    name="view_image",
    description="Shows you a picture: the file of a PNG, JPEG, GIF or WebP picture.",
    parameters={
        "type": "object",
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "description": "The file, absolute or relative to the working folder.",
            },
        },
        "required": ["path"],
        "additionalProperties": False,
    },
    read_only=True,
    timeout_seconds=30,
)


def view_image_tool(files: ReadableFiles) -> Tool:
    """Return the tool.

    Args:
        files: What it may read.
    """
    return Tool(spec=_SPEC, run=partial(_view_image, files))


def _view_image(files: ReadableFiles, arguments: Arguments) -> ToolResult:
    from codexctl.domain.errors import UsageError
    from codexctl.domain.images import MOST_IMAGE_BYTES, image_from

    path = str(arguments["path"])
    with files.opened_file(path) as file, io.FileIO(file, closefd=False) as stream:
        data = io.BufferedReader(stream).read(MOST_IMAGE_BYTES + 1)
    try:
        image = image_from(data, shown(path))
    except UsageError as exc:
        raise ToolFailure(f"{exc.message} {exc.remedy}") from exc
    return ToolResult(text=_caption(path, image), images=(image,))


def _caption(path: str, image: "Image") -> str:
    size = _size(image)
    words = [image.media_type, f"{len(image.data)} bytes"]
    if size is not None:
        words.append(f"{size[0]} x {size[1]} pixels")
    return f"{shown(path)} is attached: {', '.join(words)}."


def _size(image: "Image") -> tuple[int, int] | None:
    """Return width and height where they stand at a fixed place of the file."""
    data = image.data
    match image.media_type:
        case "image/png":
            return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
        case "image/gif":
            return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
        case _:
            return None
