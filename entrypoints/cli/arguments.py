"""The words of the command line, with argparse. Loads nothing but what reading them takes."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import NoReturn

from codexctl import __version__
from codexctl.domain.approvals import AskMode
from codexctl.domain.errors import UsageError
from codexctl.domain.models import Effort, Summary, Verbosity
from codexctl.domain.tools import SandboxMode
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import KEY_SOURCES

Command = Callable[[argparse.Namespace, Screen, Surroundings], int]

_EPILOG = "codexctl is not affiliated with OpenAI. To see it work without an account: codexctl demo"


_SHARED_DEFAULTS = (("verbose", False), ("quiet", False), ("color", "auto"), ("profile", None))

# Apart from the options, so that it can be told which of them were given.
_RUN_DEFAULTS: dict[str, object] = {
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
    "parameters": {},
}


class _Parser(argparse.ArgumentParser):
    """Tells a wrong command line the way every other error is told."""

    def error(self, message: str) -> NoReturn:
        sentence = message[:1].upper() + message[1:].rstrip(".") + "."
        raise UsageError(sentence, remedy=f"See: {self.prog} --help")


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line.

    Raises:
        UsageError: It is wrong.
        SystemExit: It asked for help or for the version, which has been printed.
    """
    options = _parser(words).parse_args(words)
    defaults: dict[str, object] = dict(_SHARED_DEFAULTS)
    if options.command == "run":
        defaults |= _RUN_DEFAULTS
        if hasattr(options, "config"):
            defaults |= _overrides(options.config)
    for name, default in defaults.items():
        if not hasattr(options, name):
            setattr(options, name, default)
    return options


def _overrides(pairs: Sequence[str]) -> Mapping[str, object]:
    """Return the options that ``-c`` sets; one that is given by its own name goes before it."""
    from codexctl.entrypoints.cli.overrides import split_overrides

    words, parameters = split_overrides(pairs)
    given = vars(_parser(["run"]).parse_args(["run", *words]))
    return {name: value for name, value in given.items() if name in _RUN_DEFAULTS} | {
        "parameters": parameters
    }


def load_command(name: str) -> Command:
    """Import the module of a command and return what runs it."""
    module = import_module(f"codexctl.entrypoints.cli.{name}_command")
    command: Command = module.run
    return command


def _shared_options() -> _Parser:
    # Suppressed defaults: an option before the command must not be reset by the command's own.
    shared = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("-v", "--verbose", action="store_true", help="show tracebacks")
    shared.add_argument("-q", "--quiet", action="store_true", help="errors only on stderr")
    shared.add_argument("--color", choices=("auto", "always", "never"), help="default: auto")
    shared.add_argument("--profile", metavar="NAME", help="whose login; default: default")
    shared.add_argument("--version", action="version", version=f"codexctl {__version__}")
    return shared


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    shared = _shared_options()
    parser = _Parser(
        prog="codexctl",
        parents=[shared],
        allow_abbrev=False,
        description="Sign in with ChatGPT, ask a model, stream its answer, run the tools it calls.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=_Parser
    )
    for name, about, add_options in (
        ("login", "sign in with ChatGPT, or keep a key or token", _login_options),
        ("logout", "sign out and forget the credentials", _logout_options),
        ("status", "tell who is signed in", _json_options),
        ("usage", "tell what is left of the allowance", _json_options),
        ("token", "print a fresh bearer token for scripts", _no_options),
        ("rekey", "protect the stored credentials otherwise", _rekey_options),
        ("run", "ask a model and run the tools it calls", _run_options),
        ("sessions", "list, show or remove saved conversations", _sessions_options),
        ("inspect", "show what a recorded stream says", _inspect_options),
        ("emulator", "a stand-in for both Responses services on this machine", _emulator_options),
        ("demo", "the main job against the emulator: no account, no network", _no_options),
    ):
        if name in words:
            command = commands.add_parser(
                name,
                parents=[shared],
                argument_default=argparse.SUPPRESS if name == "run" else None,
                allow_abbrev=False,
                help=about,
                description=f"{about[:1].upper()}{about[1:]}.",
            )
            add_options(command)
        else:  # its name and help are enough, and quicker
            commands.add_parser(name, add_help=False, help=about)
    return parser


def _run_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("prompt", nargs="?", metavar="PROMPT", help="what to ask; - or none: read it from stdin")
    add("--stdin", action="store_true", help="append what comes on stdin to PROMPT")
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
    add("--instructions", metavar="TEXT|@FILE", help="replace the default instructions")
    add("-i", "--image", action="append", metavar="FILE", help="a picture to look at; repeatable")
    add("--tools", metavar="NAMES", help="comma-separated names, all (default), or none")
    add(
        "-s",
        "--sandbox",
        choices=[one.value for one in SandboxMode],
        help="what tools may touch; default: read-only",
    )
    add(
        "--ask",
        choices=[one.value for one in AskMode],
        help="before a tool runs: never, before what no sandbox confines (on-request, the default "
        "on a terminal), or before everything that does more than read (always)",
    )
    add("--web-search", action="store_true", help="let the service search the web")
    add("-C", "--cd", metavar="DIR", help="working folder of the tools")
    add("--no-project-doc", action="store_true", help="leave AGENTS.md out")
    sessions = parser.add_mutually_exclusive_group()
    sessions.add_argument("--session", metavar="NAME", help="go on with, or begin, a named session")
    sessions.add_argument(
        "--continue", dest="latest", action="store_true", help="go on with this folder's last one"
    )
    sessions.add_argument("--resume", metavar="ID", help="go on with a session")
    sessions.add_argument("--fork", metavar="ID", help="begin a new one where another stands")
    sessions.add_argument("--ephemeral", action="store_true", help="keep nothing of this run")
    add("--output-schema", metavar="FILE", help="JSON Schema that the final answer has to follow")
    add("--json", action="store_true", help="JSON lines on stdout")
    add("--deltas", action="store_true", help="with --json: text as it comes, too")
    add("--final-only", action="store_true", help="print the last message only, at the end")
    add("-o", "--output-last-message", metavar="FILE", help="write the last message to FILE")
    add("--max-turns", type=_positive, metavar="N", help="default: 50")
    add("--retries", type=_count, metavar="N", help="of a failed request; default: 5")
    add("--timeout", type=_seconds, metavar="S", help="seconds the whole run may take")
    add(
        "--idle-timeout",
        type=_seconds,
        metavar="S",
        help="seconds the service may be silent; default: 300",
    )
    add(
        "-c",
        "--config",
        action="append",
        metavar="KEY=VALUE",
        help="a setting by the name of its long option, or a parameter of the request such as "
        "service_tier=priority",
    )


def _login_options(parser: argparse.ArgumentParser) -> None:
    ways = parser.add_mutually_exclusive_group()
    for way, about in (
        ("browser", "with a browser on this machine"),
        ("device", "with a code that you type in on any device"),
        ("paste", "with a browser anywhere, pasting the address it ends up at"),
    ):
        ways.add_argument(f"--{way}", dest="way", action="store_const", const=way, help=about)
    for handed, what in (("api-key", "an API key"), ("access-token", "a ready access token")):
        ways.add_argument(
            f"--{handed}",
            dest="handed",
            action="store_const",
            const=handed,
            help=f"keep {what}, read from stdin",
        )
    ways.add_argument(
        "--import-codex",
        nargs="?",
        const="",
        metavar="FILE",
        help="copy the official client's login (its auth.json is not touched)",
    )
    parser.add_argument("--no-open", action="store_true", help="print the address, open nothing")
    parser.add_argument(
        "--timeout", type=_seconds, default=900.0, metavar="S", help="seconds; default: 900"
    )


def _logout_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="every profile")
    parser.add_argument("--no-revoke", action="store_true", help="do not tell the issuer")


def _rekey_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", required=True, choices=KEY_SOURCES, help="where the key is to be")


def _json_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def _sessions_options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=_Parser
    )

    def action(name: str, about: str) -> argparse.ArgumentParser:
        return actions.add_parser(
            name,
            parents=[_shared_options()],
            allow_abbrev=False,
            help=about,
            description=f"{about[:1].upper()}{about[1:]}.",
        )

    which = "an id, the beginning of one, or a name"
    for one in (
        action("list", "list the conversations that are kept, the latest first"),
        shown := action("show", "show what was said and done in one"),
    ):
        one.add_argument("--json", action="store_true", help="JSON lines")
    shown.add_argument("id", metavar="ID", help=which)
    action("rm", "forget some for good").add_argument("ids", nargs="+", metavar="ID", help=which)


def _inspect_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a raw event stream (.sse); - for stdin")
    parser.add_argument("--frames", action="store_true", help="each server-sent event by itself")
    parser.add_argument("--json", action="store_true", help="JSON lines")


def _emulator_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--port", type=_port, default=0, metavar="N", help="0, the default: any free one")
    add(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="what to answer; repeatable, one a conversation; `help` lists them",
    )
    add("--log", metavar="FILE", help="append each request as a JSON line")
    add(
        "--access-token-lifetime",
        type=_positive,
        default=864_000,
        metavar="S",
        help="seconds an access token is good for; default: ten days",
    )
    add(
        "--approve-after",
        type=_count,
        default=0,
        metavar="S",
        help="seconds until a device code is approved; default: 0",
    )
    add("--env", action="store_true", help="print export lines for a shell as well")


def _no_options(_parser: argparse.ArgumentParser) -> None:
    """Take no options but the shared ones."""


def _count(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return value


def _positive(text: str) -> int:
    value = _count(text)
    if value == 0:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return value


def _port(text: str) -> int:
    value = _count(text)
    if value > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value
