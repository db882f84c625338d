"""A YAML file as plain data. PyYAML comes with the extra `emulator`, and is loaded where needed."""

from pathlib import Path

from codexctl.entrypoints.emulator.sources.mistakes import SourceMistake

_LOOK = "Name a script, a tape or a stream that can be read."


def read_source(file: Path) -> bytes:
    """Read a file that replies are to come from.

    Raises:
        SourceMistake: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        raise SourceMistake(f"{file} cannot be read: {reason}.", _LOOK) from error


def parse_yaml(file: Path, raw: bytes) -> object:
    """Give what a YAML document says: data, and nothing that runs.

    Args:
        file: its name, for complaints.
        raw: its bytes, in UTF-8.

    Raises:
        SourceMistake: it is no YAML, or what reads YAML is not installed.
    """
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise SourceMistake(
            f"Reading {file} needs the extra emulator, which is not installed.",
            "Install it with: pip install 'codexctl-cli[emulator]'",
        ) from error
    # libyaml's is ten times as quick, which a tape of a long stream needs.
    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(raw.decode("utf-8-sig"), loader)  # noqa: S506 (either is a safe one)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = "" if mark is None else f", line {mark.line + 1}"
        reason = f"{file}{line}: this is no YAML ({error.problem or 'something is wrong here'})."
        raise SourceMistake(reason, "Correct the file.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceMistake(f"{file} is no YAML.", "Correct the file.") from error
