"""Tapes on disk."""

import os
import re
import stat
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from codexctl.adapters.cassettes.complaints import (
    extra_missing,
    looks_secret,
    newer,
    not_opened,
    not_writable,
    not_written,
    of_another_command,
    unusable,
)
from codexctl.adapters.cassettes.last_check import suspicious_places
from codexctl.adapters.cassettes.tape import TAPE_VERSION, Tape
from codexctl.adapters.cassettes.tape_codec import tape_from, versions
from codexctl.adapters.cassettes.tape_fields import NotATape, several
from codexctl.adapters.cassettes.tape_text import VCR_VERSION, tape_text

if TYPE_CHECKING:
    import yaml

_OUR_BEGINNING = re.compile(r"version: \d+\r?\ncodexctl:\r?\n")
_OUR_END = re.compile(r"(?:\A|\n)\.\.\.\s*\Z")
_NO_TAPE = "it is no YAML"
_OPEN_FILES = ("/dev/std", "/dev/fd/", "/proc/")
"""Names of what a process has open, such as standard output: not to be replaced by a tape."""


def read_tape(path: Path, *, command: str | None = None) -> Tape:
    """Read a tape, our own or anybody's that vcrpy recorded.

    Args:
        path: The file.
        command: Which of our commands it is to be a recording of; None for any. Tapes of others do
            not say.

    Raises:
        UsageError: The file cannot be read, or what reads YAML is not installed.
        TapeUnreadable: It is no tape, a newer one, or damaged.
        TapeMismatch: It is a recording of another command.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise not_opened(path, error) from error
    tape = tape_in(data, path)
    if command is not None and tape.command not in (None, command):
        raise of_another_command(path, str(tape.command), command)
    return tape


def tape_in(data: bytes, path: Path) -> Tape:
    """Return the tape that a file holds, our own or anybody's that vcrpy recorded.

    Args:
        data: What the file holds.
        path: What to call it in an error.

    Raises:
        UsageError: What reads YAML is not installed.
        TapeUnreadable: It is no tape, a newer one, or damaged.
    """
    try:
        return _tape(path, _decoded(data))
    except NotATape as error:
        raise unusable(path, error.reason) from error


def check_place(path: Path) -> None:
    """Find out whether a tape could be written, before there is one.

    Raises:
        UsageError: It could not.
    """
    try:
        target = _target(path)
        _refuse_what_is_no_file(target)
        # The rule of access rights and file systems is long; trying is sure.
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise not_writable(path, error) from error


def write_tape(path: Path, tape: Tape, known: Iterable[str] = ()) -> None:
    """Write a tape that has been scrubbed, whole or not at all.

    Args:
        path: The file; what it held before is replaced. Its folder has to be there.
        tape: The tape.
        known: The secrets that the process holds; none of them may stand on it.

    Raises:
        TapeRefused: Something on it looks like a secret. The file is as it was.
        FileNotWritten: The disk is full, or the like. The file is as it was.
    """
    text = tape_text(tape)
    if places := suspicious_places(tape, text, known):
        raise looks_secret(path, places)
    try:
        _replace(_target(path), text.encode())
    except OSError as error:
        raise not_written(path, error) from error


def _replace(target: Path, data: bytes) -> None:
    _refuse_what_is_no_file(target)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".codexctl-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # A tape is there to be shown, so it has the rights of any new file.
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        os.chmod(temporary, mode)  # noqa: PTH101
        os.replace(temporary, target)  # noqa: PTH105
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _refuse_what_is_no_file(target: Path) -> None:
    """Raise for a folder, a pipe or a device, which a tape must not take the place of."""
    try:
        mode = target.stat().st_mode  # which says so too where links go round in a circle
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise OSError(None, "it is there already and no file")


def _target(path: Path) -> Path:
    """Return the file that a link leads to. ``Path.resolve`` raises no OSError for a circle."""
    if str(path).startswith(_OPEN_FILES):
        raise OSError(None, "it is no file of its own")
    return Path(os.path.realpath(path))


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotATape("it is no text") from error
    if not text.strip():
        raise NotATape("it is empty")
    return text


def _tape(path: Path, text: str) -> Tape:
    if _OUR_BEGINNING.match(text) and not _OUR_END.search(text):
        raise NotATape("it is cut short: its end is missing")
    tree = parsed(text)
    for version, known in zip(versions(tree), (VCR_VERSION, TAPE_VERSION), strict=True):
        if not isinstance(version, int) or version < 1:
            raise NotATape("it does not tell its version")
        if version > known:
            raise newer(path, version)
    return tape_from(tree)


def parsed(text: str) -> object:
    """Return what a YAML text says, data and nothing else.

    Raises:
        NotATape: It is no YAML.
        UsageError: What reads YAML is not installed.
    """
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise extra_missing() from error
    try:
        return yaml.load(text, _loader())  # noqa: S506 (a safe one, with three tags of data)
    except yaml.MarkedYAMLError as error:
        raise NotATape(_where_it_breaks(error, text)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotATape(_NO_TAPE) from error


def _where_it_breaks(error: "yaml.MarkedYAMLError", text: str) -> str:
    mark = error.problem_mark
    if mark is None:
        return _NO_TAPE
    if mark.line >= text.count("\n"):
        return "it is cut short, or no YAML"
    return f"{_NO_TAPE} (line {mark.line + 1})"


@cache
def _loader() -> "type[yaml.SafeLoader]":
    """Return a loader that makes data and nothing else.

    vcrpy once wrote bodies and tuples as Python objects; those few are read as what they hold.
    """
    import yaml

    base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    loader = cast("type[yaml.SafeLoader]", type("TapeLoader", (base,), {}))

    def body(loader: yaml.SafeLoader, node: yaml.Node) -> object:
        state = several(loader.construct_mapping(node, deep=True).get("state"))
        return state[0] if state else b""

    def sequence(loader: yaml.SafeLoader, node: yaml.Node) -> object:
        return loader.construct_sequence(node, deep=True)

    def scalar(loader: yaml.SafeLoader, node: yaml.Node) -> object:
        return loader.construct_scalar(node)

    for tag, constructor in (
        ("object/new:_io.BytesIO", body),
        ("tuple", sequence),
        ("str", scalar),
        ("unicode", scalar),
    ):
        yaml.add_constructor(f"tag:yaml.org,2002:python/{tag}", constructor, loader)
    return loader
