"""A script out of its YAML file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.faults.catalogue import FAULT_NAMES
from codexctl.entrypoints.emulator.model.output_items import Message, OutputItem
from codexctl.entrypoints.emulator.sources.expectation import Expectation
from codexctl.entrypoints.emulator.sources.mistakes import Misplaced, SourceMistake
from codexctl.entrypoints.emulator.sources.ready_replies import read_ending, read_ready_reply
from codexctl.entrypoints.emulator.sources.recorded_files import read_recording
from codexctl.entrypoints.emulator.sources.recorded_stream import events_of
from codexctl.entrypoints.emulator.sources.script import (
    Answer,
    NamedFault,
    OtherReply,
    RecordedStream,
    Script,
    ScriptedReply,
    Spoken,
    Then,
)
from codexctl.entrypoints.emulator.sources.script_items import read_items
from codexctl.entrypoints.emulator.sources.yaml_fields import Fields, text_at
from codexctl.entrypoints.emulator.sources.yaml_file import parse_yaml, read_source

_VERSION = 1
_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "text": ("pause",),
        "items": ("pause",),
        "fault": ("text", "items"),
        "status": ("headers", "body", "ending"),
        "sse": ("pause", "ending"),
        "cassette": (),
    }
)
"""What a reply is, and the keys that go with that."""
_OF_ANY_KIND = ("expect", "delay")
_EXPECTED = ("model", "instructions", "prompt", "tools", "outputs", "body")
_ROUTE = re.compile(r"([A-Z]+) (/[^\s?#]*)")
_RESPONSES = tuple(f"POST {backend.responses_path}" for backend in Backend)


def read_script(file: Path) -> Script:
    """Read a script; the files it names stand beside it.

    Raises:
        SourceMistake: it, or a file that it names, cannot be used.
    """
    tree = parse_yaml(file, read_source(file))
    try:
        return _script(Fields(tree, ""), file.parent)
    except Misplaced as error:
        raise SourceMistake(f"{file}: {error}", "Correct the script.") from error
    except RecursionError as error:  # an alias of YAML can stand within what it stands for
        raise SourceMistake(f"{file} is nested too deeply.", "Correct the script.") from error


def _script(fields: Fields, folder: Path) -> Script:
    if fields.value("emulator") != _VERSION:
        raise Misplaced("emulator", f"the version of the script is expected, which is {_VERSION}")
    fields.only(["emulator", "replies", "then", "other"])
    replies: list[ScriptedReply] = []
    others = list(_others(fields))
    told = {(other.method, other.path) for other in others}
    for value, place in fields.sequence("replies"):
        taken = _reply(Fields(value, place), folder)
        replies += taken.replies
        others += [one for one in taken.others if (one.method, one.path) not in told]
    return Script(replies=tuple(replies), then=_then(fields, replies), others=tuple(others))


def _then(fields: Fields, replies: list[ScriptedReply]) -> Then:
    if "then" not in fields:
        return Then.REFUSE if replies else Then.SCENARIOS
    then = Then(fields.choice("then", "way to go on", [one.value for one in Then]))
    if then is Then.REPEAT_LAST and not replies:
        raise Misplaced(fields.at("then"), "there is no reply to repeat")
    return then


def _reply(fields: Fields, folder: Path) -> Script:
    """Give one reply, or those of a tape."""
    kinds = [name for name in fields.names if name in _KINDS]
    if "fault" in kinds and len(kinds) == 2 and {"text", "items"}.intersection(kinds):
        kinds = ["fault"]  # on what would have been said
    if len(kinds) > 1:
        raise Misplaced(fields.place, f"{kinds[0]} and {kinds[1]} exclude each other")
    if not kinds:
        fields.only([*_KINDS, *_OF_ANY_KIND, "pause", "headers", "body", "ending"])
        raise Misplaced(fields.place, f"a reply has one of {', '.join(_KINDS)}")
    kind = kinds[0]
    if kind == "cassette":
        fields.only([kind])
        return read_recording(_beside(fields, kind, folder))
    fields.only([kind, *_KINDS[kind], *_OF_ANY_KIND])
    reply = ScriptedReply(
        place=fields.place,
        answer=_answer(kind, fields, folder),
        expect=_expectation(fields.fields("expect")) if "expect" in fields else None,
        delay_seconds=fields.seconds("delay"),
    )
    return Script(replies=(reply,), then=Then.REFUSE)


def _answer(kind: str, fields: Fields, folder: Path) -> Answer:
    match kind:
        case "text" | "items":
            return Spoken(_said(fields), fields.seconds("pause"))
        case "fault":
            items = _said(fields)
            if any(isinstance(item, Message) and not item.text for item in items):
                raise Misplaced(fields.place, "a fault takes no message without text")
            return NamedFault(fields.choice(kind, kind, FAULT_NAMES), items)
        case "status":
            return read_ready_reply(fields)
        case _:
            return RecordedStream(
                pieces=events_of(read_source(_beside(fields, kind, folder))),
                pause_seconds=fields.seconds("pause"),
                ending=read_ending(fields),
            )


def _said(fields: Fields) -> tuple[OutputItem, ...]:
    if "text" in fields:
        return (Message(fields.text("text")),)
    return read_items(fields) if "items" in fields else ()


def _beside(fields: Fields, name: str, folder: Path) -> Path:
    given = fields.text(name)
    if "\0" in given or not given:
        raise Misplaced(fields.at(name), "this can be no file")
    return folder / given


def _expectation(fields: Fields) -> Expectation:
    fields.only(_EXPECTED)
    model, instructions, prompt = (
        fields.text(name) if name in fields else None for name in _EXPECTED[:3]
    )
    outputs = fields.fields("outputs") if "outputs" in fields else None
    return Expectation(
        model=model,
        instructions=instructions,
        prompt=prompt,
        tools=tuple(text_at(*one) for one in fields.sequence("tools")),
        outputs=tuple((name, outputs.text(name)) for name in outputs.names) if outputs else (),
        body=fields.json_object("body"),
    )


def _others(fields: Fields) -> Iterator[OtherReply]:
    if "other" not in fields:
        return
    routes = fields.fields("other")
    for route in routes.names:
        place = routes.at(route)
        match = _ROUTE.fullmatch(route)
        if match is None:
            raise Misplaced(place, "a method and a path are expected, such as GET /v1/models")
        if route in _RESPONSES:
            raise Misplaced(place, "the replies to it stand in replies")
        reply = routes.fields(route)
        reply.only(["status", *_KINDS["status"], "delay"])
        ready = replace(read_ready_reply(reply), delay_seconds=reply.seconds("delay"))
        yield OtherReply(method=match[1], path=match[2], query=None, reply=ready)
