"""``-i FILE``: a picture that goes with the prompt."""

from codexctl.domain.conversation import Image
from codexctl.domain.errors import UsageError
from codexctl.domain.images import MOST_IMAGE_BYTES, image_from


def read_image(path: str) -> Image:
    """Read a picture.

    Args:
        path: Its file, or a pipe that brings it.

    Raises:
        UsageError: It cannot be read, or is not a picture that the service takes.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (Path has no way to read a part)
            # Not all of it: a name may stand for something without an end.
            data = file.read(MOST_IMAGE_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be opened") from error
    except ValueError as error:
        raise _unreadable(path, "no file has such a name") from error
    return image_from(data, path)


def _unreadable(path: str, why: str) -> UsageError:
    return UsageError(
        f"The picture {path} cannot be read: {why}.",
        remedy="Name a PNG, JPEG, GIF or WebP file with -i.",
    )
