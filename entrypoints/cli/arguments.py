"""The words of the command line, with argparse. Loads nothing but what reading them takes."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import NoReturn

from codexctl import __version__
from codexctl.domain.errors import UsageError
from codexctl.entrypoints.cli.numbers import count, port, positive, seconds
from codexctl.entrypoints.cli.run_arguments import RUN_DEFAULTS, check_run_options, run_options
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import KEY_SOURCES

Command = Callable[[argparse.Namespace, Screen, Surroundings], int]

_EPILOG = "codexctl is not affiliated with OpenAI. To see it work without an account: codexctl demo"


_SHARED_DEFAULTS = (("verbose", False), ("quiet", False), ("color", "auto"), ("profile", None))


class _Parser(argparse.ArgumentParser):
    """Tells a wrong command line the way every other error is told.

    Attributes:
        more_help: Gives what stands at the end of the help, and is asked only for that.
    """

    more_help: Callable[[], str] | None = None

    def format_help(self) -> str:
        return super().format_help() + ("" if self.more_help is None else self.more_help())

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
        check_run_options(vars(options))
        defaults |= RUN_DEFAULTS
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
    return {name: value for name, value in given.items() if name in RUN_DEFAULTS} | {
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
        ("run", "ask a model and run the tools it calls", run_options),
        ("sessions", "list, show or remove saved conversations", _sessions_options),
        ("inspect", "show what a tape, stream or session log says", _inspect_options),
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
        "--timeout", type=seconds, default=900.0, metavar="S", help="seconds; default: 900"
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
    add = parser.add_argument
    add(
        "file",
        nargs="?",
        metavar="FILE",
        help="a tape, a raw event stream (.sse) or a session log; - for stdin",
    )
    add("--frames", action="store_true", help="each server-sent event by itself")
    add("--json", action="store_true", help="JSON lines")
    add(
        "--diff",
        nargs=2,
        metavar=("A", "B"),
        help="how two tapes differ; exit 0 if they say the same, 1 if they do not",
    )


def _emulator_options(parser: argparse.ArgumentParser) -> None:
    if isinstance(parser, _Parser):
        parser.more_help = _scenarios
    add = parser.add_argument
    add("--port", type=port, default=0, metavar="N", help="0, the default: any free one")
    add(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="what to answer, by a name out of the list below; repeatable",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--script", metavar="FILE", help="a YAML file of replies (docs/emulator.md)"
    )
    source.add_argument(
        "--cassette",
        action="append",
        default=[],
        metavar="FILE",
        help="answer from a tape or a raw .sse stream; repeatable, one after another",
    )
    add("--log", metavar="FILE", help="append each request as a JSON line")
    add(
        "--access-token-lifetime",
        type=positive,
        default=864_000,
        metavar="S",
        help="seconds an access token is good for; default: ten days",
    )
    add(
        "--approve-after",
        type=count,
        default=0,
        metavar="S",
        help="seconds until a device code is approved; default: 0",
    )
    add("--tls", action="store_true", help="speak HTTPS, with a certificate made at the start")
    add("--env", action="store_true", help="print export lines for a shell as well")


def _scenarios() -> str:
    from codexctl.entrypoints.emulator.scenario_names import scenario_list

    return f"\n{scenario_list()}"


def _no_options(_parser: argparse.ArgumentParser) -> None:
    """Take no options but the shared ones."""
