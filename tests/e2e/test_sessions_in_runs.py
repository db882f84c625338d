"""Conversations that several runs have: begun, gone on with, named, forked, or not kept at all."""

import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.asking import served
from tests.calling import shell, step, told
from tests.command import Ran, api_environment, chatgpt_environment, run_command, run_here
from tests.fakes.stream_server import Reply, Seen, StreamServer
from tests.wire import answer, item_done, message_done, text_delta

UNKNOWN_ID = "01234567-89ab-4def-8123-456789abcdef"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a home folder and a working folder, and a service that says ``Answer 1.``, …"""

    home: Path
    work: Path
    server: StreamServer

    def run(self, *words: str, folder: Path | None = None) -> Ran:
        """Run with JSON lines in the working folder."""
        where = ("-C", str(folder or self.work))
        environment = {**api_environment(self.server.base_url), "CODEXCTL_HOME": str(self.home)}
        return run_here("run", "--json", *where, *words, environment=environment)

    def sessions(self, *words: str) -> Ran:
        """Run ``codexctl sessions``."""
        return run_here("sessions", *words, environment={"CODEXCTL_HOME": str(self.home)})

    @property
    def logs(self) -> list[Path]:
        """The files of the sessions."""
        return sorted(self.home.glob("sessions/*.jsonl"))


def _numbered(number: int, _seen: Seen) -> Reply:
    return Reply(pieces=answer(f"Answer {number + 1}."))


@pytest.fixture
def user(tmp_path: Path) -> Generator[User, None, None]:
    (tmp_path / "work").mkdir()
    with StreamServer(_numbered) as server:
        yield User(tmp_path / "home", tmp_path / "work", server)


def thread(ran: Ran) -> str:
    """Return the id of a run's conversation; fails unless the run went well."""
    assert ran.exit_code == 0, ran.stderr
    assert ran.lines[0]["type"] == "thread.started"
    return ran.lines[0]["thread_id"]


def said(seen: Seen) -> list[str]:
    """Return what was said in a request, without what is told of the surroundings."""
    texts = [part["text"] for item in seen.input for part in item.get("content", [])]
    return [text for text in texts if not text.startswith(("<environment", "# AGENTS.md"))]


def prefix(first: Seen, second: Seen) -> list[dict[str, Any]]:
    """Return as much of the second request's input as the first one had."""
    return second.input[: len(first.input)]


# Going on


@pytest.mark.parametrize("way", ["continue", "id", "beginning", "capitals"])
def test_a_conversation_is_gone_on_with(user: User, way: str) -> None:
    session_id = thread(user.run("one"))
    words = {
        "continue": ("--continue",),
        "id": ("--resume", session_id),
        "beginning": ("--resume", session_id[:8]),
        "capitals": ("--resume", session_id.upper()),
    }[way]
    assert thread(user.run(*words, "two")) == session_id
    first, second = user.server.seen
    assert prefix(first, second) == first.input
    assert said(second) == ["one", "Answer 1.", "two"]
    rest = [
        {name: seen.body[name] for name in seen.body if name != "input"} for seen in (first, second)
    ]
    assert rest[0] == rest[1]
    assert first.body["prompt_cache_key"] == session_id
    assert len(user.logs) == 1


def test_each_request_of_a_long_conversation_begins_with_the_one_before(user: User) -> None:
    for number in range(4):
        thread(user.run("--session", "long", f"prompt {number}"))
    for earlier, later in zip(user.server.seen, user.server.seen[1:], strict=False):
        assert prefix(earlier, later) == earlier.input


def test_continue_takes_the_last_one_of_the_folder(user: User, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    session_id = thread(user.run("here"))
    thread(user.run("there", folder=other))
    assert thread(user.run("--continue", "on")) == session_id
    assert said(user.server.seen[2]) == ["here", "Answer 1.", "on"]


def test_a_named_session_is_begun_and_then_gone_on_with(user: User, tmp_path: Path) -> None:
    session_id = thread(user.run("--session", "work", "one"))
    assert thread(user.run("--session", "work", "two", folder=tmp_path)) == session_id
    assert thread(user.run("--resume", "work", "three")) == session_id
    assert thread(user.run("--session", "other", "four")) != session_id
    assert said(user.server.seen[2]) == ["one", "Answer 1.", "two", "Answer 2.", "three"]
    assert said(user.server.seen[3]) == ["four"]


def test_a_fork_goes_on_by_itself(user: User) -> None:
    origin = thread(user.run("one"))
    before = user.logs[0].read_bytes()
    fork = thread(user.run("--fork", origin, "two"))
    assert (fork != origin, user.logs[0 if origin in user.logs[0].name else 1].read_bytes()) == (
        True,
        before,
    )
    thread(user.run("--resume", fork, "three"))
    thread(user.run("--resume", origin, "four"))
    assert said(user.server.seen[2]) == ["one", "Answer 1.", "two", "Answer 2.", "three"]
    assert said(user.server.seen[3]) == ["one", "Answer 1.", "four"]
    assert prefix(user.server.seen[0], user.server.seen[1]) == user.server.seen[0].input


def test_runs_without_a_session_option_know_nothing_of_each_other(user: User) -> None:
    assert thread(user.run("one")) != thread(user.run("two"))
    assert said(user.server.seen[1]) == ["two"]
    assert len(user.logs) == 2


def test_an_ephemeral_run_leaves_nothing(user: User) -> None:
    thread(user.run("--ephemeral", "one"))
    assert list(user.home.rglob("*.jsonl")) == []
    ran = user.run("--continue", "two")
    assert (ran.exit_code, len(user.server.seen)) == (2, 1)


def test_tool_calls_and_their_outputs_are_gone_on_with(tmp_path: Path) -> None:
    reasoning: dict[str, Any] = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "encrypted_content": "sealed",
    }
    script = [
        [item_done(reasoning), *step(shell("echo first"))],
        answer("One."),
        step(shell("echo second")),
        answer("Two."),
    ]
    words = ("run", "--sandbox", "danger-full-access", "--session", "work")
    with served(script) as server:
        environment = {**api_environment(server.base_url), "CODEXCTL_HOME": str(tmp_path)}
        for prompt in ("one", "two"):
            ran = run_here(*words, prompt, environment=environment)
            assert ran.exit_code == 0, ran.stderr
    for earlier, later in zip(server.seen, server.seen[1:], strict=False):
        assert prefix(earlier, later) == earlier.input
    first, second = told(server.seen[3]).values()
    assert (first.splitlines()[-1], second.splitlines()[-1]) == ("first", "second")


def test_what_is_told_of_the_surroundings_is_not_told_again(user: User) -> None:
    (user.work / "AGENTS.md").write_text("Be kind.")
    thread(user.run("one"))
    thread(user.run("--continue", "two"))
    (user.work / "AGENTS.md").write_text("Be brief.")
    thread(user.run("--continue", "three"))
    texts = [
        "".join(part["text"] for part in item.get("content", []))
        for item in user.server.seen[2].input
    ]
    assert [sum(words in text for text in texts) for words in ("Be kind.", "Be brief.")] == [1, 1]
    assert sum(text.startswith("<environment_context>") for text in texts) == 1
    assert prefix(user.server.seen[1], user.server.seen[2]) == user.server.seen[1].input


def test_a_run_that_failed_can_be_continued(tmp_path: Path) -> None:
    script = [[text_delta("Half of"), message_done("Half of it.")], answer("The rest.")]
    with served(script) as server:
        environment = {**api_environment(server.base_url), "CODEXCTL_HOME": str(tmp_path)}
        failed = run_here("run", "--retries", "0", "one", environment=environment)
        ran = run_here("run", "--continue", "go on", environment=environment)
    assert (failed.exit_code, ran.exit_code, ran.text) == (5, 0, "The rest.\n")
    assert said(server.seen[1]) == ["one", "Half of it.", "go on"]


# What cannot be


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--continue",), "There is no session of this folder to continue."),
        (("--resume", UNKNOWN_ID), f"There is no session {UNKNOWN_ID}."),
        (("--fork", UNKNOWN_ID), f"There is no session {UNKNOWN_ID}."),
        (("--resume", "ab"), "There is no session of the name ab."),
    ],
    ids=["continue", "resume", "fork", "too short"],
)
def test_a_session_that_is_not_there_is_told_before_any_request(
    user: User, words: tuple[str, ...], complaint: str
) -> None:
    ran = user.run(*words, "hi")
    assert (ran.exit_code, user.server.seen, user.logs) == (2, [], [])
    assert ran.stderr.splitlines()[0] == f"codexctl: {complaint}"
    assert len(ran.stderr.splitlines()) == 2


@pytest.mark.parametrize("name", ["", " ", "a/b\n", "x" * 65])
def test_a_name_that_no_session_can_have_is_told_before_any_request(user: User, name: str) -> None:
    ran = user.run("--session", name, "hi")
    assert (ran.exit_code, user.server.seen, user.logs) == (2, [], [])


@pytest.mark.parametrize(
    "words",
    [
        ("--continue", "--ephemeral"),
        ("--resume", "abcd", "--fork", "abcd"),
        ("--session", "a", "--continue"),
        ("--session", "a", "--resume", "abcd"),
        ("--fork", "abcd", "--ephemeral"),
    ],
    ids=" ".join,
)
def test_options_that_exclude_each_other_are_a_wrong_command_line(
    user: User, words: tuple[str, ...]
) -> None:
    ran = user.run(*words, "hi")
    assert (ran.exit_code, ran.text, user.server.seen) == (2, "", [])
    assert "not allowed with" in ran.stderr


def test_a_session_is_open_in_one_process_at_a_time(user: User) -> None:
    session_id = thread(user.run("--session", "work", "one"))
    has_asked, may_answer = threading.Event(), threading.Event()

    def slow(_number: int, _seen: Seen) -> Reply:
        has_asked.set()
        assert may_answer.wait(timeout=60)
        return Reply(pieces=answer("At last."))

    finished: list[Ran] = []
    with StreamServer(slow) as server:
        environment = {**api_environment(server.base_url), "CODEXCTL_HOME": str(user.home)}

        def first() -> None:
            finished.append(run_command("run", "--session", "work", "two", environment=environment))

        running = threading.Thread(target=first)
        running.start()
        assert has_asked.wait(timeout=60)
        refused = [user.run(*words, "three") for words in _ways_in(session_id)]
        removed = user.sessions("rm", session_id)
        forked = user.run("--fork", session_id, "three")
        may_answer.set()
        running.join()
    for ran in refused:
        assert (ran.exit_code, ran.stderr) == (
            9,
            (
                f"codexctl: The session {session_id} is open in another codexctl.\n"
                f"  Wait for its end, or go on from a copy with: --fork {session_id}\n"
            ),
        )
    assert (removed.exit_code, forked.exit_code) == (9, 0)
    assert [(ran.exit_code, ran.text) for ran in finished] == [(0, "At last.\n")]
    assert [said(seen) for seen in user.server.seen[1:]] == [["one", "Answer 1.", "two", "three"]]


def _ways_in(session_id: str) -> list[tuple[str, ...]]:
    return [("--session", "work"), ("--resume", session_id), ("--continue",)]


# The home folder


def _close_sessions(home: Path) -> None:
    """Put a file where the folder has to be, which stops even root."""
    home.mkdir()
    (home / "sessions").write_text("")


def test_a_new_run_goes_on_where_nothing_can_be_kept_and_tells_it_once(user: User) -> None:
    _close_sessions(user.home)
    ran = user.run("one")
    assert (ran.exit_code, [item["text"] for item in ran.items("agent_message")]) == (
        0,
        ["Answer 1."],
    )
    assert [line["message"] for line in ran.lines if line["type"] == "notice"] == [
        (
            f"This run cannot be continued later: {user.home}/sessions could not be written:"
            " File exists."
        )
    ]


def test_a_named_run_ends_where_nothing_can_be_kept(user: User) -> None:
    _close_sessions(user.home)
    ran = user.run("--session", "work", "one")
    assert (ran.exit_code, user.server.seen) == (9, [])
    assert [line["type"] for line in ran.lines][-1] == "turn.failed"
    assert ran.lines[-1]["error"]["exit_code"] == 9
    assert len(ran.stderr.splitlines()) == 2


@pytest.mark.parametrize("credential", ["key", "token"])
def test_no_secret_stands_in_a_session(tmp_path: Path, credential: str) -> None:
    script = [step(shell("env; cat /proc/self/environ; echo seen")), answer("Done.")]
    with served(script) as server:
        url = server.base_url
        access = api_environment(url) if credential == "key" else chatgpt_environment(url)
        environment = {**access, "CODEXCTL_HOME": str(tmp_path), "CODEXCTL_PASSPHRASE": "sesame"}
        ran = run_command(
            *("run", "--sandbox", "danger-full-access", "go"), environment=environment
        )
    assert ran.exit_code == 0, ran.stderr
    (log,) = tmp_path.glob("sessions/*.jsonl")
    text = log.read_text()
    assert "seen" in text
    secrets = ("sk-test-0123456789", "made-up-token", "sesame")
    assert [secret for secret in secrets if secret in text] == []
    assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o777) == (0o600, 0o700)


# Looking after them


def test_sessions_of_runs_are_listed_shown_and_removed(user: User) -> None:
    first = thread(user.run("--session", "work", "What is\n  this?"))
    second = thread(user.run("--fork", "work", "And that?"))
    listed = {line["id"]: line for line in user.sessions("list", "--json").lines}
    assert {
        session_id: (line["name"], line["first_words"], line["forked_from"], line["working_folder"])
        for session_id, line in listed.items()
    } == {
        first: ("work", "What is this?", None, str(user.work)),
        second: (None, "What is this?", first, str(user.work)),
    }
    shown = user.sessions("show", second).text
    assert [words for words in ("And that?", "assistant:\nAnswer 2.") if words not in shown] == []
    assert user.sessions("rm", first, second).exit_code == 0
    assert (user.logs, user.sessions("list").text) == ([], "")
    assert user.run("--resume", first, "hi").exit_code == 2
