"""What a person sees: the command on a terminal, and what of it a pipe must not get."""

import os
import pty
import re
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.asking import Script, ask, served
from tests.command import COMMAND, api_environment, process_environment, run_command
from tests.wire import call_done, completed, frame, item_done, message_done, text_delta

ANSWER = [text_delta("Hel"), text_delta("lo"), message_done("Hello"), completed()]
CALL = [message_done("Looking."), call_done("nothing", '{"a": 1}', "c", 1), completed()]
EVIL = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \r\x08\x7f"
EVIL_SHOWN = r"\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x0d\x08\x7f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a command left on a terminal, and in the pipe that took one of its streams."""

    exit_code: int
    terminal: bytes
    pipe: bytes

    @property
    def screen(self) -> list[str]:
        """The lines as they stand in the end."""
        return screen_of(self.terminal.decode())

    @property
    def sequences(self) -> set[str]:
        """The escape sequences that the terminal got."""
        return set(
            re.findall(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", self.text)
        )

    @property
    def text(self) -> str:
        """What the terminal got."""
        return self.terminal.decode()


def screen_of(text: str) -> list[str]:
    """Do what a terminal does with the sequences of ours."""
    lines = [""]
    column = 0
    for part in re.findall(r"\x1b\[[0-9]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if part == "\n":
            lines.append("")
        elif part == "\r":
            column = 0
        elif part == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif not part.startswith("\x1b"):
            lines[-1] = lines[-1][:column] + part + lines[-1][column + len(part) :]
            column += len(part)
    assert lines.pop() == "", "the cursor does not stand at the start of an empty line"
    return lines


def watch(
    *words: str,
    script: Script = (),
    environment: Mapping[str, str] | None = None,
    piped: str = "",
) -> Seen:
    """Run on a terminal, with the stream that is ``piped`` in a pipe instead."""
    master, slave = pty.openpty()
    with served(script or [ANSWER]) as server, closing(os.fdopen(master, "rb", 0)) as terminal:
        process = subprocess.Popen(
            [COMMAND, *words],
            stdin=slave,
            stdout=subprocess.PIPE if piped == "stdout" else slave,
            stderr=subprocess.PIPE if piped == "stderr" else slave,
            env={
                **process_environment(api_environment(server.base_url)),
                "TERM": "xterm",
                **(environment or {}),
            },
        )
        os.close(slave)
        with process:
            got = bytearray()
            try:
                while chunk := terminal.read(4096):
                    got += chunk
            except OSError:  # how Linux says that the other side is closed
                pass
            pipe = process.stdout or process.stderr
            rest = pipe.read() if pipe else b""
            return Seen(exit_code=process.wait(timeout=60), terminal=bytes(got), pipe=rest)


def reasoning(text: str, at: int) -> bytes:
    summary = [{"type": "summary_text", "text": text}]
    return item_done({"type": "reasoning", "id": "rs_1", "summary": summary}, at)


def test_the_answer_stands_alone_with_the_usage_below_it() -> None:
    seen = watch("run", "hi")
    assert (seen.exit_code, seen.screen) == (0, ["Hello", "tokens: 10 in, 5 out"])


def test_a_status_is_shown_while_nothing_comes_and_cleared_after() -> None:
    seen = watch("run", "hi", script=[CALL, ANSWER])
    assert "waiting for openai/gpt-5.2-codex…" in seen.text
    assert "running nothing…" in seen.text
    assert seen.screen == [
        "Looking.",
        '→ nothing {"a": 1}',
        "  nothing: unsupported call: nothing",
        "",
        "Hello",
        "tokens: 20 in, 10 out",
    ]


def test_a_note_in_the_middle_of_an_answer_has_lines_of_its_own() -> None:
    pieces = [text_delta("Hel"), reasoning("Hm.", 1), text_delta("lo"), message_done("Hello")]
    seen = watch("run", "hi", script=[[*pieces, completed()]])
    assert seen.screen == ["Hel", "Hm.", "lo", "tokens: 10 in, 5 out"]


def test_an_error_in_the_middle_of_an_answer_has_lines_of_its_own() -> None:
    seen = watch("run", "--retries", "0", "hi", script=[[text_delta("Hel")]])
    assert (seen.exit_code, seen.screen) == (
        5,
        [
            "Hel",
            "codexctl: The stream ended before the response was complete.",
            "  Run it again; if it goes on, a proxy or VPN may be cutting streams.",
        ],
    )


def test_a_failure_leaves_no_status_behind() -> None:
    seen = watch("run", "--retries", "0", "hi", script=[[b"data: {}\n\n"]])
    assert seen.screen[0] == "codexctl: The stream ended before the response was complete."


def test_control_sequences_of_the_model_are_shown_and_not_executed() -> None:
    call = call_done(EVIL, f'{{"{EVIL}": 1}}', "c", 1)
    script = [[text_delta(EVIL), message_done(EVIL), call, completed()], ANSWER]
    seen = watch("run", "hi", script=script)
    assert seen.exit_code == 0
    assert seen.screen[0] == EVIL_SHOWN
    assert seen.sequences == {"\x1b[K", "\x1b[2m", "\x1b[33m", "\x1b[0m"}


def test_control_sequences_in_a_status_are_shown_and_not_executed() -> None:
    added = {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {"type": "function_call", "call_id": "c1", "name": "a\nb" + EVIL + "x" * 500},
    }
    seen = watch("run", "hi", script=[[frame(added), *ANSWER]])
    assert seen.sequences <= {"\x1b[K", "\x1b[2m", "\x1b[33m", "\x1b[0m"}
    assert max(len(line) for line in seen.text.split("\r")) < 1_000
    assert seen.screen[0] == "Hello"


@pytest.mark.parametrize("words", [("run", "-v", "hi"), ("run", "--json", "hi")], ids=" ".join)
def test_control_sequences_in_an_error_are_shown_and_not_executed(words: tuple[str, ...]) -> None:
    failed = {"type": "error", "error": {"code": "invalid_prompt", "message": EVIL}}
    seen = watch(*words, script=[[frame(failed)]])
    assert seen.exit_code == 6
    assert seen.sequences <= {"\x1b[K", "\x1b[2m", "\x1b[31m", "\x1b[0m"}


@pytest.mark.parametrize("words", [(), ("--frames",)])
def test_inspect_shows_control_sequences_and_does_not_execute_them(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "evil.sse"
    file.write_bytes(message_done(EVIL) + completed())
    seen = watch("inspect", *words, str(file))
    assert (seen.exit_code, seen.sequences) == (0, set())


def test_quiet_shows_the_answer_and_nothing_else() -> None:
    seen = watch("run", "--quiet", "hi", script=[CALL, ANSWER])
    assert (seen.exit_code, seen.text) == (0, "Looking.\r\n\r\nHello\r\n")


@pytest.mark.parametrize(
    ("words", "environment", "sequences"),
    [
        ((), {}, {"\x1b[K", "\x1b[2m", "\x1b[0m"}),
        ((), {"NO_COLOR": "1"}, {"\x1b[K"}),
        ((), {"NO_COLOR": ""}, {"\x1b[K", "\x1b[2m", "\x1b[0m"}),
        (("--color", "never"), {}, {"\x1b[K"}),
        (("--color", "always"), {"NO_COLOR": "1"}, {"\x1b[K", "\x1b[2m", "\x1b[0m"}),
    ],
)
def test_colour_is_for_who_wants_it(
    words: tuple[str, ...], environment: Mapping[str, str], sequences: set[str]
) -> None:
    seen = watch("run", *words, "hi", environment=environment)
    assert (seen.exit_code, seen.sequences) == (0, sequences)


def test_standard_output_in_a_pipe_gets_the_text_as_it_is() -> None:
    script = [[message_done(EVIL), completed()]]
    seen = watch("run", "hi", script=script, piped="stdout")
    assert (seen.exit_code, seen.pipe.decode()) == (0, EVIL + "\n")
    assert seen.screen == ["tokens: 10 in, 5 out"]


def test_standard_error_in_a_pipe_gets_plain_lines() -> None:
    seen = watch("run", "hi", script=[CALL, ANSWER], piped="stderr")
    assert (seen.exit_code, seen.text) == (0, "Looking.\r\n\r\nHello\r\n")
    assert seen.pipe.decode() == (
        '→ nothing {"a": 1}\n  nothing: unsupported call: nothing\ntokens: 20 in, 10 out\n'
    )


@pytest.mark.parametrize("words", [(), ("-v",), ("--json",)], ids=" ".join)
def test_a_pipe_gets_no_escape_sequence_at_all(words: tuple[str, ...]) -> None:
    script = [[b"data: {}\n\n"], CALL, [frame({"type": "error", "code": "invalid_prompt"})]]
    ran = ask("--retries", "1", *words, "hi", script=script, run=run_command).ran
    assert (ran.exit_code, "Looking." in ran.text) == (6, True)
    assert "\x1b" not in ran.text + ran.stderr


def test_colour_can_be_forced_into_a_pipe_on_standard_error_alone() -> None:
    ran = ask("--color", "always", "hi", script=[ANSWER], run=run_command).ran
    assert (ran.text, ran.stderr) == ("Hello\n", "\x1b[2mtokens: 10 in, 5 out\x1b[0m\n")


def test_a_run_without_a_prompt_on_a_terminal_says_so() -> None:
    seen = watch("run")
    assert (seen.exit_code, seen.screen) == (
        2,
        [
            "codexctl: There is no prompt.",
            "  Write it as the last word (codexctl run 'What is here?'), or pipe it in.",
        ],
    )


def test_a_prompt_on_a_terminal_does_not_wait_for_what_is_typed() -> None:
    seen = watch("run", "--final-only", "hi")
    assert (seen.exit_code, seen.screen) == (0, ["Hello", "tokens: 10 in, 5 out"])
