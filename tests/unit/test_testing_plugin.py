"""The pytest plugin for those who build on codexctl, in test runs of their own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.command import process_environment

# Loaded here, so that no inner run has to load them anew.
from codexctl.entrypoints.emulator import Emulator
from codexctl.entrypoints.tape_composition import COMMAND
from codexctl.testing.cassette import Cassette

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]
_LOADED_BEFORE = (Emulator, COMMAND, Cassette)

GREETING = """
    def test_greeting(codexctl_cassette, codexctl_environment, tmp_path):
        ran = codexctl_cassette.run(
            {prompt!r}, "--json", "-C", str(tmp_path), environment=codexctl_environment
        )
        assert ran.exit_code == 0
        assert [event["type"] for event in ran.events][-1] == "turn.completed"
"""


@pytest.fixture(autouse=True)
def _strict(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error")


def _said(result: pytest.RunResult) -> str:
    return result.stdout.str()


def test_the_emulator_plays_what_the_marker_says(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from codexctl.testing import run_codexctl

        def answer(environment):
            ran = run_codexctl("run", "Hi", "--tools", "none", environment=environment)
            assert (ran.exit_code, ran.stderr.count("Traceback")) == (0, 0)
            return ran.stdout

        @pytest.mark.codexctl_emulator(scenarios=("unicode",))
        def test_every_script(codexctl_emulator, codexctl_environment):
            assert not answer(codexctl_environment).isascii()
            assert codexctl_emulator.requests[-1].status == 200

        def test_plain(codexctl_environment):
            assert answer(codexctl_environment).isascii()
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_the_emulator_is_closed_after_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        seen = []

        def test_one(codexctl_emulator):
            seen.append(codexctl_emulator)
            assert codexctl_emulator.port

        def test_another(codexctl_emulator):
            assert codexctl_emulator is not seen[0]
            with pytest.raises(RuntimeError, match="not running"):
                seen[0].port
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("scenario='tool'", "codexctl_emulator has no argument 'scenario'. There are: port, "),
        ("('tool',)", "codexctl_emulator takes its arguments by name."),
        ("scenarios=('toil',)", "codexctl_emulator: *toil*"),
    ],
)
def test_a_marker_that_makes_no_sense_is_said_to_be_so(
    pytester: pytest.Pytester, arguments: str, complaint: str
) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.codexctl_emulator({arguments})
        def test_one(codexctl_emulator):
            pass
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{complaint}*"])


def test_nothing_of_the_users_environment_is_in_that_of_the_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "OPENAI_API_KEY",
        "CODEXCTL_PROFILE",
        "HTTPS_PROXY",
        "CODEX_HOME",
        "CODEXCTL_HOME",
    ):
        monkeypatch.setenv(name, "the-users-own")
    pytester.makepyfile(
        """
        import os, pathlib

        def test_environment(codexctl_environment, tmp_path):
            own = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
            assert own.items() <= codexctl_environment.items()
            assert set(codexctl_environment) - set(own) == {
                "HOME", "CODEXCTL_HOME", "CODEXCTL_KEY_SOURCE", "CODEXCTL_ISSUER",
                "CODEXCTL_CHATGPT_BASE_URL", "CODEXCTL_API_BASE_URL", "CODEXCTL_ACCESS_TOKEN",
            }
            assert "the-users-own" not in codexctl_environment.values()
            home = pathlib.Path(codexctl_environment["HOME"])
            assert (home.parent, list(home.iterdir())) == (tmp_path.parent, [])
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_the_environment_is_enough_for_a_login_and_a_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from codexctl.testing import run_codexctl

        @pytest.mark.codexctl_emulator(strict_bearer=True)
        def test_login(codexctl_environment):
            del codexctl_environment["CODEXCTL_ACCESS_TOKEN"]
            for words in (("login", "--device"), ("run", "Hi", "--tools", "none"), ("logout",)):
                ran = run_codexctl(*words, environment=codexctl_environment)
                assert ran.exit_code == 0, ran.stderr
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_what_was_recorded_is_played(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_hello=GREETING.format(prompt="Say hello."))
    pytester.runpytest_inprocess("--codexctl-record").assert_outcomes(passed=1)
    tape = pytester.path / "cassettes" / "test_hello" / "test_greeting.yaml"
    recorded = tape.read_bytes()
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    assert tape.read_bytes() == recorded


def test_a_tape_is_played_without_login_and_without_the_users_home(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_hello=GREETING.format(prompt="Say hello."))
    pytester.runpytest_inprocess("--codexctl-record").assert_outcomes(passed=1)
    pytester.makepyfile(
        test_hello="""
        def test_greeting(codexctl_cassette, tmp_path):
            assert not codexctl_cassette.is_recording
            ran = codexctl_cassette.run("Say hello.", "-C", str(tmp_path))
            assert (ran.exit_code, ran.stdout != "") == (0, True)
        """
    )
    monkeypatch.setenv("HOME", str(pytester.path / "home"))
    monkeypatch.setenv("CODEXCTL_HOME", str(pytester.path / "home"))
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    assert not (pytester.path / "home").exists()


def test_a_recording_uses_what_the_environment_names(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEXCTL_HOME", str(pytester.path / "home"))
    pytester.makepyfile(
        """
        def test_greeting(codexctl_cassette, tmp_path):
            ran = codexctl_cassette.run("Say hello.", "--tools", "none", "-C", str(tmp_path))
            assert ran.exit_code == 0, ran.stderr
        """
    )
    with Emulator() as emulator:
        monkeypatch.setenv("CODEXCTL_API_BASE_URL", emulator.api_base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
        pytester.runpytest_inprocess("--codexctl-record").assert_outcomes(passed=1)
        asked = [one.status for one in emulator.requests]
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    assert asked == [200]


def test_each_test_has_a_tape_of_its_own_beside_its_file(pytester: pytest.Pytester) -> None:
    pytester.mkpydir("inner").joinpath("test_names.py").write_text(
        "import pytest\n"
        "def test_plain(codexctl_cassette): print(codexctl_cassette.path)\n"
        "class TestSome:\n"
        "    @pytest.mark.parametrize('word', ['a/b', '..'])\n"
        "    def test_one(self, codexctl_cassette, word): print(codexctl_cassette.path)\n"
        "@pytest.mark.codexctl_cassette('tapes/own.yaml')\n"
        "def test_marked(codexctl_cassette): print(codexctl_cassette.path)\n",
        encoding="utf-8",
    )
    shown = re.findall(r"^\S+\.yaml$", _said(pytester.runpytest_inprocess("-rP")), re.MULTILINE)
    inner = pytester.path / "inner"
    names = ("test_plain", "TestSome.test_one-a-b-", "TestSome.test_one-..-")
    expected = [inner / "cassettes" / "test_names" / f"{name}.yaml" for name in names]
    assert [Path(path) for path in dict.fromkeys(shown)] == [
        *expected,
        inner / "tapes" / "own.yaml",
    ]


@pytest.mark.parametrize("arguments", ["", "7", "path='x.yaml'", "'x.yaml', 'y.yaml'"])
def test_a_marker_without_one_path_is_said_to_be_so(
    pytester: pytest.Pytester, arguments: str
) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.codexctl_cassette({arguments})
        def test_one(codexctl_cassette):
            pass
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    assert 'codexctl_cassette takes one path, such as "cassettes/x.yaml".' in _said(result)


def test_without_a_tape_the_test_fails_and_says_how_to_record_it(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_hello=GREETING.format(prompt="Say hello."))
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    tape = pytester.path / "cassettes" / "test_hello" / "test_greeting.yaml"
    result.stdout.fnmatch_lines(
        [
            f"There is no cassette {tape}.",
            "To record it: pytest --codexctl-record test_hello.py::test_greeting",
        ]
    )


def test_another_request_fails_the_test_and_says_where_it_differs(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_hello=GREETING.format(prompt="Say hello."))
    pytester.runpytest_inprocess("--codexctl-record").assert_outcomes(passed=1)
    pytester.makepyfile(test_hello=GREETING.format(prompt="Say goodbye."))
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    assert '"Say hello."' in _said(result)
    assert '"Say goodbye."' in _said(result)
    assert "To record it: pytest --codexctl-record test_hello.py::test_greeting" in _said(result)


def test_a_test_that_leaves_its_tape_alone_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(codexctl_cassette): pass")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["The test did not play its cassette *test_nothing.yaml."])


def test_a_test_that_failed_is_not_blamed_for_its_tape_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(codexctl_cassette): raise LookupError")
    pytester.runpytest_inprocess().assert_outcomes(failed=1)


def test_a_second_run_from_one_tape_fails_the_test(pytester: pytest.Pytester) -> None:
    twice = GREETING + "        codexctl_cassette.run('Say hello.')\n"
    pytester.makepyfile(test_hello=twice.format(prompt="Say hello."))
    result = pytester.runpytest_inprocess("--codexctl-record")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["A cassette holds one run, and this is the second."])


def test_without_the_extra_the_test_says_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_hello(codexctl_cassette, monkeypatch):
            codexctl_cassette.path.parent.mkdir(parents=True)
            codexctl_cassette.path.write_text("version: 1")
            monkeypatch.setitem(sys.modules, "yaml", None)
            codexctl_cassette.run("Hi")
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    assert "pip install 'codexctl-cli[replay]'" in _said(result)


def test_words_that_make_no_sense_fail_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "def test_hello(codexctl_cassette): codexctl_cassette.run('Hi', '--no-such-option')"
    )
    result = pytester.runpytest_inprocess("--codexctl-record")
    result.assert_outcomes(failed=1)
    assert "--no-such-option" in _said(result)


def test_the_markers_and_the_option_are_known(pytester: pytest.Pytester) -> None:
    assert "@pytest.mark.codexctl_emulator(**arguments):" in _said(pytester.runpytest("--markers"))
    assert "--codexctl-record" in _said(pytester.runpytest("--help"))


def test_loading_the_plugin_loads_nothing_but_itself() -> None:
    program = (
        "import json, sys, pytest; there = set(sys.modules); import codexctl.testing.pytest_plugin;"
        "print(json.dumps(sorted(set(sys.modules) - there)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        env=process_environment(),
        check=True,
        timeout=100,
    )
    loaded = [name for name in json.loads(ran.stdout) if not name.startswith("coverage")]
    assert loaded == ["codexctl", "codexctl.testing", "codexctl.testing.pytest_plugin"]


def _examples() -> list[str]:
    text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_first_example_has_ten_lines() -> None:
    assert len([line for line in _examples()[0].splitlines() if line]) <= 10


def test_the_examples_of_the_documentation_pass(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = _examples()
    for number, example in enumerate(examples):
        pytester.path.joinpath(f"test_{number}.py").write_text(example, encoding="utf-8")
    with Emulator() as emulator:  # a recording needs a service
        monkeypatch.setenv("CODEXCTL_HOME", str(pytester.path / "home"))
        monkeypatch.setenv("CODEXCTL_CHATGPT_BASE_URL", emulator.chatgpt_base_url)
        monkeypatch.setenv("CODEXCTL_ACCESS_TOKEN", "made-up-token")
        recorded = pytester.runpytest_inprocess("--codexctl-record")
    recorded.assert_outcomes(passed=len(examples))
    pytester.runpytest_inprocess().assert_outcomes(passed=len(examples))
