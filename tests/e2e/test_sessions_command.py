"""``codexctl sessions``: the conversations that are kept."""

import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from tests.command import Ran, run_command, run_here
from tests.fakes.screen import on_terminal
from tests.fakes.session_values import (
    ANSWERED,
    ASKED,
    ONE_OF_EACH,
    STEP,
    a_header,
    an_id,
    log_files,
)
from tests.fakes.values import a_call

from codexctl.adapters.sessions.store import FileSessionStore
from codexctl.domain.conversation import (
    AssistantMessage,
    Citation,
    Image,
    OutputText,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.session import CallBegun, ItemAdded, SessionHeader, SessionRecord, StepEnded
from codexctl.domain.stream_events import Usage
from codexctl.entrypoints.cli.arguments import load_command, parse
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.testing.fakes.clock import FakeClock

NOON = 1_780_315_200  # 2026-06-01 12:00 UTC


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def _keep(home: Path, header: SessionHeader, *records: SessionRecord, minutes: int = 0) -> Path:
    """Keep a whole session, changed some minutes after noon."""
    with closing(FileSessionStore(home, FakeClock()).create(header)) as log:
        log.append(*(records or (ASKED, ANSWERED, STEP)))
    (path,) = (home / "sessions").glob(f"*_{header.session_id}.jsonl")
    os.utime(path, (0, NOON + 60 * minutes))
    return path


def _sessions(home: Path, *words: str, zone: str = "UTC") -> Ran:
    """Run the command as a process, which heeds the time zone."""
    return run_command("sessions", *words, environment={"CODEXCTL_HOME": str(home), "TZ": zone})


def _sessions_here(home: Path, *words: str) -> Ran:
    return run_here("sessions", *words, environment={"CODEXCTL_HOME": str(home)})


# list


def test_an_empty_list_says_how_to_begin(home: Path) -> None:
    for words in (("list",), ("list", "--json")):
        ran = _sessions_here(home, *words)
        assert (ran.exit_code, ran.text, ran.stderr) == (
            0,
            "",
            "No conversation is kept yet. Begin one with: codexctl run PROMPT\n",
        )
    assert not home.exists()


def test_the_list_shows_each_session_in_a_line_the_latest_first(home: Path) -> None:
    _keep(home, a_header(1, name="work"), minutes=1)
    _keep(home, a_header(2), ItemAdded(UserMessage("Why\n  not?")), minutes=3)
    long = ItemAdded(UserMessage("word " * 30))
    cut = "word " * 11 + "word…"
    _keep(home, a_header(3), long, StepEnded("openai/gpt-4o-mini", Usage()), minutes=2)
    ran = _sessions(home, "list")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.text.split("\n") == [
        "00020000  2026-06-01 12:03  -                             Why not?",
        f"00030000  2026-06-01 12:02  openai/gpt-4o-mini            {cut}",
        "00010000  2026-06-01 12:01  openai-codex/gpt-5.5  [work]  How are you?",
        "",
    ]


def test_times_are_those_of_the_readers_zone(home: Path) -> None:
    _keep(home, a_header())
    assert _sessions(home, "list", zone="Asia/Tokyo").text.split("  ")[1] == "2026-06-01 21:00"


def test_ids_that_begin_alike_are_shown_as_far_as_they_differ(home: Path) -> None:
    session_ids = [f"abcdef01-0000-4000-8000-00000000000{number}" for number in range(2)]
    for session_id in session_ids:
        header = a_header()
        _keep(
            home,
            SessionHeader(
                session_id=session_id, created_at=header.created_at, working_folder="/work"
            ),
        )
    shown = [line.split("  ")[0] for line in _sessions_here(home, "list").text.splitlines()]
    assert sorted(shown) == session_ids
    assert _sessions_here(home, "rm", *shown).exit_code == 0


def test_the_list_as_json_has_an_object_a_line(home: Path) -> None:
    _keep(home, a_header(1, name="ünï", forked_from=2), minutes=1)
    _keep(home, a_header(3)).write_text("damaged\n")
    os.utime(log_files(home)[1], (0, NOON))
    ran = _sessions_here(home, "list", "--json")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.lines == [
        {
            "id": an_id(1),
            "changed_at": "2026-06-01T12:01:00+00:00",
            "is_readable": True,
            "created_at": "2026-11-21T04:14:24+00:00",
            "working_folder": "/work",
            "name": "ünï",
            "forked_from": an_id(2),
            "model": "openai-codex/gpt-5.5",
            "first_words": "How are you?",
        },
        {"id": an_id(3), "changed_at": "2026-06-01T12:00:00+00:00", "is_readable": False},
    ]


def test_a_session_that_cannot_be_read_is_in_the_list_and_can_be_removed(home: Path) -> None:
    _keep(home, a_header()).write_text("damaged\n")
    os.utime(log_files(home)[0], (0, NOON))
    assert _sessions(home, "list").text == "00010000  2026-06-01 12:00  -  (cannot be read)\n"
    assert _sessions_here(home, "rm", "00010000").exit_code == 0
    assert log_files(home) == []


# show


def test_a_session_is_shown_as_what_was_said_and_done(home: Path) -> None:
    _keep(
        home,
        a_header(1, name="work", forked_from=2),
        ItemAdded(UserMessage("Look\nhere.", (Image("image/png", b"x" * 1_234),))),
        ItemAdded(Reasoning(item_id="rs", summary=("", " **Looking** "), encrypted_content="seal")),
        ItemAdded(Reasoning(item_id="rs", summary=(), encrypted_content="seal")),
        ItemAdded(a_call("call_1", "look", '{\n "at": 1\n}')),
        ItemAdded(a_call("call_2", "look")),
        ItemAdded(a_call("call_3", "look")),
        StepEnded("openai-codex/gpt-5.5", Usage(input_tokens=1_200, cached_input_tokens=1_000)),
        CallBegun("call_1"),
        ItemAdded(
            ToolOutput(call_id="call_1", text="line\n" * 100, images=(Image("image/gif", b"GIF"),))
        ),
        CallBegun("call_2"),
        ItemAdded(ProviderItem("web_search_call", "{}", "cats")),
        ItemAdded(ProviderItem("hologram", "{}")),
        ItemAdded(
            AssistantMessage(
                parts=(
                    OutputText("A cat.\n", (Citation("https://cat.example", "Cats"),)),
                    OutputText("Two.", (Citation("https://dog.example"),)),
                )
            )
        ),
        StepEnded("openai/gpt-4o-mini", Usage(output_tokens=30, reasoning_output_tokens=10)),
    )
    ran = _sessions(home, "show", "work")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.text == (
        f"session      {an_id(1)}\n"
        "name         work\n"
        "begun        2026-11-21 04:14\n"
        "changed      2026-06-01 12:00\n"
        "folder       /work\n"
        f"forked from  {an_id(2)}\n"
        "model        openai/gpt-4o-mini\n"
        "\n"
        "user:\n"
        "Look\n"
        "here.\n"
        "[picture: image/png, 1,234 bytes]\n"
        "\n"
        "thinking:\n"
        "**Looking**\n"
        "\n"
        '→ look { "at": 1 }\n'
        "\n"
        "→ look {}\n"
        "← (it had begun, and no output of it is kept)\n"
        "\n"
        "→ look {}\n"
        f"← {('line ' * 40)[:199]}…\n"
        "[picture: image/gif, 3 bytes]\n"
        "\n"
        "→ web_search_call cats\n"
        "\n"
        "→ hologram\n"
        "\n"
        "assistant:\n"
        "A cat.\n"
        "Two.\n"
        "source: Cats https://cat.example\n"
        "source: https://dog.example\n"
        "\n"
        "tokens: 1,200 in (1,000 cached), 30 out (10 thinking)\n"
    )


def test_a_short_session_is_shown_without_what_it_lacks(home: Path) -> None:
    _keep(home, a_header(), ASKED)
    assert _sessions(home, "show", an_id(1)).text == (
        f"session      {an_id(1)}\n"
        "begun        2026-11-21 04:14\n"
        "changed      2026-06-01 12:00\n"
        "folder       /work\n"
        "\n"
        "user:\n"
        "How are you?\n"
        "\n"
        "tokens: 0 in, 0 out\n"
    )


def test_a_session_as_json_is_its_log(home: Path) -> None:
    path = _keep(home, a_header(), *ONE_OF_EACH)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"torn')
    ran = _sessions_here(home, "show", "0001", "--json")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, whole, "")


@pytest.mark.parametrize("line", ["damaged", '{"codexctl_session": 2}'])
def test_a_damaged_session_can_be_shown_as_json_alone(home: Path, line: str) -> None:
    path = _keep(home, a_header())
    path.write_text(f"{line}\n")
    ran = _sessions_here(home, "show", "0001")
    assert (ran.exit_code, ran.text) == (9, "")
    assert ran.stderr.startswith(f"codexctl: The session {an_id(1)} ")
    assert _sessions_here(home, "show", "0001", "--json").text == f"{line}\n"


def test_a_session_that_another_process_has_open_can_be_shown_but_not_removed(home: Path) -> None:
    with closing(FileSessionStore(home, FakeClock()).create(a_header())) as log:
        log.append(ASKED)
        assert "How are you?" in _sessions(home, "show", "0001").text
        ran = _sessions(home, "rm", "0001")
        assert (ran.exit_code, ran.stderr) == (
            9,
            (
                f"codexctl: The session {an_id(1)} is open in another codexctl.\n"
                f"  Wait for its end, or go on from a copy with: --fork {an_id(1)}\n"
            ),
        )


@pytest.mark.parametrize("words", [("list",), ("show", "0001")], ids=" ".join)
def test_on_a_terminal_control_characters_are_shown_not_obeyed(
    home: Path, words: tuple[str, ...]
) -> None:
    _keep(home, a_header(folder="/\x1b]0;x\x07"), ItemAdded(UserMessage("red \x1b[31m \x9b31m")))
    kept = on_terminal()
    surroundings = Surroundings(
        environment={"CODEXCTL_HOME": str(home)}, stdin=None, stdout=None, stderr=None
    )
    options = parse(["sessions", *words])
    assert load_command("sessions")(options, kept.screen, surroundings) == 0
    assert "red \\x1b[31m \\x9b31m" in kept.stdout
    assert {"\x1b", "\x07", "\x9b"} & set(kept.stdout) == set()


# rm


def test_sessions_are_removed_for_good_and_told(home: Path) -> None:
    for number in (1, 2, 3):
        _keep(home, a_header(number, name=f"name {number}"))
    ran = _sessions_here(home, "rm", "name 1", an_id(3))
    assert (ran.exit_code, ran.text, ran.stderr) == (
        0,
        "",
        f"Removed the session {an_id(1)}.\nRemoved the session {an_id(3)}.\n",
    )
    assert [line["name"] for line in _sessions_here(home, "list", "--json").lines] == ["name 2"]


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        (
            "nothing",
            "There is no session nothing.\n  See them all with: codexctl sessions list\n",
        ),
        (
            "000",
            (
                "There is no session of the name 000.\n"
                "  Give at least 4 characters of an id. See them all with: codexctl sessions list\n"
            ),
        ),
        (
            "abcd",
            (
                "There are 2 sessions that abcd could be.\n"
                "  Name one by its id: abcd0000-0000-4000-8000-000000000001,"
                " abcd0000-0000-4000-8000-000000000000\n"
            ),
        ),
    ],
)
@pytest.mark.parametrize("action", ["show", "rm"])
def test_what_names_no_session_is_a_wrong_word(
    home: Path, action: str, reference: str, complaint: str
) -> None:
    for number in range(2):
        _keep(
            home,
            SessionHeader(
                session_id=f"abcd0000-0000-4000-8000-00000000000{number}",
                created_at=a_header().created_at,
                working_folder="/work",
            ),
        )
    ran = _sessions_here(home, action, reference)
    assert (ran.exit_code, ran.text, ran.stderr) == (2, "", f"codexctl: {complaint}")
    assert len(log_files(home)) == 2


def test_what_was_removed_before_a_wrong_word_is_told(home: Path) -> None:
    for number in (1, 2):
        _keep(home, a_header(number))
    ran = _sessions_here(home, "rm", an_id(1), "nothing", an_id(2))
    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"Removed the session {an_id(1)}.\ncodexctl: There is no session")
    assert [line["id"] for line in _sessions_here(home, "list", "--json").lines] == [an_id(2)]


# The command line


@pytest.mark.parametrize(
    "words",
    [(), ("remove",), ("show",), ("rm",), ("list", "x"), ("rm", "--json", "x")],
    ids=" ".join,
)
def test_a_wrong_command_line_is_told(home: Path, words: tuple[str, ...]) -> None:
    ran = _sessions_here(home, *words)
    assert (ran.exit_code, ran.text) == (2, "")
    assert "\n  See: codexctl " in ran.stderr


def test_shared_options_are_taken_before_between_and_after(home: Path) -> None:
    _keep(home, a_header())
    assert json.loads(_sessions_here(home, "-q", "list", "--json").text)["id"] == an_id(1)
    assert run_here("-q", "sessions", "list", environment={"CODEXCTL_HOME": str(home)}).text
    ran = _sessions_here(home, "rm", an_id(1), "-q")
    assert (ran.exit_code, ran.stderr) == (0, "")


@pytest.mark.parametrize("words", [("--help",), ("list", "--help"), ("rm", "--help")], ids=" ".join)
def test_help_is_there(home: Path, words: tuple[str, ...]) -> None:
    ran = _sessions_here(home, *words)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.text.startswith("usage: codexctl sessions")
