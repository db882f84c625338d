"""Names and ids that the service takes, and what stands for others."""

import pytest

from codexctl.adapters.responses.tool_names import ToolNames, wire_call_id

NOTHING = ToolNames({})


@pytest.mark.parametrize("name", ["look", "Look-2", "_", "x" * 64])
def test_a_name_that_the_service_takes_is_left_alone(name: str) -> None:
    assert ToolNames.of([name]).wire(name) == name


@pytest.mark.parametrize(
    ("name", "stand_in"),
    [
        ("files.read", "files_read_601e4eb6"),
        ("files/read", "files_read_2b733164"),
        ("größe", "gr__e_d353a267"),
        ("", "_e3b0c442"),
        ("x" * 65, "x" * 55 + "_9537c5fd"),
    ],
)
def test_another_name_has_a_stand_in(name: str, stand_in: str) -> None:
    names = ToolNames.of([name])
    assert (names.wire(name), names.own(stand_in)) == (stand_in, name)


def test_a_stand_in_is_not_another_tools_name() -> None:
    names = ToolNames.of(["files.read", "files_read_601e4eb6"])
    assert names.wire("files_read_601e4eb6") == "files_read_601e4eb6"
    assert names.wire("files.read") not in ("files.read", "files_read_601e4eb6")
    assert names.own(names.wire("files.read")) == "files.read"


def test_a_tool_that_is_not_offered_any_more_is_still_called_the_same() -> None:
    assert NOTHING.wire("files.read") == ToolNames.of(["files.read"]).wire("files.read")


def test_a_name_that_is_nobodys_stand_in_is_itself() -> None:
    assert ToolNames.of(["files.read"]).own("look") == "look"


@pytest.mark.parametrize("call_id", ["call_1", "x" * 64, "0-1"])
def test_an_id_that_the_service_takes_is_left_alone(call_id: str) -> None:
    assert wire_call_id(call_id) == call_id


@pytest.mark.parametrize("call_id", ["call_1|fc_1", "call.1", "call_", "x" * 65, "", "é"])
def test_another_id_becomes_a_digest_of_it(call_id: str) -> None:
    digest = wire_call_id(call_id)
    assert (digest[:5], len(digest)) == ("call_", 37)
    assert wire_call_id(digest) == digest == wire_call_id(call_id)


def test_long_ids_that_begin_alike_stay_apart() -> None:
    long = "x" * 100
    assert len({wire_call_id(long + end) for end in "abc"}) == 3
