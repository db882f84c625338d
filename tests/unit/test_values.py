"""The quick dataclasses behave as those of the standard library, which run the same tests."""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from codexctl.domain import values


class Kinds:
    """The same classes, made by one decorator or the other."""

    def __init__(self, decorate: Callable[..., Any]) -> None:
        class Point:
            """A place."""

            x: int
            y: int = 0
            hidden: str = dataclasses.field(default="h", repr=False, compare=False)

        class Other:
            """Another place."""

            x: int
            y: int = 0
            hidden: str = "h"

        class Bag:
            """Something that changes."""

            things: list[int] = dataclasses.field(default_factory=list[int])

        class Named:
            """Something with words of its own."""

            name: str

            def __repr__(self) -> str:
                return f"<{self.name}>"

        self.point: Any = decorate(frozen=True, slots=True)(Point)
        self.other: Any = decorate(frozen=True, slots=True)(Other)
        self.bag: Any = decorate(slots=True)(Bag)
        self.named: Any = decorate(frozen=True, slots=True, kw_only=True)(Named)


# The type checker sees one function; at run time there are two.
@pytest.fixture(params=[dataclasses.dataclass, values.dataclass], ids=["standard", "quick"])
def kinds(request: pytest.FixtureRequest) -> Kinds:
    return Kinds(request.param)


def test_the_two_are_not_the_same_function() -> None:
    assert vars(values)["dataclass"] is not dataclasses.dataclass


def test_equal_values_are_equal_and_hash_alike(kinds: Kinds) -> None:
    assert kinds.point(1, 2) == kinds.point(1, 2)
    assert hash(kinds.point(1, 2)) == hash(kinds.point(1, 2))
    assert kinds.point(1, 2) != kinds.point(2, 1)


def test_a_field_that_is_not_compared_makes_no_difference(kinds: Kinds) -> None:
    assert kinds.point(1, hidden="a") == kinds.point(1, hidden="b")


def test_values_of_different_classes_are_never_equal(kinds: Kinds) -> None:
    assert kinds.point(1, 2) != kinds.other(1, 2)
    assert kinds.point(1, 2) != (1, 2)


def test_a_field_of_a_frozen_value_cannot_be_set(kinds: Kinds) -> None:
    point = kinds.point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2
    assert point.x == 1


def test_a_field_of_a_frozen_value_cannot_be_deleted(kinds: Kinds) -> None:
    point = kinds.point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    assert point.x == 1


def test_a_value_takes_no_other_fields(kinds: Kinds) -> None:
    with pytest.raises((AttributeError, TypeError)):
        kinds.point(1).z = 3


def test_a_value_shows_its_fields_but_the_hidden_ones(kinds: Kinds) -> None:
    assert repr(kinds.point(1)).endswith("Point(x=1, y=0)")


def test_a_method_of_the_class_itself_is_kept(kinds: Kinds) -> None:
    assert repr(kinds.named(name="Ann")) == "<Ann>"


def test_fields_that_go_by_name_alone_do(kinds: Kinds) -> None:
    with pytest.raises(TypeError):
        kinds.named("Ann")


def test_a_value_that_changes_can_and_has_no_hash(kinds: Kinds) -> None:
    bag = kinds.bag()
    bag.things = [1]
    assert bag == kinds.bag([1])
    with pytest.raises(TypeError):
        hash(bag)


def test_each_value_has_its_own_default(kinds: Kinds) -> None:
    kinds.bag().things.append(1)
    assert kinds.bag().things == []


def test_a_value_can_be_replaced_and_taken_apart(kinds: Kinds) -> None:
    assert dataclasses.replace(kinds.point(1), y=5) == kinds.point(1, 5)
    assert dataclasses.asdict(kinds.point(1)) == {"x": 1, "y": 0, "hidden": "h"}


def test_a_value_matches_by_position(kinds: Kinds) -> None:
    assert kinds.point.__match_args__ == ("x", "y", "hidden")


def test_a_value_can_be_copied(kinds: Kinds) -> None:
    assert copy.copy(kinds.point(1, 2)) == kinds.point(1, 2)
    assert copy.deepcopy(kinds.point(1, 2)) == kinds.point(1, 2)


def test_a_quick_frozen_class_has_to_be_slotted() -> None:
    decorate: Any = values.dataclass
    with pytest.raises(TypeError):
        decorate(frozen=True)(type("Loose", (), {}))
