"""What ``run`` prints for a person: the text on standard output, the rest on standard error."""

import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from tests.asking import ask, refusal
from tests.command import run_command
from tests.unprivileged import ordinary_user
from tests.wire import call_done, completed, failed, frame, item_done, message_done, text_delta

ANSWER = [text_delta("Hello"), message_done("Hello"), completed()]
ODD = "a\u2028b\u0085c👩\u200d👧 \x1b[31m\t\r"
CALL = [call_done("nothing", "{}"), completed()]


def message(*deltas: str, at: int = 0) -> list[bytes]:
    return [*(text_delta(text, at) for text in deltas), message_done("".join(deltas), at)]


def refused(text: str) -> list[bytes]:
    content = [{"type": "refusal", "refusal": text}]
    item = {"type": "message", "role": "assistant", "content": content}
    delta = {"type": "response.refusal.delta", "output_index": 0, "delta": text}
    return [frame(delta), item_done(item)]


def placeless(text: str) -> list[bytes]:
    """A message of a server that names no positions."""
    content = [{"type": "output_text", "text": text}]
    item = {"type": "message", "role": "assistant", "content": content}
    return [
        frame({"type": "response.output_text.delta", "delta": text}),
        frame({"type": "response.output_item.done", "item": item}),
    ]


@pytest.mark.parametrize(
    ("pieces", "printed"),
    [
        pytest.param(message("Hello"), "Hello\n", id="one delta"),
        pytest.param(message("Hel", "", "lo"), "Hello\n", id="several deltas, one empty"),
        pytest.param([message_done("Hello")], "Hello\n", id="no delta at all"),
        pytest.param([text_delta("Hel"), message_done("Hello")], "Hello\n", id="half by deltas"),
        pytest.param([text_delta("Hel")], "Hel\n", id="deltas without their message"),
        pytest.param([text_delta("A"), message_done("B")], "A\n", id="another text at the end"),
        pytest.param(message("one") + message("two", at=1), "one\n\ntwo\n", id="two messages"),
        pytest.param(
            [message_done("one"), message_done("two", 1)], "one\n\ntwo\n", id="two without deltas"
        ),
        pytest.param(placeless("one") + placeless("two"), "one\n\ntwo\n", id="no positions"),
        pytest.param(message("one\n\n\n") + message("two\n", at=1), "one\n\ntwo\n", id="own ends"),
        pytest.param(message("one", "\n", "\n", "two"), "one\n\ntwo\n", id="own blank line"),
        pytest.param(message("one") + message("\n", "two", at=1), "one\n\n\ntwo\n", id="own start"),
        pytest.param(message("one") + message("\ntwo", at=1), "one\n\n\ntwo\n", id="start at once"),
        pytest.param(message("\n") + message("two", at=1), "two\n", id="a blank one first"),
        pytest.param(
            message("one") + message("", at=1) + message("two", at=2), "one\n\ntwo\n", id="empty"
        ),
        pytest.param(message(""), "", id="nothing but an empty message"),
        pytest.param(message("\n\n"), "", id="nothing but line ends"),
        pytest.param([], "", id="no message"),
        pytest.param(refused("I will not."), "I will not.\n", id="a refusal"),
        pytest.param(message(ODD), f"{ODD}\n", id="odd characters"),
    ],
)
def test_standard_output_is_exactly_the_text(pieces: list[bytes], printed: str) -> None:
    ran = ask("--tools", "none", "hi", script=[[*pieces, completed()]]).ran
    assert (ran.exit_code, ran.text) == (0, printed)


def test_messages_of_several_turns_are_separated_by_a_blank_line() -> None:
    script = [[*message("Looking.\n"), *CALL], [*message("Found it."), completed()]]
    ran = ask("hi", script=script).ran
    assert (ran.exit_code, ran.text) == (0, "Looking.\n\nFound it.\n")


def test_half_a_surrogate_pair_is_printed_as_the_replacement_character() -> None:
    delta = b'data: {"type":"response.output_text.delta","output_index":0,"delta":"a\\ud83d!"}\n\n'
    ran = ask("--tools", "none", "hi", script=[[delta, completed()]]).ran
    assert (ran.exit_code, ran.stdout) == (0, "a\ufffd!\n".encode())


def test_standard_error_has_everything_but_the_text() -> None:
    script = [[*message("Looking."), call_done("nothing", "{}", output_index=1), completed()]]
    ran = ask("hi", script=[*script, ANSWER]).ran
    assert ran.text == "Looking.\n\nHello\n"
    assert ran.stderr == (
        "→ nothing {}\n  nothing: unsupported call: nothing\ntokens: 20 in, 10 out\n"
    )


def test_a_reasoning_summary_is_a_note() -> None:
    summary = [{"type": "summary_text", "text": text} for text in ("**Think**", "", "Done.\n")]
    item = item_done({"type": "reasoning", "id": "rs_1", "summary": summary})
    ran = ask("--tools", "none", "hi", script=[[item, *ANSWER]]).ran
    assert ran.text == "Hello\n"
    assert ran.stderr == "**Think**\nDone.\ntokens: 10 in, 5 out\n"


@pytest.mark.parametrize(
    ("answering", "told"),
    [
        ("gpt-5.5", ""),
        ("gpt-5.5-2026-04-01", ""),
        ("gpt-4o-mini", "answered by gpt-4o-mini, asked for gpt-5.5\n"),
    ],
)
def test_another_model_than_asked_for_is_told(answering: str, told: str) -> None:
    created = {"type": "response.created", "response": {"id": "resp_1", "model": answering}}
    ran = ask("--tools", "none", "-m", "gpt-5.5", "hi", script=[[frame(created), *ANSWER]]).ran
    assert ran.stderr == told + "tokens: 10 in, 5 out\n"


def test_quiet_leaves_standard_error_empty() -> None:
    ran = ask("--quiet", "hi", script=[CALL, ANSWER]).ran
    assert (ran.exit_code, ran.text, ran.stderr) == (0, "Hello\n", "")


def test_quiet_still_tells_an_error() -> None:
    ran = ask("-q", "hi", script=[refusal("400 Bad Request", '{"detail": "no such thing"}')]).ran
    assert (ran.exit_code, ran.text) == (6, "")
    assert "no such thing" in ran.stderr


def test_final_only_prints_the_last_message_alone() -> None:
    script = [
        [*message("Looking."), *CALL],
        [*message("one"), *message("two\n", at=1), completed()],
    ]
    ran = ask("--final-only", "hi", script=script).ran
    assert (ran.exit_code, ran.text) == (0, "two\n")


@pytest.mark.parametrize("options", [(), ("--final-only",)])
def test_the_installed_command_prints_the_same(options: tuple[str, ...]) -> None:
    words = ("--tools", "none", *options, "hi")
    script = [[*message("Grüß ", "dich ✓\n"), completed()]]
    asked = ask(*words, script=script, run=run_command)
    assert (asked.ran.exit_code, asked.ran.text) == (0, "Grüß dich ✓\n")
    assert asked.ran.stderr == "tokens: 10 in, 5 out\n"


def test_an_incomplete_answer_is_printed_as_far_as_it_came() -> None:
    incomplete = {
        "type": "response.incomplete",
        "response": {"incomplete_details": {"reason": "max_output_tokens"}},
    }
    ran = ask("--tools", "none", "hi", script=[[text_delta("Half of"), frame(incomplete)]]).ran
    assert (ran.exit_code, ran.text) == (6, "Half of\n")


class TestOutputLastMessage:
    """``-o FILE``."""

    def test_the_file_gets_the_last_message_as_it_is(self, tmp_path: Path) -> None:
        file = tmp_path / "answer.txt"
        script = [[*message("Looking."), *CALL], [*message("two\u2028lines ✓\n\n"), completed()]]
        ran = ask("-o", str(file), "hi", script=script).ran
        assert (ran.exit_code, file.read_bytes()) == (0, "two\u2028lines ✓\n\n".encode())
        assert list(tmp_path.iterdir()) == [file]

    def test_the_file_is_empty_when_there_was_no_message(self, tmp_path: Path) -> None:
        file = tmp_path / "answer.txt"
        file.write_text("old")
        ran = ask("--tools", "none", "-o", str(file), "hi", script=[[completed()]]).ran
        assert (ran.exit_code, file.read_bytes()) == (0, b"")

    @pytest.mark.parametrize("old", [None, b"old"])
    def test_the_file_is_untouched_when_the_run_fails(
        self, old: bytes | None, tmp_path: Path
    ) -> None:
        file = tmp_path / "answer.txt"
        if old is not None:
            file.write_bytes(old)
        script = [[*message("Hello"), failed("invalid_prompt")]]
        ran = ask("--tools", "none", "-o", str(file), "hi", script=script).ran
        left = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
        assert (ran.exit_code, left) == (6, {} if old is None else {"answer.txt": old})

    def test_a_link_stays_a_link_and_the_mode_stays(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target.txt", tmp_path / "link.txt"
        target.write_text("old")
        target.chmod(0o640)
        link.symlink_to(target)
        ran = ask("--tools", "none", "-o", str(link), "hi", script=[ANSWER]).ran
        assert (ran.exit_code, link.readlink(), target.read_text()) == (0, target, "Hello")
        assert stat.S_IMODE(target.stat().st_mode) == 0o640

    def test_a_name_of_the_longest_kind_can_be_written(self, tmp_path: Path) -> None:
        file = tmp_path / ("a" * 255)
        ran = ask("--tools", "none", "-o", str(file), "hi", script=[ANSWER]).ran
        assert (ran.exit_code, file.read_text()) == (0, "Hello")

    @pytest.mark.parametrize("name", ["missing/answer.txt", ".", "", "a" * 300, "circle", "gone"])
    def test_what_cannot_be_written_is_told_before_any_request(
        self, name: str, tmp_path: Path
    ) -> None:
        (tmp_path / "circle").symlink_to(tmp_path / "circle")
        (tmp_path / "gone").symlink_to(tmp_path / "missing" / "answer.txt")
        file = str(tmp_path / name) if name else ""
        asked = ask("--tools", "none", "-o", file, "hi", script=[ANSWER])
        assert (asked.ran.exit_code, asked.ran.text, asked.seen) == (2, "", [])
        assert asked.ran.stderr == (
            f"codexctl: The last message cannot be written to {file}.\n"
            "  Name a file in an existing folder that you may write to.\n"
        )

    def test_a_folder_that_may_not_be_written_to_is_told_before_any_request(self) -> None:
        with ordinary_user() as folder:
            folder.chmod(0o500)
            asked = ask("-o", str(folder / "answer.txt"), "hi", script=[ANSWER])
        assert (asked.ran.exit_code, asked.seen) == (2, [])

    def test_a_fifo_is_written_to(self, tmp_path: Path) -> None:
        fifo = tmp_path / "pipe"
        os.mkfifo(fifo)
        got: list[bytes] = []
        reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
        reader.start()
        ran = ask("--tools", "none", "-o", str(fifo), "hi", script=[ANSWER]).ran
        reader.join()
        assert (ran.exit_code, got, fifo.is_fifo()) == (0, [b"Hello"], True)

    @pytest.mark.skipif(sys.platform != "linux", reason="/dev/stdout is not the same everywhere")
    def test_dev_stdout_is_written_to(self) -> None:
        words = ("--tools", "none", "--final-only", "-o", "/dev/stdout", "hi")
        ran = ask(*words, script=[ANSWER], run=run_command).ran
        assert (ran.exit_code, ran.stdout) == (0, b"HelloHello\n")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
    def test_a_full_disk_is_told_and_fails_the_run(self) -> None:
        ran = ask("--tools", "none", "-o", "/dev/full", "hi", script=[ANSWER]).ran
        assert (ran.exit_code, ran.text) == (9, "Hello\n")
        assert ran.stderr == (
            "codexctl: The last message could not be written to /dev/full:"
            " No space left on device.\n"
            "  Free some space or name another file; the answer itself is complete.\n"
        )
