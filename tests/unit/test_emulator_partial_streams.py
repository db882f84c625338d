"""Faults of a response in which the model says nothing."""

from itertools import islice

import pytest

from codexctl.entrypoints.emulator import FAULT_NAMES
from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.faults.catalogue import fault_reply
from codexctl.entrypoints.emulator.http.messages import HttpReply
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.output_items import FunctionCall, Message, OutputItem

NOW = 1_800_000_000
SILENT: dict[str, tuple[OutputItem, ...]] = {
    "no items": (),
    "a message without text": (Message(""),),
    "a call without arguments": (FunctionCall("shell", ""),),
}


def played(name: str, *items: OutputItem) -> bytes:
    """Return the body of a fault, or the beginning of one without an end."""
    generation = Generation(
        backend=Backend.CHATGPT, request={"input": "Hi"}, items=items, label="script_1", serial=1
    )
    reply = fault_reply(name, generation, NOW)
    if not isinstance(reply, HttpReply):
        return b""
    if isinstance(reply.body, bytes):
        return reply.body
    return b"".join(piece for piece in islice(reply.body, 500) if isinstance(piece, bytes))


@pytest.mark.parametrize("items", SILENT.values(), ids=list(SILENT))
@pytest.mark.parametrize("name", [name for name in FAULT_NAMES if name.endswith("-in-text")])
def test_a_fault_in_the_text_has_text_before_it(name: str, items: tuple[OutputItem, ...]) -> None:
    body = played(name, *items)
    assert b"event: response.output_text.delta\n" in body
    assert b"event: response.output_text.done\n" not in body


@pytest.mark.parametrize("name", FAULT_NAMES)
def test_an_empty_message_has_the_events_of_the_same_fault(name: str) -> None:
    kinds = [line for line in played(name, Message("")).splitlines() if line.startswith(b"event: ")]
    full = [
        line
        for line in played(name, Message("This is an answer.")).splitlines()
        if b"event: " in line
    ]
    assert set(kinds) <= set(full)


def test_a_message_without_text_that_is_finished_is_the_one_that_was_given() -> None:
    assert b'"text":""' in played("cut-after-message", Message(""))
    assert b"event: response.output_text.delta\n" not in played("cut-after-message", Message(""))
