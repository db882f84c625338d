"""What a scenario lets the model say, before it has ids and a wire shape."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Message:
    """A final answer.

    Attributes:
        text: the whole text.
        by_code_point: stream it one code point at a time, so that every character made of several
            is cut somewhere; otherwise in pieces of the size of tokens.
    """

    text: str
    by_code_point: bool = False


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A reasoning item whose summary has one part for each text."""

    summary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A call of a function tool.

    Attributes:
        name: the tool's name.
        arguments: the arguments as JSON text, as on the wire.
    """

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class CustomCall:
    """A call of a custom tool, such as `apply_patch`.

    Attributes:
        name: the tool's name.
        input: free text.
    """

    name: str
    input: str


@dataclass(frozen=True, slots=True)
class WebSearch:
    """A search that the service ran by itself."""

    query: str


OutputItem: TypeAlias = Message | Reasoning | FunctionCall | CustomCall | WebSearch
