"""The pytest plugin: fixtures for tests of what is built on codexctl.

pytest loads it in every run where codexctl is installed, so at import it loads nothing but pytest,
and the fixtures load what they need when a test asks for them.
"""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from codexctl.entrypoints.emulator import Emulator
    from codexctl.testing.cassette import Cassette

_RECORD = "--codexctl-record"
_MARKERS = (
    'codexctl_emulator(**arguments): how to make the emulator, such as scenarios=("tool",)',
    "codexctl_cassette(path): the tape of the test, from the folder of its file on",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that records cassettes."""
    parser.getgroup("codexctl").addoption(
        _RECORD,
        action="store_true",
        help="run the tests that use codexctl_cassette with a real service, and record it",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.fixture
def codexctl_emulator(request: pytest.FixtureRequest) -> Generator["Emulator", None, None]:
    """A running stand-in for the issuer and both services, for this test alone."""
    from codexctl.entrypoints.emulator import Emulator

    with _made(Emulator, _arguments(request.node, Emulator)) as emulator:
        yield emulator


@pytest.fixture
def codexctl_environment(
    codexctl_emulator: "Emulator", tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Environment variables: signed in at `codexctl_emulator`, and nothing of the user's own."""
    from codexctl.testing.surroundings import emulator_environment

    return emulator_environment(codexctl_emulator, tmp_path_factory.mktemp("codexctl-home"))


@pytest.fixture
def codexctl_cassette(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator["Cassette", None, None]:
    """A run of codexctl on a tape, played; recorded with --codexctl-record."""
    from shlex import quote

    from codexctl.testing.cassette import Cassette

    node: pytest.Item = request.node
    cassette = Cassette(
        _tape(node),
        home=tmp_path_factory.mktemp("codexctl-home"),
        is_recording=bool(request.config.getoption(_RECORD)),
        how_to_record=f"pytest {_RECORD} {quote(node.nodeid)}",
    )
    failed_before = request.session.testsfailed
    yield cassette
    if request.session.testsfailed == failed_before:  # a test that failed has said what is wrong
        cassette.check()


def _arguments(node: pytest.Item, made: "type[Emulator]") -> dict[str, Any]:
    """Return what the marker of a test says, and fail the test if that cannot be."""
    from inspect import signature

    marker = node.get_closest_marker("codexctl_emulator")
    if marker is None:
        return {}
    known = list(signature(made).parameters)
    if marker.args:
        pytest.fail("codexctl_emulator takes its arguments by name.", pytrace=False)
    if unknown := [name for name in marker.kwargs if name not in known]:
        pytest.fail(
            f"codexctl_emulator has no argument {unknown[0]!r}. There are: {', '.join(known)}.",
            pytrace=False,
        )
    return dict(marker.kwargs)


def _made(kind: "type[Emulator]", arguments: dict[str, Any]) -> "Emulator":
    try:
        return kind(**arguments)
    except (TypeError, ValueError) as error:
        pytest.fail(f"codexctl_emulator: {error}", pytrace=False)


def _tape(node: pytest.Item) -> Path:
    """Return the path of a test's tape: as its marker says, or by the test's own name."""
    folder = node.path.parent
    marker = node.get_closest_marker("codexctl_cassette")
    if marker is None:
        return folder / "cassettes" / node.path.stem / f"{_own_name(node)}.yaml"
    if marker.kwargs or [type(one) for one in marker.args] != [str]:
        pytest.fail('codexctl_cassette takes one path, such as "cassettes/x.yaml".', pytrace=False)
    path: str = marker.args[0]
    return folder / path


def _own_name(node: pytest.Item) -> str:
    """Return the name of a test within its file, as a file can be named."""
    name = node.nodeid.partition("::")[2].replace("::", ".")
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in name)
