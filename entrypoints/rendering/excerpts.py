"""Long texts and moments, short enough for a line."""

from datetime import datetime

_LONGEST = 200


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Return a text on one line, and no more than so many characters of it."""
    return cut(" ".join(text.split()), longest)


def cut(text: str, longest: int) -> str:
    """Return no more than so many characters of a text, the last one a ``…`` if more are gone."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def local_minute(moment: datetime) -> str:
    """Return an aware moment in the time zone of the machine, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
