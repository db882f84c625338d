"""Tapes that are no tapes, of another run, or that must not be written: one clear line each."""

import stat
from pathlib import Path

import pytest
from tests.asking import Script, ask, served
from tests.calling import call, shell, step
from tests.command import Ran, api_environment, chatgpt_environment, run_here
from tests.wire import answer

HELLO: Script = [answer("Hello.")]
LOOK: Script = [step(call("read_file", path="one.txt")), answer("It says first.")]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "one.txt").write_text("first\n")
    return folder


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "tape.yaml"


def record(tape: Path, work: Path, script: Script, *words: str) -> Ran:
    """Record a run of the prompt ``go``."""
    ran = ask("-C", str(work), "--record", str(tape), *words, "go", script=script).ran
    assert tape.exists() or ran.exit_code
    return ran


def replay(tape: Path, work: Path, *words: str, prompt: str = "go") -> Ran:
    return run_here("run", "-C", str(work), "--replay", str(tape), *words, prompt)


def one_line(ran: Ran) -> str:
    """Return what an error says, of which the second line is what to do."""
    assert ran.stdout == b""
    said, remedy = ran.stderr.splitlines()
    assert remedy.startswith("  ")
    return said.removeprefix("codexctl: ")


DAMAGED = {
    "empty": ("", "it is empty"),
    "no YAML": ("interactions: [", "it is cut short, or no YAML"),
    "another YAML": ("a: 1\n", "it is YAML, but no tape"),
    "a list": ("- 1\n", "an old version of vcrpy"),
    "binary": ("\0\1", "it is no YAML"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_is_no_tape_is_told_so(name: str, tape: Path, work: Path) -> None:
    text, words = DAMAGED[name]
    tape.write_text(text)
    ran = replay(tape, work)
    assert (ran.exit_code, words in one_line(ran)) == (8, True), ran.stderr


def test_a_tape_that_is_not_there_is_a_mistake_of_the_command(tape: Path, work: Path) -> None:
    ran = replay(tape, work)
    assert (ran.exit_code, one_line(ran)) == (
        2,
        f"The tape {tape} cannot be read: No such file or directory.",
    )


def edited(tape: Path, old: str, new: str) -> None:
    text = tape.read_text()
    assert text.count(old) >= 1, text
    tape.write_text(text.replace(old, new, 1))


def test_a_tape_of_a_newer_version_is_told_so(tape: Path, work: Path) -> None:
    record(tape, work, HELLO)
    edited(tape, "tape: 1", "tape: 7")
    ran = replay(tape, work)
    assert (ran.exit_code, "version 7" in one_line(ran)) == (8, True)
    assert "Upgrade codexctl" in ran.stderr


def test_a_tape_that_is_cut_short_is_told_so(tape: Path, work: Path) -> None:
    record(tape, work, HELLO)
    text = tape.read_text()
    for length in (40, len(text) // 2, len(text) - 5):
        tape.write_text(text[:length])
        ran = replay(tape, work)
        assert (ran.exit_code, "cut short" in one_line(ran)) == (8, True), ran.stderr


def test_a_tape_of_another_command_is_told_so(tape: Path, work: Path) -> None:
    record(tape, work, HELLO)
    edited(tape, "command: run", "command: login")
    ran = replay(tape, work)
    assert (ran.exit_code, "a recording of codexctl login" in one_line(ran)) == (8, True)


def test_an_answer_that_was_edited_by_hand_is_what_is_played(tape: Path, work: Path) -> None:
    record(tape, work, HELLO)
    tape.write_text(tape.read_text().replace("Hello.", "Good day."))
    ran = replay(tape, work)
    assert (ran.exit_code, ran.text) == (0, "Good day.\n")


def test_a_request_that_was_edited_by_hand_is_a_mismatch(tape: Path, work: Path) -> None:
    record(tape, work, HELLO, "-m", "gpt-5.5")
    edited(tape, '"model": "gpt-5.5"', '"model": "gpt-4"')
    ran = replay(tape, work, "-m", "gpt-5.5")
    assert ran.exit_code == 8
    assert 'At $.model the tape has "gpt-4", this run has "gpt-5.5".' in one_line(ran)


def test_another_prompt_is_a_mismatch_with_the_command_that_records_it(
    tape: Path, work: Path
) -> None:
    record(tape, work, HELLO)
    ran = replay(tape, work, "--replay-speed", "0", prompt="stop it")
    assert (ran.exit_code, ran.stdout) == (8, b"")
    assert ran.stderr == (
        "codexctl: Request 1 is not the one on the tape. At $.input[1].content[0].text the tape has"
        ' "go", this run has "stop it".\n'
        f"  If that is meant, record it anew: codexctl run -C {work} --record {tape} 'stop it'\n"
    )


def test_a_mismatch_ends_json_lines_with_one_failed_turn(tape: Path, work: Path) -> None:
    record(tape, work, HELLO)
    ran = replay(tape, work, "--json", prompt="stop it")
    assert [line["type"] for line in ran.lines] == [
        "thread.started",
        "turn.started",
        "error",
        "turn.failed",
    ]
    error = ran.lines[-1]["error"]
    assert (error["kind"], error["exit_code"]) == ("TapeMismatch", 8)


def test_a_service_that_was_not_asked_is_a_mismatch(tape: Path, work: Path) -> None:
    record(tape, work, HELLO, "-m", "openai/gpt-5.5")
    ran = replay(tape, work, "-m", "openai-codex/gpt-5.5")
    assert (ran.exit_code, one_line(ran)) == (
        8,
        "The tape was recorded without a credential for ChatGPT.",
    )


def test_a_run_that_is_over_before_its_tape_is_a_mismatch(tape: Path, work: Path) -> None:
    record(tape, work, LOOK)
    # The first answer calls nothing any more: an unknown item stands in place of the call.
    edited(tape, '"item": {"type": "function_call"', '"item": {"type": "unknown_item"')
    ran = replay(tape, work)
    assert (ran.exit_code, "the tape has one request more" in ran.stderr) == (8, True), ran.stderr


def test_the_tools_are_run_and_compared_where_that_is_wanted(tape: Path, work: Path) -> None:
    recorded = record(tape, work, LOOK)
    same = replay(tape, work, "--live-tools")
    assert (same.exit_code, same.stdout) == (0, recorded.stdout)
    (work / "one.txt").write_text("changed\n")
    assert replay(tape, work).stdout == recorded.stdout
    other = replay(tape, work, "--live-tools")
    assert other.exit_code == 8
    assert 'The tool call call_1 came out otherwise than on the tape. At output the tape has "' in (
        other.stderr
    )


def test_a_tool_that_is_run_again_may_take_another_time_in_another_folder(
    tape: Path, work: Path, tmp_path: Path
) -> None:
    words = ("--sandbox", "danger-full-access", "--ask", "never")
    script: Script = [step(shell("pwd; cat one.txt")), answer("Done.")]
    recorded = record(tape, work, script, *words)
    tape.write_text(tape.read_text().replace("Wall time: 0.", "Wall time: 9."))
    elsewhere = tmp_path / "else where"
    work.rename(elsewhere)
    ran = replay(tape, elsewhere, "--live-tools", *words)
    assert (ran.exit_code, ran.stdout) == (0, recorded.stdout), ran.stderr


FULL = ("--sandbox", "danger-full-access")
"""What needs an approval where one can be had."""


def test_a_tool_that_is_run_again_needs_its_approval_again(tape: Path, work: Path) -> None:
    # A tape may be anybody's: what it would run here is asked about as in any other run.
    script: Script = [step(shell("touch made")), answer("Done.")]
    record(tape, work, script, *FULL, "--ask", "never")
    (work / "made").unlink()
    ran = replay(tape, work, "--live-tools", *FULL, "--ask", "always")
    assert (ran.exit_code, (work / "made").exists()) == (8, False)


def test_a_call_that_was_refused_is_neither_run_nor_asked_about_again(
    tape: Path, work: Path
) -> None:
    script: Script = [step(shell("touch made")), answer("As you like.")]
    recorded = record(tape, work, script, *FULL, "--ask", "always")
    for ask_mode in ("always", "never"):
        ran = replay(tape, work, "--live-tools", *FULL, "--ask", ask_mode)
        assert (ran.exit_code, ran.stdout) == (0, recorded.stdout)
    assert not (work / "made").exists()


def test_a_session_with_earlier_turns_is_not_recorded(tape: Path, work: Path) -> None:
    home = {"CODEXCTL_HOME": str(work.parent / "home")}
    with served(HELLO) as server:
        environment = {**api_environment(server.base_url), **home}
        words = ("-C", str(work), "--session", "s")
        assert run_here("run", *words, "first", environment=environment).exit_code == 0
        again = run_here("run", *words, "--record", str(tape), "more", environment=environment)
        assert len(server.seen) == 1
    assert (again.exit_code, tape.exists()) == (2, False)
    assert "A session with earlier turns cannot be recorded" in again.stderr


def test_a_place_that_cannot_be_written_is_found_before_anything_is_sent(work: Path) -> None:
    asked = ask("--record", str(work / "none" / "tape.yaml"), "go", script=HELLO)
    assert (asked.ran.exit_code, asked.seen) == (2, [])
    assert "A tape cannot be written to" in one_line(asked.ran)


def test_a_run_that_sends_nothing_leaves_the_last_tape_alone(tape: Path, work: Path) -> None:
    tape.write_text("the last one")
    ran = run_here("run", "-C", str(work), "--record", str(tape), "go")
    assert (ran.exit_code, tape.read_text()) == (3, "the last one")
    assert f"Nothing was sent, so {tape} was not recorded." in ran.stderr


KEY = "sk-proj-" + "Ab1" * 12


def test_no_credential_is_on_the_tape(tape: Path, work: Path) -> None:
    (work / "one.txt").write_text(f"key {KEY}\nBearer made-up-token\n")
    with served(LOOK) as server:
        environment = {**chatgpt_environment(server.base_url), "OPENAI_API_KEY": KEY}
        words = ("-C", str(work), "--record", str(tape), "--json")
        ran = run_here("run", *words, "go", environment=environment)
    assert ran.exit_code == 0
    text = tape.read_text()
    assert KEY not in text
    assert "made-up-token" not in text
    played = replay(tape, work, "--json")
    assert (played.exit_code, [line["type"] for line in played.lines]) == (
        0,
        [line["type"] for line in ran.lines],
    )


def test_a_tape_is_a_file_like_any_other(tape: Path, work: Path) -> None:
    record(tape, work, HELLO)
    (work / "any").touch()
    assert stat.S_IMODE(tape.stat().st_mode) == stat.S_IMODE((work / "any").stat().st_mode)
    assert [path.name for path in tape.parent.iterdir() if path.is_file()] == [tape.name]


def test_a_run_that_was_played_can_be_recorded_where_it_is_wanted_again(
    tape: Path, work: Path
) -> None:
    first = record(tape, work, HELLO, "--json")
    second = record(tape, work, HELLO, "--json")
    assert first.lines[0]["thread_id"] != second.lines[0]["thread_id"]
    assert replay(tape, work, "--json").stdout == second.stdout
