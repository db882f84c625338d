"""The words of ``codexctl run``: its options by what they are about, and which go together."""

from argparse import ArgumentParser
from collections.abc import Container

from codexctl.domain.approvals import AskMode
from codexctl.domain.errors import UsageError
from codexctl.domain.models import Effort, Summary, Verbosity
from codexctl.domain.tools import SandboxMode
from codexctl.entrypoints.cli.numbers import count, positive, seconds, speed

# Apart from the options, so that it can be told which of them were given.
RUN_DEFAULTS: dict[str, object] = {
    "prompt": None,
    "stdin": False,
    "model": (),
    "effort": None,
    "summary": None,
    "verbosity": None,
    "instructions": None,
    "image": (),
    "tools": "all",
    "sandbox": SandboxMode.READ_ONLY.value,
    "ask": None,
    "cd": ".",
    "no_project_doc": False,
    "session": None,
    "latest": False,
    "resume": None,
    "fork": None,
    "ephemeral": False,
    "web_search": False,
    "output_schema": None,
    "json": False,
    "deltas": False,
    "final_only": False,
    "output_last_message": None,
    "max_turns": 50,
    "timeout": None,
    "idle_timeout": 300.0,
    "retries": 5,
    "record": None,
    "scrub_reasoning": False,
    "replay": None,
    "live_tools": False,
    "replay_speed": 0.0,
    "parameters": {},
}


def run_options(parser: ArgumentParser) -> None:
    """Teach a parser the options of ``codexctl run``."""
    parser.usage = "%(prog)s [OPTION ...] [PROMPT]"  # all the options would be half a screen
    _prompt_options(parser)
    _model_options(parser)
    _tool_options(parser)
    _session_options(parser)
    _output_options(parser)
    _limit_options(parser)
    _tape_options(parser)
    parser.add_argument(
        "-c",
        "--config",
        action="append",
        metavar="KEY=VALUE",
        help="a setting by the name of its long option, or a parameter of the request such as "
        "service_tier=priority",
    )


def check_run_options(given: Container[str]) -> None:
    """See that the options go together, as far as argparse cannot see to it.

    Args:
        given: The names of those that were given, as in :data:`RUN_DEFAULTS`.

    Raises:
        UsageError: They do not.
    """
    for name, needed in (
        ("scrub_reasoning", "record"),
        ("live_tools", "replay"),
        ("replay_speed", "replay"),
    ):
        if name in given and needed not in given:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{option} is of no use without --{needed}.",
                remedy=f"Name a tape with --{needed} FILE, or leave {option} out.",
            )
    for name, option in (("latest", "--continue"), ("resume", "--resume"), ("fork", "--fork")):
        if name in given and "replay" in given:
            raise UsageError(
                f"{option} does not go with --replay.",
                remedy=f"Leave {option} out: a tape holds its own conversation.",
            )
        if name in given and "record" in given:
            raise UsageError(
                f"{option} does not go with --record.",
                remedy="A tape holds a whole conversation: start a new one to record it.",
            )


def _prompt_options(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("prompt").add_argument
    add("prompt", nargs="?", metavar="PROMPT", help="what to ask; - or none: read it from stdin")
    add("--stdin", action="store_true", help="append what comes on stdin to PROMPT")
    add("-i", "--image", action="append", metavar="FILE", help="a picture to look at; repeatable")
    add("--instructions", metavar="TEXT|@FILE", help="replace the default instructions")
    add("--no-project-doc", action="store_true", help="leave AGENTS.md out")


def _model_options(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("model").add_argument
    add(
        "-m",
        "--model",
        action="append",
        metavar="MODEL",
        help="such as gpt-5.5, gpt-5.5:high, openai/gpt-5.2-codex (API key); repeatable: later "
        "ones are asked when an earlier one cannot answer",
    )
    add("--effort", choices=[one.value for one in Effort], help="how hard to think")
    add("--summary", choices=[one.value for one in Summary], help="of the reasoning")
    add("--verbosity", choices=[one.value for one in Verbosity], help="how long to answer")


def _tool_options(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("tools").add_argument
    add("--tools", metavar="NAMES", help="comma-separated names, all (default), or none")
    add(
        "-s",
        "--sandbox",
        choices=[one.value for one in SandboxMode],
        metavar="MODE",
        help="one of read-only (the default), workspace-write and danger-full-access: what tools "
        "may touch",
    )
    add(
        "--ask",
        choices=[one.value for one in AskMode],
        help="before a tool runs: never, before what no sandbox confines (on-request, the default "
        "on a terminal), or before everything that does more than read (always)",
    )
    add("-C", "--cd", metavar="DIR", help="working folder of the tools")
    add("--web-search", action="store_true", help="let the service search the web")


def _session_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("session", "one of these, or none: a new session")
    add = group.add_mutually_exclusive_group().add_argument
    add("--session", metavar="NAME", help="go on with, or begin, a named session")
    add("--continue", dest="latest", action="store_true", help="go on with this folder's last one")
    add("--resume", metavar="ID", help="go on with a session")
    add("--fork", metavar="ID", help="begin a new one where another stands")
    add("--ephemeral", action="store_true", help="keep nothing of this run")


def _output_options(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("output").add_argument
    add("--output-schema", metavar="FILE", help="JSON Schema that the final answer has to follow")
    add("--json", action="store_true", help="JSON lines on stdout")
    add("--deltas", action="store_true", help="with --json: text as it comes, too")
    add("--final-only", action="store_true", help="print the last message only, at the end")
    add("-o", "--output-last-message", metavar="FILE", help="write the last message to FILE")


def _limit_options(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("limits").add_argument
    add("--max-turns", type=positive, metavar="N", help="times the model is asked; default: 50")
    add("--retries", type=count, metavar="N", help="of a failed request; default: 5")
    add("--timeout", type=seconds, metavar="S", help="seconds the whole run may take")
    add(
        "--idle-timeout",
        type=seconds,
        metavar="S",
        help="seconds the service may be silent; default: 300",
    )


def _tape_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("record and replay")
    tapes = group.add_mutually_exclusive_group()
    tapes.add_argument("--record", metavar="FILE", help="write the run to a tape, without secrets")
    tapes.add_argument(
        "--replay", metavar="FILE", help="run from a tape: no sign-in, no network, no tools"
    )
    group.add_argument(
        "--scrub-reasoning",
        action="store_true",
        help="with --record: leave the sealed form of reasoning out as well",
    )
    group.add_argument(
        "--live-tools",
        action="store_true",
        help="with --replay: run the tools, and compare what comes of it",
    )
    group.add_argument(
        "--replay-speed",
        type=speed,
        metavar="SPEED",
        help="with --replay: 1 the recorded pace, 2 twice as fast; 0, the default: no waiting",
    )
