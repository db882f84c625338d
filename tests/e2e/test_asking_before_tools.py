"""``--ask``: a person at a terminal is asked before a tool runs, and nobody else answers."""

import os
import pty
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from tests.asking import served
from tests.calling import shell, step, told
from tests.command import COMMAND, Ran, api_environment, process_environment
from tests.wire import answer

FULL = ("--sandbox", "danger-full-access")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty working folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


class Terminal:
    """A run on a terminal, and somebody who types."""

    def __init__(self, *words: str, environment: dict[str, str], folder: Path) -> None:
        master, slave = pty.openpty()
        self._terminal = os.fdopen(master, "r+b", 0)
        self.process = subprocess.Popen(
            [COMMAND, "run", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**process_environment(environment), "TERM": "dumb"},
            cwd=folder,
        )
        os.close(slave)
        self.text = ""

    def type(self, line: str) -> None:
        """Type a line."""
        self._terminal.write(line.encode() + b"\n")

    def read_until(self, words: str, times: int = 1) -> None:
        """Read what comes until it holds some words so many times."""
        while self.text.count(words) < times and self._more():
            pass
        assert self.text.count(words) >= times, self.text

    def finish(self) -> Ran:
        """Read to the end."""
        while self._more():
            pass
        with closing(self._terminal):
            exit_code = self.process.wait(timeout=60)
        return Ran(exit_code=exit_code, stdout=self.text.encode(), stderr="")

    def _more(self) -> bool:
        try:
            chunk = self._terminal.read(4096)
        except OSError:  # how Linux says that the other side is closed
            return False
        self.text += (chunk or b"").decode("utf-8", "replace")
        return bool(chunk)


QUESTION = "Run it? [y]es, [n]o, [a]lways for this run"
REFUSED = "The user refused this call, so it was not run. Ask, or find another way."


def test_a_person_says_yes_no_and_always(work: Path) -> None:
    hidden = "touch second # \u202e \x1b[2K"
    calls = [shell("touch first"), shell(hidden), shell("touch third"), shell("touch fourth")]
    with served([step(*calls), answer("Done.")]) as server:
        person = Terminal(
            *("--ask", "always", *FULL, "go"),
            environment=api_environment(server.base_url),
            folder=work,
        )
        for times, word in enumerate(("y", "n", "a"), 1):
            person.read_until(QUESTION, times)
            person.type(word)
        ran = person.finish()
    assert ran.exit_code == 0
    assert ran.text.count(QUESTION) == 3
    assert "shell: touch first\r\n" in ran.text
    assert "shell: touch second # \\u202e \\x1b[2K\r\n" in ran.text
    assert "shell: touch third\r\n" in ran.text
    assert "shell: touch fourth" not in ran.text
    outputs = list(told(server.seen[1]).values())
    assert [outputs[1], *(output.splitlines()[0] for output in (outputs[0], *outputs[2:]))] == [
        REFUSED,
        *["Exit code: 0"] * 3,
    ]
    assert [(work / name).exists() for name in ("first", "second", "third", "fourth")] == [
        True,
        False,
        True,
        True,
    ]


def test_what_was_typed_before_the_question_is_no_answer(work: Path) -> None:
    with served([step(shell("touch ran")), answer("Done.")]) as server:
        environment = api_environment(server.base_url)
        held, slave = pty.openpty()
        os.write(held, b"y\ny\ny\n")  # it waits in the terminal before codexctl has begun
        process = subprocess.Popen(
            [COMMAND, "run", "--ask", "always", *FULL, "go"],
            stdin=slave,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=process_environment(environment),
            cwd=work,
        )
        os.close(slave)
        with process, closing(os.fdopen(held, "r+b", 0)) as terminal:
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith(b"Run it?"):
                    break
            os.write(terminal.fileno(), b"n\n")
            process.stderr.read()
    assert (process.returncode, told(server.seen[1])) == (0, {"call_1": REFUSED})
    assert not (work / "ran").exists()


@pytest.mark.parametrize(
    ("words", "questions"),
    [
        (FULL, 1),
        (("--sandbox", "read-only"), 0),
        ((*FULL, "--ask", "never"), 0),
    ],
    ids=["full access", "confined", "never"],
)
def test_on_a_terminal_what_no_sandbox_confines_is_asked_about(
    words: tuple[str, ...], questions: int, work: Path
) -> None:
    with served([step(shell("true")), answer("Done.")]) as server:
        person = Terminal(*words, "go", environment=api_environment(server.base_url), folder=work)
        if questions:
            person.read_until(QUESTION)
            person.type("y")
        ran = person.finish()
    assert (ran.exit_code, ran.text.count(QUESTION), len(server.seen)) == (0, questions, 2)


def test_nobody_at_the_other_end_of_the_terminal_is_a_no(work: Path) -> None:
    with served([step(shell("touch ran")), answer("Done.")]) as server:
        person = Terminal(
            *("--ask", "always", *FULL, "go"),
            environment=api_environment(server.base_url),
            folder=work,
        )
        person.read_until(QUESTION)
        person.type("\x04")  # Ctrl-D
        ran = person.finish()
    assert (ran.exit_code, told(server.seen[1])) == (0, {"call_1": REFUSED})
