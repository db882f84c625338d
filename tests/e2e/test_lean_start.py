"""A command loads what it uses and nothing else, looked at in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.command import api_environment, chatgpt_environment, process_environment
from tests.fakes.stream_server import Reply, StreamServer
from tests.wire import answer

_MAIN = """
import json, sys
there = set(sys.modules)
from codexctl.entrypoints.cli import main
target, sys.argv = sys.argv[1], ["codexctl", *sys.argv[2:]]
code = main()
with open(target, "w") as file:
    json.dump(sorted(set(sys.modules) - there), file)
sys.exit(code)
"""
"""What the installed command does, and then writes down what has been loaded on the way."""

SLOW_TO_LOAD = {
    "asyncio",
    "cryptography",
    "dependency_injector",
    "email",
    "fastjsonschema",
    "http",
    "jwt",
    "keyring",
    "pathspec",
    "requests",
    "socket",
    "sseclient",
    "ssl",
    "subprocess",
    "urllib3",
    "vcr",
    "yaml",
}
FOR_OTHER_COMMANDS = {
    "codexctl.adapters.caches",
    "codexctl.adapters.confinement",
    "codexctl.adapters.openai_oauth.claims",
    "codexctl.adapters.responses.routing",
    "codexctl.adapters.tools.patching",
    "codexctl.application.route_requests",
    "codexctl.domain.fault_rules",
    "codexctl.entrypoints.emulator",
    "cryptography",
    "fastjsonschema",
    "http.server",
    "jwt",
    "keyring",
    "pathspec",
    "vcr",
}
"""What a plain run has no use for. (dependency-injector loads yaml where it finds it.)"""


def _loaded(folder: Path, *words: str, environment: Mapping[str, str] | None = None) -> set[str]:
    """Run a command that has to go well; return the modules that it loaded."""
    modules = folder / "modules.json"
    finished = subprocess.run(
        [sys.executable, "-c", _MAIN, modules, *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=process_environment(environment),
        timeout=100,
    )
    assert finished.returncode == 0, finished.stderr
    return set(json.loads(modules.read_bytes()))


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("run", "--help")], ids=" ".join)
def test_help_and_version_load_nothing_slow(words: tuple[str, ...], tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, *words)
    assert "argparse" in loaded
    assert loaded & SLOW_TO_LOAD == set()


@pytest.mark.parametrize("options", [(), ("--json",), ("--final-only",)], ids=" ".join)
def test_a_run_loads_nothing_of_other_commands(options: tuple[str, ...], tmp_path: Path) -> None:
    with StreamServer(lambda number, seen: Reply(pieces=answer("hello"))) as server:
        environment = api_environment(server.base_url)
        loaded = _loaded(
            tmp_path, "run", "--tools", "none", *options, "hi", environment=environment
        )
    assert {"requests", "sseclient", "dependency_injector"} <= loaded
    assert loaded & FOR_OTHER_COMMANDS == set()


def test_an_opaque_token_is_used_without_loading_what_reads_tokens(tmp_path: Path) -> None:
    with StreamServer(lambda number, seen: Reply(pieces=answer("hello"))) as server:
        environment = chatgpt_environment(server.base_url)
        loaded = _loaded(tmp_path, "run", "--tools", "none", "hi", environment=environment)
    assert loaded & FOR_OTHER_COMMANDS == set()


def test_tools_that_are_offered_and_not_called_cost_no_library(tmp_path: Path) -> None:
    with StreamServer(lambda number, seen: Reply(pieces=answer("hello"))) as server:
        environment = api_environment(server.base_url)
        loaded = _loaded(tmp_path, "run", "-C", str(tmp_path), "hi", environment=environment)
    assert "codexctl.adapters.tools.list_files" in loaded
    assert loaded & FOR_OTHER_COMMANDS == set()
