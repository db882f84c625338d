"""What git leaves out: ``.gitignore`` at every level and ``.git/info/exclude``.

As in git, the rules of a deeper folder win over those of a higher one, ``info/exclude`` is the
weakest, a link in the place of such a file is not followed, and nothing below an ignored folder can
be brought back, which is why folders have to be asked about before what is in them.
"""

import codecs
import math
import os
import re
import stat
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from codexctl.adapters.tools.closed import is_within
from codexctl.domain.values import dataclass

if TYPE_CHECKING:
    from pathspec import Pattern

_MAX_RULES_BYTES = 1024 * 1024
_MAX_STARS = 4
_FILES_WEAKEST_FIRST = (".git/info/exclude", ".gitignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One line of such a file, and what it may be held against.

    pathspec says of a pattern for a folder that it matches everything in that folder too. Git does
    not: a negated pattern brings back the folder, not what other rules leave out in it. So a
    pattern is held only against paths that it can mean by itself.

    Attributes:
        pattern: As pathspec understands it; never one that stands for nothing.
        folders_only: Whether it is held against folders alone.
        tail_components: How many components from the end it is held against; 0 for all.
        min_components: How many components a path has at least.
        max_components: And at most.
    """

    pattern: "Pattern"
    folders_only: bool
    tail_components: int
    min_components: int
    max_components: float


@dataclass(frozen=True, slots=True)
class FolderRules:
    """The rules that one folder holds for all below it.

    Attributes:
        folder: Its absolute path, with a slash at the end.
        strongest_first: The rules.
    """

    folder: str
    strongest_first: tuple[_Rule, ...]

    def verdict(self, path: str) -> bool | None:
        """Return whether an absolute path is ignored, or None where no rule speaks of it."""
        inner = path[len(self.folder) :]
        parts = inner.split("/")
        is_folder = not parts[-1]
        components = len(parts) - is_folder
        tails = {0: inner}
        for rule in self.strongest_first:
            if not rule.min_components <= components <= rule.max_components:
                continue
            if rule.folders_only and not is_folder:
                continue
            tail = rule.tail_components
            if tail not in tails:
                tails[tail] = "/".join(parts[-tail - is_folder :])
            if rule.pattern.match_file(tails[tail]) is not None:
                return rule.pattern.include
        return None


def is_ignored(path: str, rules: Sequence[FolderRules]) -> bool:
    """Tell whether git leaves a path out, given that it does not leave out the folder it is in.

    Args:
        path: Absolute; with a slash at the end for a folder.
        rules: Of the folders above it, from the highest down.
    """
    for level in reversed(rules):
        if (verdict := level.verdict(path)) is not None:
            return verdict
    return False


def rules_in(folder: str, descriptor: int) -> tuple[FolderRules, ...]:
    """Return the rules that an open folder holds: one element, or none."""
    lines = [line for name in _FILES_WEAKEST_FIRST for line in _read_rules(name, descriptor)]
    rules = tuple(rule for line in reversed(lines) if (rule := _rule_of(line)) is not None)
    return (FolderRules(folder, rules),) if rules else ()


def rules_above(folder: str, working_folder: str) -> tuple[FolderRules, ...]:
    """Return the rules that reach a folder from above, from the top of its repository down.

    There are none where the folder is itself the top, or is ignored by them: who asks for a folder
    that is ignored wants to see what is in it.

    Args:
        folder: Its absolute path.
        working_folder: Counts as the top for what is below it and in no repository.
    """
    inner = working_folder if is_within(folder, working_folder) else folder
    top = _top_of_repository(inner) or inner
    rules: tuple[FolderRules, ...] = ()
    above = top
    for name in filter(None, folder[len(top) :].split("/")):
        with suppress(OSError):
            descriptor = os.open(above, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                rules += rules_in(_slashed(above), descriptor)
            finally:
                os.close(descriptor)
        above = _slashed(above) + name
        if name == ".git" or is_ignored(_slashed(above), rules):
            return ()
    return rules


def _top_of_repository(folder: str) -> str | None:
    while not os.path.lexists(_slashed(folder) + ".git"):
        parent = os.path.dirname(folder)  # noqa: PTH120 - text, as all paths here
        if parent == folder:
            return None
        folder = parent
    return folder


def compile_pattern(line: str) -> "Pattern | None":
    """Return the pattern of a line, or None for a comment, an empty line and what is no pattern.

    A component with more than four stars counts as no pattern, unlike in git: matching one is slow
    beyond bounds for a name that was chosen for it.
    """
    # 35 ms, paid by runs that list files with a pattern or in a folder that has rules.
    from pathspec import GitIgnoreSpec

    if any(part.count("*") > _MAX_STARS for part in line.split("/")):
        return None
    with warnings.catch_warnings():
        # A set such as [[:alpha:]] makes the re module think aloud.
        warnings.simplefilter("ignore", FutureWarning)
        # The first is what pathspec raises, under a new name in each major version; the second
        # escapes it for a range like [z-a].
        with suppress(ValueError, re.error):
            for pattern in GitIgnoreSpec.from_lines([line]).patterns:
                return pattern if pattern.include is not None else None
    return None


def _rule_of(line: str) -> _Rule | None:
    """Return the rule of a line, or None: a line that is no pattern counts for nothing."""
    if line.strip().endswith("/**/"):
        # Folders below something, never the thing itself; pathspec takes that one along.
        line = line.strip() + "*/"
    pattern = compile_pattern(line)
    if pattern is None:
        return None
    text = line.strip().removeprefix("!")
    body = text.rstrip("/")
    parts = body.removeprefix("/").split("/")
    if "/" not in body:
        parts = ["**", *parts]  # a name alone means that name in every folder
    named = [part for part in parts if part != "**"]
    is_tail = parts == ["**", *named] and bool(named)
    return _Rule(
        pattern=pattern,
        folders_only=text.endswith("/"),
        tail_components=len(named) if is_tail else 0,
        min_components=len(named) + (parts[-1] == "**"),
        max_components=len(named) if parts == named else math.inf,
    )


def _read_rules(name: str, descriptor: int) -> list[str]:
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        file = os.open(name, flags, dir_fd=descriptor)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return []
            with os.fdopen(file, "rb", closefd=False) as stream:
                data = stream.read(_MAX_RULES_BYTES).removeprefix(codecs.BOM_UTF8)
        finally:
            os.close(file)
    except OSError:
        return []
    # The way Python decodes file names, so that the two can be compared.
    return [os.fsdecode(line.removesuffix(b"\r")) for line in data.split(b"\n")]


def _slashed(folder: str) -> str:
    return folder.rstrip("/") + "/"
