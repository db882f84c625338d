"""Names and ids that the service takes: ``^[a-zA-Z0-9_-]{1,64}$``, and what stands for others."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from codexctl.domain.values import dataclass

_MOST_CHARACTERS = 64
_DIGITS = 8
_CLEANED_CHARACTERS = _MOST_CHARACTERS - _DIGITS - 1


@dataclass(frozen=True, slots=True)
class ToolNames:
    """What the tools of one request are called on the wire, and back.

    Attributes:
        stand_ins: By the names that the service would refuse, what stands for each.
    """

    stand_ins: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> "ToolNames":
        """Return the names of a request's tools; each gets one of its own, in whatever order."""
        own = set(names)
        taken = {name for name in own if is_plain(name)}
        stand_ins: dict[str, str] = {}
        for name in sorted(own - taken):
            number = 0
            while (stand_in := _stand_in(name, number)) in taken:
                number += 1
            taken.add(stand_in)
            stand_ins[name] = stand_in
        return cls(stand_ins)

    def wire(self, name: str) -> str:
        """Return what a tool is called on the wire; also one that the request does not offer."""
        if is_plain(name):
            return name
        return self.stand_ins.get(name) or _stand_in(name, 0)

    def own(self, wire_name: str) -> str:
        """Return the tool that a name on the wire means; one that is nobody's stand-in is it."""
        for name, stand_in in self.stand_ins.items():
            if stand_in == wire_name:
                return name
        return wire_name


def wire_call_id(call_id: str) -> str:
    """Return what a call is known by on the wire: its id, or a digest of one that is refused.

    The service refuses ids over 64 characters and those with other characters, such as the ``|``
    of ids that a gateway puts together; some servers refuse an underscore at the end.
    """
    if is_plain(call_id) and not call_id.endswith("_"):
        return call_id
    return f"call_{_digest(call_id)[:32]}"


def is_plain(text: str) -> bool:
    """Tell whether the service takes a name or an id as it is."""
    return (
        0 < len(text) <= _MOST_CHARACTERS
        and text.isascii()
        and text.replace("_", "x").replace("-", "x").isalnum()
    )


def _stand_in(name: str, number: int) -> str:
    """Return a name like this one; the number tells apart what would come out alike."""
    cleaned = "".join(letter if is_plain(letter) else "_" for letter in name)
    digest = _digest(f"{number} {name}" if number else name)
    return f"{cleaned[:_CLEANED_CHARACTERS]}_{digest[:_DIGITS]}"


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
