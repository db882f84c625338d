"""The contract of ``codexctl.domain.ports.Notifier``, for screens, reports and the fake."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import pytest
from tests.fakes.screen import piped

from codexctl.adapters.cassettes.recorded import RecordingNotifier
from codexctl.adapters.cassettes.recording import Recording
from codexctl.domain.ports import Notifier
from codexctl.domain.run_events import RunStarted
from codexctl.entrypoints.rendering.json_lines import JsonReport
from codexctl.entrypoints.rendering.notices import ReportNotifier, ScreenNotifier
from codexctl.entrypoints.rendering.output import Output
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.rendering.text import TextReport
from codexctl.testing.fakes.notifier import FakeNotifier


class Unwritable:
    """A stream that takes nothing."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def write(self, data: bytes, /) -> int:
        raise self._error

    def flush(self) -> None:
        raise self._error


@dataclass(frozen=True, slots=True)
class Subject:
    """A notifier and what the user was told by it, line by line."""

    notifier: Notifier
    told: Callable[[], list[str]]


Opening: TypeAlias = Callable[[], Subject]


def _lines(shown: str) -> list[str]:
    return [line.removeprefix("note: ") for line in shown.splitlines()]


def _screen() -> Subject:
    kept = piped()
    return Subject(ScreenNotifier(kept.screen), lambda: _lines(kept.stderr))


def _text_report() -> Subject:
    kept = piped()
    report = TextReport(kept.screen)
    return Subject(ReportNotifier(report), lambda: _lines(kept.stderr))


def _json_report() -> Subject:
    kept = piped()
    report = JsonReport(kept.screen)
    report.show(RunStarted("a-conversation"))  # whose line is the first one, before any notice
    return Subject(ReportNotifier(report), lambda: _notices(kept.stdout))


def _notices(shown: str) -> list[str]:
    lines = [json.loads(line) for line in shown.splitlines()]
    return [line["message"] for line in lines if line["type"] == "notice"]


def _fake() -> Subject:
    fake = FakeNotifier()
    return Subject(fake, lambda: fake.told)


def _recorded() -> Subject:
    fake = FakeNotifier()
    recording = Recording(lambda: 0.0)
    return Subject(RecordingNotifier(fake, recording), lambda: fake.told)


_OPENINGS: dict[str, Opening] = {
    "screen": _screen,
    "text report": _text_report,
    "JSON report": _json_report,
    "recorded": _recorded,
    "fake": _fake,
}


@pytest.fixture(params=_OPENINGS.values(), ids=list(_OPENINGS))
def subject(request: pytest.FixtureRequest) -> Subject:
    open_subject: Opening = request.param
    return open_subject()


def test_what_is_told_reaches_the_user_in_its_order(subject: Subject) -> None:
    subject.notifier.tell("The disk is nearly full.")
    subject.notifier.tell("The answer was lost.")
    assert subject.told() == ["The disk is nearly full.", "The answer was lost."]


def test_letters_of_any_language_are_told(subject: Subject) -> None:
    subject.notifier.tell("Die Anmeldung wurde nicht gespeichert: für Ω ist kein Platz.")
    assert "für Ω ist kein Platz" in subject.told()[0]


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("way", ["screen", "text", "json"])
def test_telling_nobody_is_no_error(way: str, error: OSError) -> None:
    screen = Screen(Output(Unwritable(error)), Output(Unwritable(error)))
    notifiers: dict[str, Notifier] = {
        "screen": ScreenNotifier(screen),
        "text": ReportNotifier(TextReport(screen)),
        "json": ReportNotifier(JsonReport(screen)),
    }
    notifiers[way].tell("The disk is nearly full.")


def test_a_run_is_told_the_same_once() -> None:
    subject = _json_report()
    for text in ("Busy.", "Full.", "Busy."):
        subject.notifier.tell(text)
    assert subject.told() == ["Busy.", "Full."]


def test_nothing_that_is_told_stands_in_the_answer() -> None:
    kept = piped()
    ScreenNotifier(kept.screen).tell("The disk is nearly full.")
    ReportNotifier(TextReport(kept.screen)).tell("The disk is nearly full.")
    assert kept.stdout == ""
