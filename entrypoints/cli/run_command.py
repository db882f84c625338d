"""``codexctl run``: the main job."""

import os
from argparse import Namespace
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from codexctl.application.open_session import SessionChoice, SessionWish
from codexctl.application.run_conversation import Task, time_limit_reached
from codexctl.application.run_tools import NobodyToAsk, ToolRules
from codexctl.domain.approvals import AskMode
from codexctl.domain.conversation import UserMessage
from codexctl.domain.errors import UsageError
from codexctl.domain.limits import RetryPolicy, RunLimits
from codexctl.domain.models import Effort, ModelChoice, ModelOptions, Summary, Verbosity
from codexctl.domain.run_events import RunEvent, RunFinished
from codexctl.domain.tools import SandboxMode
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.failures import failure_from
from codexctl.entrypoints.cli.prompt import read_prompt
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.cli.time_limit import OutOfTime, time_limit
from codexctl.entrypoints.composition import RunOptions, opened_session, running
from codexctl.entrypoints.rendering.notices import ReportNotifier
from codexctl.entrypoints.rendering.report import RunReport
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import Settings, read_settings

if TYPE_CHECKING:
    from codexctl.domain.conversation import Image
    from codexctl.domain.credentials import Secret
    from codexctl.domain.ports import Approver
    from codexctl.entrypoints.account_composition import AskPassphrase
    from codexctl.entrypoints.cli.last_message import LastMessageFile
    from codexctl.entrypoints.tape_composition import TapeDeck

DEFAULT_INSTRUCTIONS = (
    "You are codexctl, an assistant on the command line. Answer what is asked, plainly and "
    "briefly, in text that reads well on a terminal. Where the answer depends on files in the "
    "working folder, use the tools to read them instead of guessing."
)


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Ask the model what the options say; see ``codexctl run --help``."""
    folder = _working_folder(options.cd)
    sandbox = SandboxMode(options.sandbox)
    settings = read_settings(surroundings.environment, options.profile)
    deck = _tape_deck(options, settings, folder)
    now = None if deck is None else deck.started_at
    report = _report(options, screen, now)
    notifier = ReportNotifier(report)
    task = Task(
        prompt=read_prompt(options.prompt, surroundings.stdin, append_stdin=options.stdin),
        instructions=_instructions(options.instructions),
        context=_context(options, folder, surroundings, notifier),
        images=_images(options.image),
        models=tuple(ModelChoice.parse(word) for word in options.model),
        options=_model_options(options),
        limits=RunLimits(
            max_turns=options.max_turns,
            timeout_seconds=options.timeout,
            retry=RetryPolicy(retries=options.retries),
        ),
        text_is_shown=options.deltas if options.json else not options.final_only,
        rules=ToolRules(ask=_ask_mode(options, surroundings), sandbox=sandbox),
    )
    last_message = _last_message_file(options.output_last_message)
    build = running(
        settings,
        RunOptions(
            tools=options.tools,
            working_folder=folder,
            sandbox=sandbox,
            environment=surroundings.environment,
            idle_timeout_seconds=options.idle_timeout,
            ask_passphrase=_passphrase_asker(screen, surroundings),
            approver=_approver(screen, surroundings),
        ),
        notifier,
        deck,
    )
    session = opened_session(settings, _session_choice(options, folder), notifier, deck)
    try:
        with (
            _recorded(deck),
            time_limit(options.timeout),
            build as run_conversation,
            session as opened,
        ):
            follow(run_conversation(replace(task, session=opened)), report, last_message)
    except BrokenPipeError:
        raise
    except BaseException as ended:  # noqa: BLE001 (whatever ends a run, the report is closed)
        error = time_limit_reached(ended.seconds) if isinstance(ended, OutOfTime) else ended
        failure = failure_from(error, verbose=options.verbose or settings.debug, now=now)
        report.fail(failure)
        return failure.exit_code
    return DONE


def _session_choice(options: Namespace, folder: Path) -> SessionChoice:
    """Return what the options want of the past; without any, a new session."""
    wishes = (
        (SessionWish.NAMED, options.session),
        (SessionWish.RESUME, options.resume),
        (SessionWish.FORK, options.fork),
    )
    wish, reference = next((one for one in wishes if one[1] is not None), (SessionWish.NEW, None))
    if options.latest:
        wish = SessionWish.LATEST
    elif options.ephemeral:
        wish = SessionWish.EPHEMERAL
    return SessionChoice(wish=wish, reference=reference, working_folder=str(folder))


def _context(
    options: Namespace, folder: Path, surroundings: Surroundings, notifier: ReportNotifier
) -> tuple[UserMessage, ...]:
    from codexctl.entrypoints.cli.run_context import machine_context, project_context

    said = () if options.no_project_doc else project_context(folder, notifier.tell)
    if options.tools.strip() == "none":
        return said  # it is of use to whoever uses tools
    now = datetime.now().astimezone()
    sandbox = SandboxMode(options.sandbox)
    return (*said, machine_context(folder, sandbox, surroundings.environment, now))


def _tape_deck(options: Namespace, settings: Settings, folder: Path) -> "TapeDeck | None":
    if options.record is None and options.replay is None:
        return None
    from codexctl.entrypoints.cli.run_tape import tape_deck

    return tape_deck(options, settings, folder)


@contextmanager
def _recorded(deck: "TapeDeck | None") -> Generator[None, None, None]:
    """Have a run that does not come to its end on its tape as well."""
    try:
        yield
    except BaseException as ended:
        if deck is not None:
            from codexctl.entrypoints.cli.run_tape import tell_the_end

            tell_the_end(deck, ended)
        raise


def _ask_mode(options: Namespace, surroundings: Surroundings) -> AskMode:
    if options.replay is not None and not options.live_tools:
        return AskMode.NEVER  # nothing is run, and what was refused then is refused by the tape
    if options.ask is not None:
        return AskMode(options.ask)
    return AskMode.ON_REQUEST if _is_at_terminal(surroundings) else AskMode.NEVER


def _is_at_terminal(surroundings: Surroundings) -> bool:
    return surroundings.stdin is not None and surroundings.stdin.isatty()


def _approver(screen: Screen, surroundings: Surroundings) -> "Callable[[], Approver]":
    """Return what makes the one who is asked; where nobody can answer, the answer is no."""
    if not _is_at_terminal(surroundings):
        return NobodyToAsk

    def approver() -> "Approver":
        from codexctl.entrypoints.cli.approval import TerminalApprover, forget_typed
        from codexctl.entrypoints.cli.terminal_input import read_line

        stdin = surroundings.stdin
        return TerminalApprover(screen, lambda: read_line(stdin), lambda: forget_typed(stdin))

    return approver


def _model_options(options: Namespace) -> ModelOptions:
    schema = None
    if options.output_schema is not None:
        from codexctl.entrypoints.cli.output_schema import read_schema

        schema = read_schema(options.output_schema)
    return ModelOptions(
        effort=None if options.effort is None else Effort(options.effort),
        summary=None if options.summary is None else Summary(options.summary),
        verbosity=None if options.verbosity is None else Verbosity(options.verbosity),
        output_schema=schema,
        web_search=options.web_search,
        parameters=options.parameters,
    )


def _images(words: Sequence[str]) -> "tuple[Image, ...]":
    if not words:
        return ()
    from codexctl.entrypoints.cli.images import read_image

    return tuple(read_image(word) for word in words)


def _passphrase_asker(screen: Screen, surroundings: Surroundings) -> "AskPassphrase | None":
    """Return what asks for the store's passphrase, or None where nobody can answer."""
    if not _is_at_terminal(surroundings):
        return None

    def ask(*, is_new: bool) -> "Secret":
        from codexctl.entrypoints.cli.terminal_input import ask_passphrase

        return ask_passphrase(screen, is_new=is_new)

    return ask


def follow(
    events: Generator[RunEvent, None, None],
    report: RunReport,
    last_message: "LastMessageFile | None" = None,
) -> None:
    """Show a run to its end, and write its last message where that is wanted."""
    with closing(events):
        for event in events:
            # Before the report says that all went well.
            if last_message is not None and isinstance(event, RunFinished):
                last_message.write(event.last_message)
            report.show(event)


def _last_message_file(word: str | None) -> "LastMessageFile | None":
    if word is None:
        return None
    from codexctl.entrypoints.cli.last_message import LastMessageFile

    return LastMessageFile.prepare(word)


def _report(options: Namespace, screen: Screen, now: datetime | None) -> RunReport:
    if options.json:
        from codexctl.entrypoints.rendering.json_lines import JsonReport

        return JsonReport(screen, deltas=options.deltas, now=now)
    from codexctl.entrypoints.rendering.text import TextReport

    return TextReport(screen, final_only=options.final_only, now=now)


def _working_folder(word: str) -> Path:
    if not os.path.isdir(word):  # noqa: PTH112 (Path.is_dir raises where a folder is closed to us)
        raise UsageError(f"{word} is not a folder.", remedy="Name an existing folder with -C.")
    return Path(word).resolve()


def _instructions(word: str | None) -> str:
    if word is None:
        return DEFAULT_INSTRUCTIONS
    if not word.startswith("@"):
        text = word
    else:
        try:
            text = Path(word[1:]).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise UsageError(
                f"The instructions in {word[1:]} cannot be read: {_reason(error)}.",
                remedy="Name a UTF-8 text file after the @.",
            ) from error
    if not text.strip():
        raise UsageError(
            "The instructions are empty.", remedy="Leave --instructions out for the default."
        )
    return text


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8"
