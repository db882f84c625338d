"""Runs the main job against a faulty server: real sockets, and a clock on which waiting is free."""

import io
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers
from tests.command import SHARED_HOME, Ran, api_environment
from tests.fakes.stream_server import Seen
from tests.faults.server import FaultServer
from tests.faults.streams import TOOL

from codexctl.adapters.responses.client import ResponsesClient
from codexctl.adapters.responses.http import HttpSettings
from codexctl.application.container import Container
from codexctl.application.run_conversation import Task
from codexctl.domain.credentials import Credential
from codexctl.domain.limits import RetryPolicy, RunLimits
from codexctl.domain.models import ModelChoice
from codexctl.domain.tools import ToolCall, ToolOutcome
from codexctl.entrypoints.cli.failures import failure_from
from codexctl.entrypoints.cli.run_command import follow
from codexctl.entrypoints.composition import RunOptions, build_container
from codexctl.entrypoints.rendering.json_lines import JsonReport
from codexctl.entrypoints.rendering.notices import ReportNotifier
from codexctl.entrypoints.rendering.output import Output
from codexctl.entrypoints.rendering.report import RunReport
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.rendering.text import TextReport
from codexctl.entrypoints.settings import Settings, read_settings
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.entropy import FakeEntropy
from codexctl.testing.fakes.tool_executor import FakeToolExecutor, Scripted

PATIENCE_SECONDS = 20.0
"""A run that takes longer hangs. Every limit that a run is given here is far below it."""


class Manner(Enum):
    """How a run shows what it does, by the words that ask for it."""

    TEXT = ()
    FINAL_ONLY = ("--final-only",)
    JSON = ("--json",)
    DELTAS = ("--json", "--deltas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a run left behind: on its outputs, at the server, and among the tools.

    Attributes:
        ran: Exit code and outputs.
        seen: The requests that the server got.
        tool_runs: The ids of the calls that were run, in order.
        waits: How long was waited before each retry.
    """

    ran: Ran
    seen: list[Seen]
    tool_runs: list[str]
    waits: list[float]

    @property
    def messages(self) -> list[str]:
        """The model's messages of a run with ``--json``."""
        return [item["text"] for item in self.ran.items("agent_message")]

    @property
    def error(self) -> dict[str, Any]:
        """Why a run with ``--json`` failed."""
        last = self.ran.lines[-1]
        assert last["type"] == "turn.failed"
        return last["error"]

    @property
    def retries_told(self) -> list[str]:
        """What was said of each retry, its number first (``1/5 in …``)."""
        notices = [
            line["message"]
            for line in (self.ran.lines if self.ran.text.startswith("{") else [])
            if line["type"] == "notice"
        ]
        told = [*self.ran.stderr.split("\n"), *notices]
        start = "Reconnecting "
        return [line.removeprefix(start) for line in told if line.startswith(start)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Under what a run runs.

    Attributes:
        manner: How it shows what it does.
        retries: Its budget a step.
        idle_timeout_seconds: How long the service may be silent, and how long connecting may take.
        models: Which model is asked, and which ones in its place.
        environment: Its variables besides those that point it to the server.
        clock: Its clock.
        prepare: Changes what it is built from, such as where its credentials come from.
        patience_seconds: How long the run may take before it is said to hang.
        during_tool: Happens whenever the tool is run.
    """

    manner: Manner = Manner.TEXT
    retries: int = 5
    idle_timeout_seconds: float = PATIENCE_SECONDS / 2
    models: tuple[str, ...] = ("gpt-5.5",)
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    clock: FakeClock = field(default_factory=FakeClock)
    prepare: Callable[[Container], None] = lambda container: None
    patience_seconds: float = PATIENCE_SECONDS
    during_tool: Callable[[], None] = lambda: None


class CountingTool(FakeToolExecutor):
    """One tool that does nothing but count, while something else happens."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__({TOOL: [Scripted("There is nothing to see.")]})
        self._meanwhile = meanwhile

    def execute(self, call: ToolCall) -> ToolOutcome:
        self._meanwhile()
        return super().execute(call)


def run_against(server: FaultServer, conditions: Conditions) -> Told:
    """Run the main job, with one tool."""
    tools = CountingTool(conditions.during_tool)
    ran = in_time(server, lambda: _run(server, conditions, tools), conditions.patience_seconds)
    return Told(
        ran=ran,
        seen=list(server.seen),
        tool_runs=[call.call_id for call in tools.calls],
        waits=list(conditions.clock.waits),
    )


def put(provider: providers.Provider[Any], made: object) -> None:
    """Have a container use this in place of what it was composed with."""
    provider.override(providers.Object(made))  # pyright: ignore[reportUnknownMemberType]


def in_time(
    server: FaultServer, run: Callable[[], Ran], patience_seconds: float = PATIENCE_SECONDS
) -> Ran:
    """Return what a run left behind; one that hangs fails the test, and not the whole suite."""
    ending: Future[Ran] = Future()

    def run_to_the_end() -> None:
        try:
            ending.set_result(run())
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            ending.set_exception(error)

    threading.Thread(target=run_to_the_end, daemon=True).start()
    try:
        return ending.result(patience_seconds)
    except TimeoutError:
        if ending.done():
            raise
        server.close()  # which ends the run, so that nothing of it is left for the next test
        wait([ending], PATIENCE_SECONDS)
        pytest.fail(f"the run hung after {len(server.seen)} requests")


def _run(server: FaultServer, conditions: Conditions, tools: CountingTool) -> Ran:
    out, err = io.BytesIO(), io.BytesIO()
    report = _report(conditions.manner, Screen(Output(out), Output(err)))
    settings = read_settings(
        {"CODEXCTL_HOME": SHARED_HOME, **api_environment(server.base_url), **conditions.environment}
    )
    options = RunOptions(tools="none", working_folder=Path.cwd())
    container = build_container(settings, options, ReportNotifier(report))
    put(container.model, ResponsesClient(_http(settings, conditions.idle_timeout_seconds)))
    put(container.clock, conditions.clock)
    put(container.entropy, FakeEntropy())
    put(container.tools, tools)
    put(container.routing_for, _no_routing)
    conditions.prepare(container)
    task = Task(
        prompt="hi",
        instructions="Answer briefly.",
        models=tuple(map(ModelChoice.parse, conditions.models)),
        limits=RunLimits(max_turns=5, retry=RetryPolicy(retries=conditions.retries)),
        text_is_shown=conditions.manner in (Manner.TEXT, Manner.DELTAS),
    )
    exit_code = 0
    try:
        with closing(container.model()):
            follow(container.run_conversation()(task), report)
    except Exception as error:  # noqa: BLE001 (as the border of the process does)
        failure = failure_from(error, verbose=False)
        report.fail(failure)
        exit_code = failure.exit_code
    return Ran(exit_code=exit_code, stdout=out.getvalue(), stderr=err.getvalue().decode())


def _http(settings: Settings, seconds: float) -> HttpSettings:
    """Return how the service is reached, with the same patience for everything."""
    return HttpSettings(
        base_urls=settings.base_urls,
        identity={"originator": settings.originator},
        connect_timeout_seconds=seconds,
        header_timeout_seconds=seconds,
        idle_timeout_seconds=seconds,
        ca_bundle=settings.ca_bundle,
    )


def _no_routing(_credential: Credential) -> None:
    """Find out nothing about a workspace; that is asked in a request of its own."""


def _report(manner: Manner, screen: Screen) -> RunReport:
    if manner in (Manner.JSON, Manner.DELTAS):
        return JsonReport(screen, deltas=manner is Manner.DELTAS)
    return TextReport(screen, final_only=manner is Manner.FINAL_ONLY)
