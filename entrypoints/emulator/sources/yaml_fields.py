"""Reading the values of a YAML file: each has to be of its type, and each key a known one."""

import math
from collections.abc import Sequence
from datetime import date
from typing import cast

from codexctl.entrypoints.emulator.json_values import Json, JsonObject
from codexctl.entrypoints.emulator.sources.mistakes import Misplaced, unknown_name

_LONGEST_SECONDS = 1e6


class Fields:
    """One mapping of the file; every method raises `Misplaced` for a value that does not fit.

    Attributes:
        place: where it stands.
    """

    def __init__(self, value: object, place: str) -> None:
        self.place = place
        self._members: dict[str, object] = {}
        if not isinstance(value, dict):
            raise Misplaced(place, f"a mapping is expected, this is {_shown(value)}")
        for name, member in cast("dict[object, object]", value).items():
            if not isinstance(name, str):
                raise Misplaced(place, f"the key {name} is no text; put it in quotes")
            self._members[name] = member

    def __contains__(self, name: str) -> bool:
        return self._members.get(name) is not None

    @property
    def names(self) -> list[str]:
        """The keys, in their order."""
        return list(self._members)

    def at(self, name: str) -> str:
        """Give the place of a member."""
        return f"{self.place}.{name}" if self.place else name

    def only(self, known: Sequence[str]) -> None:
        """Refuse every other key."""
        for name in self._members:
            if name not in known:
                raise Misplaced(self.at(name), unknown_name("key", name, known))

    def value(self, name: str) -> object:
        """Give a member as it is, None for one that is left out."""
        return self._members.get(name)

    def fields(self, name: str) -> "Fields":
        """Give a member that is a mapping."""
        return Fields(self._members.get(name), self.at(name))

    def text(self, name: str) -> str:
        """Give a text."""
        return text_at(self._members.get(name), self.at(name))

    def choice(self, name: str, what: str, known: Sequence[str]) -> str:
        """Give one of several names."""
        given = self.text(name)
        if given not in known:
            raise Misplaced(self.at(name), unknown_name(what, given, known))
        return given

    def sequence(self, name: str) -> list[tuple[object, str]]:
        """Give the elements of a list, each with its place; none where it is left out."""
        given = self._members.get(name)
        if given is None:
            return []
        if not isinstance(given, list):
            raise Misplaced(self.at(name), f"a list is expected, this is {_shown(given)}")
        elements = cast("list[object]", given)
        return [(one, f"{self.at(name)}[{number}]") for number, one in enumerate(elements)]

    def whole_number(self, name: str) -> int:
        """Give a whole number."""
        given = self._members.get(name)
        if isinstance(given, bool) or not isinstance(given, int):
            raise Misplaced(self.at(name), "a whole number is expected")
        return given

    def seconds(self, name: str) -> float:
        """Give a length of time; none where it is left out."""
        given = self._members.get(name)
        if given is None:
            return 0.0
        # A truth is a number to Python; NaN is in no range.
        if (
            isinstance(given, int | float)
            and not isinstance(given, bool)
            and 0 <= given < _LONGEST_SECONDS
        ):
            return float(given)
        raise Misplaced(self.at(name), "a number of seconds from 0 is expected")

    def json_object(self, name: str) -> JsonObject:
        """Give a member that is an object of JSON; an empty one where it is left out."""
        if name not in self:
            return {}
        fields = self.fields(name)
        return {member: json_at(fields.value(member), fields.at(member)) for member in fields.names}


def text_at(value: object, place: str) -> str:
    """Give a text.

    Raises:
        Misplaced: it is something else.
    """
    if not isinstance(value, str):
        raise Misplaced(place, f"a text is expected, this is {_shown(value)}")
    return value


def json_at(value: object, place: str) -> Json:
    """Give a value of JSON; YAML has more kinds of values.

    Raises:
        Misplaced: it is none.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list):
        elements = cast("list[object]", value)
        return [json_at(one, f"{place}[{number}]") for number, one in enumerate(elements)]
    if isinstance(value, dict):
        fields = Fields(cast("object", value), place)
        return {name: json_at(fields.value(name), fields.at(name)) for name in fields.names}
    raise Misplaced(place, f"JSON has no place for {_shown(value)}")


def _shown(value: object) -> str:
    match value:
        case None:
            return "left out"
        case str():
            return f"the text {value[:40]!r}"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case date():
            return "a date (a text stands in quotes)"
        case bool() | int() | float():
            return f"{value} (a text stands in quotes)"
        case _:
            return f"a {type(value).__name__}"
