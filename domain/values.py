"""Dataclasses that are quick to define.

A run defines some sixty small classes before it can send its first byte, and CPython 3.11 takes
most of a millisecond to make one frozen dataclass: it writes and compiles the source of seven
methods for each. :func:`dataclass` here makes the same classes with the same behaviour, but lets
the standard library write ``__init__`` alone and shares the other methods, which takes a fifth of
the time. A type checker sees :func:`dataclasses.dataclass` itself. ``make bench`` shows the
difference, ``docs/decisions/0004-a-lean-start.md`` the reason, and ``tests/unit/test_values.py``
holds both kinds to the same tests.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    _Class = TypeVar("_Class", bound=type)

    def dataclass(
        cls: _Class | None = None,
        /,
        *,
        frozen: bool = False,
        slots: bool = False,
        kw_only: bool = False,
    ) -> _Class | Callable[[_Class], _Class]:
        """Make a dataclass; see :func:`dataclasses.dataclass` for what the arguments mean.

        Raises:
            TypeError: It is to be frozen and not slotted, which the shared methods cannot do.
        """
        if frozen and not slots:
            raise TypeError("a frozen dataclass is slotted here as well")

        def make(cls: _Class) -> _Class:
            own = set(cls.__dict__)
            made = dataclasses.dataclass(cls, repr=False, eq=False, slots=slots, kw_only=kw_only)
            for name, method in (_OF_FROZEN if frozen else _OF_OTHERS).items():
                if name not in own:
                    setattr(made, name, method)
            return made

        return make if cls is None else make(cls)


def _compared(value: Any) -> tuple[object, ...]:  # noqa: ANN401 (any dataclass)
    return tuple(getattr(value, field.name) for field in dataclasses.fields(value) if field.compare)


def _eq(self: object, other: object) -> object:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return _compared(self) == _compared(other)


def _hash(self: object) -> int:
    return hash(_compared(self))


def _repr(self: Any) -> str:  # noqa: ANN401 (any dataclass)
    shown = (
        f"{field.name}={getattr(self, field.name)!r}"
        for field in dataclasses.fields(self)
        if field.repr
    )
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _set_once(self: object, name: str, value: object) -> None:
    """Let ``__init__`` set each field, and nobody after it."""
    if hasattr(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _refuse_to_delete(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


_OF_OTHERS: dict[str, object] = {"__repr__": _repr, "__eq__": _eq, "__hash__": None}
_OF_FROZEN = {
    **_OF_OTHERS,
    "__hash__": _hash,
    "__setattr__": _set_once,
    "__delattr__": _refuse_to_delete,
}
