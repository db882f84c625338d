"""Which options of ``codexctl run`` go together, and what they hold."""

import pytest

from codexctl.domain.errors import UsageError
from codexctl.entrypoints.cli.arguments import parse


def _complaint(*words: str) -> tuple[str, str | None]:
    """Return what is told of a wrong command line, and the remedy."""
    with pytest.raises(UsageError) as caught:
        parse(["run", *words, "hi"])
    return caught.value.message, caught.value.remedy


def test_without_options_nothing_is_recorded_or_replayed() -> None:
    options = parse(["run", "hi"])
    tape = (options.record, options.replay, options.live_tools, options.replay_speed)
    assert tape == (None, None, False, 0.0)


def test_a_replay_has_a_tape_a_speed_and_live_tools() -> None:
    words = ["--replay", "a.yaml", "--live-tools", "--replay-speed", "2.5"]
    options = parse(["run", *words, "hi"])
    tape = (options.record, options.replay, options.live_tools, options.replay_speed)
    assert tape == (None, "a.yaml", True, 2.5)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "1e999", "fast", ""])
def test_a_speed_is_a_number_from_0(value: str) -> None:
    assert _complaint("--replay", "a.yaml", f"--replay-speed={value}") == (
        f"Argument --replay-speed: {value!r} is not a number from 0.",
        "See: codexctl run --help",
    )


def test_a_run_is_recorded_or_replayed() -> None:
    assert _complaint("--record", "a.yaml", "--replay", "b.yaml") == (
        "Argument --replay: not allowed with argument --record.",
        "See: codexctl run --help",
    )


@pytest.mark.parametrize("other", [(), ("--record", "a.yaml")], ids=["alone", "recording"])
@pytest.mark.parametrize("words", [("--live-tools",), ("--replay-speed", "0")], ids=" ".join)
def test_what_is_about_a_replay_needs_one(words: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert _complaint(*words, *other) == (
        f"{words[0]} is of no use without --replay.",
        f"Name a tape with --replay FILE, or leave {words[0]} out.",
    )


def test_what_is_scrubbed_is_about_a_recording() -> None:
    assert _complaint("--scrub-reasoning", "--replay", "a.yaml") == (
        "--scrub-reasoning is of no use without --record.",
        "Name a tape with --record FILE, or leave --scrub-reasoning out.",
    )


GOING_ON = [("--continue",), ("--resume", "abcd"), ("--fork", "abcd")]


@pytest.mark.parametrize("words", GOING_ON, ids=" ".join)
def test_a_replay_goes_on_with_no_session(words: tuple[str, ...]) -> None:
    assert _complaint(*words, "--replay", "a.yaml") == (
        f"{words[0]} does not go with --replay.",
        f"Leave {words[0]} out: a tape holds its own conversation.",
    )


@pytest.mark.parametrize("words", GOING_ON, ids=" ".join)
def test_what_is_recorded_goes_on_with_no_session(words: tuple[str, ...]) -> None:
    assert _complaint(*words, "--record", "a.yaml") == (
        f"{words[0]} does not go with --record.",
        "A tape holds a whole conversation: start a new one to record it.",
    )


@pytest.mark.parametrize("words", [("--ephemeral",), ("--session", "work")], ids=" ".join)
@pytest.mark.parametrize("tape", ["--record", "--replay"])
def test_a_tape_goes_with_a_new_session(words: tuple[str, ...], tape: str) -> None:
    options = vars(parse(["run", *words, tape, "a.yaml", "hi"]))
    assert options[tape.removeprefix("--")] == "a.yaml"


@pytest.mark.parametrize(
    "key", ["record", "replay", "live-tools", "live_tools", "replay-speed", "scrub-reasoning"]
)
def test_a_tape_is_no_setting(key: str) -> None:
    options = parse(["run", "-c", f"{key}=1", "hi"])
    tape = (options.record, options.replay, options.live_tools, options.replay_speed)
    assert (tape, options.parameters) == ((None, None, False, 0.0), {key: 1})
