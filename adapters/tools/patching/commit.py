"""Carrying out a plan: all of it, or nothing.

First the new files are written beside the old ones, which is what takes time and room on the disk.
Only when all of them are there are they put in place, one rename each. What was there keeps a
second name until the last one is in place, so that it is put back as it was: the same file, not a
copy of it. Only a kill that leaves no time to act can leave a patch half done; what was there is
then still beside it, under a name that starts with ``.codexctl-``.
"""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import field
from functools import partial

from codexctl.adapters.tools.entries import EntryKind, Status
from codexctl.adapters.tools.patching.places import Place
from codexctl.adapters.tools.patching.plan import NewContent, Plan, Step
from codexctl.adapters.tools.patching.sections import PatchError
from codexctl.adapters.tools.tool import ToolFailure, shown
from codexctl.domain.values import dataclass

NOTHING_CHANGED = "Nothing was changed."


def carry_out(plan: Plan) -> tuple[str, ...]:
    """Write and remove what a plan says.

    Returns:
        The names of files of ours that could not be removed afterwards; there should be none.

    Raises:
        PatchError: Something could not be written, or was changed since it was read. The message
            ends with whether everything is as it was.
    """
    attempt = _Attempt()
    try:
        attempt.run(plan)
    except BaseException as exc:
        left = attempt.roll_back()
        if isinstance(exc, ToolFailure):
            raise PatchError("\n".join([str(exc), *(left or [NOTHING_CHANGED])])) from exc
        raise
    return attempt.clean_up()


@dataclass(slots=True)
class _Attempt:
    """What was done so far.

    Attributes:
        undo: What takes it back, from the end to the start, each with what to say if it fails.
        aside: The second names of what was there.
    """

    undo: list[tuple[str, Callable[[], None]]] = field(default_factory=list)
    aside: list[Place] = field(default_factory=list)

    def run(self, plan: Plan) -> None:
        for folder in plan.folders:
            self._make_folder(folder)
        staged = {step.place: self._stage(step, step.after) for step in plan.steps if step.after}
        for step in plan.steps:
            with _in_words(step.path):
                self._set_aside(step)
                if step.place in staged:
                    self._put(step, *staged[step.place])

    def roll_back(self) -> list[str]:
        """Take everything back; return what could not be, in words."""
        left: list[str] = []
        for words, undo in reversed(self.undo):
            try:
                undo()
            except (OSError, ToolFailure) as exc:
                left.append(f"{words}: {_reason(exc)}")
        return left

    def clean_up(self) -> tuple[str, ...]:
        left: list[str] = []
        for place in self.aside:
            try:
                _remove(place)
            except (OSError, ToolFailure):
                left.append(place.name())
        return tuple(left)

    def _make_folder(self, folder: Place) -> None:
        with _in_words(folder.name()):
            if folder.status() is not None:
                return
            left = f"The new folder {shown(folder.name())} could not be removed"
            with suppress(FileExistsError), self._undone_by(left, _remove_folder, folder):
                folder.folder.make_folder(folder.parts)

    def _stage(self, step: Step, after: NewContent) -> tuple[Place, Status]:
        """Write the new file beside the place it goes to."""
        new = step.place.beside(_free_name())
        with _in_words(step.path):
            left = f"{shown(new.name())} is left over and could not be removed"
            with self._undone_by(left, _remove, new):
                new.folder.create(new.parts, after.data, after.like)
            status = new.status()
            if status is None:
                raise _changed(step.path)
        return new, status

    def _set_aside(self, step: Step) -> None:
        """Give what stands there a second name; a file that is replaced keeps the first as well."""
        status = step.place.status()
        if step.before is None or status is None or status.identity != step.before.identity:
            if step.before is status is None:
                return
            raise _changed(step.path)
        aside = step.place.beside(_free_name())
        folder, parts = step.place.folder, step.place.parts
        left = f"{shown(step.path)} could not be put back; it is now {shown(aside.name())}"
        with self._undone_by(left, _put_back, aside, step.place):
            if step.after is None or status.kind is not EntryKind.FILE:
                folder.rename(parts, aside.parts[-1])
            else:
                try:
                    folder.link(parts, aside.parts[-1])
                except (OSError, NotImplementedError):
                    # Not every file system has hard links, nor may every file get one.
                    folder.rename(parts, aside.parts[-1])
        self.aside.append(aside)

    def _put(self, step: Step, new: Place, status: Status) -> None:
        if step.before is None:
            left = f"{shown(step.path)} is new and could not be removed"
            with self._undone_by(left, _remove_ours, step.place, status):
                new.folder.rename(new.parts, step.place.parts[-1])
        else:
            new.folder.rename(new.parts, step.place.parts[-1])

    @contextmanager
    def _undone_by(
        self, words: str, undo: Callable[..., None], *arguments: object
    ) -> Generator[None, None, None]:
        """Note what undoes one operation, before it is done: an interrupt may come right after."""
        self.undo.append((words, partial(undo, *arguments)))
        try:
            yield
        except (OSError, ToolFailure):
            self.undo.pop()  # an operation that fails has done nothing
            raise


def _put_back(aside: Place, place: Place) -> None:
    with suppress(FileNotFoundError):
        aside.folder.rename(aside.parts, place.parts[-1])
    # A rename between two names of one file does nothing.
    _remove(aside)


def _remove_ours(place: Place, ours: Status) -> None:
    status = place.status()
    if status is not None and status.identity == ours.identity:
        _remove(place)


def _remove(place: Place) -> None:
    with suppress(FileNotFoundError):
        place.folder.remove(place.parts)


def _remove_folder(folder: Place) -> None:
    with suppress(FileNotFoundError):
        folder.folder.remove_folder(folder.parts)


def _free_name() -> str:
    return f".codexctl-{os.urandom(8).hex()}.tmp"


def _changed(path: str) -> PatchError:
    return PatchError(
        f"{shown(path)} was changed by someone else while the patch was applied; read it again"
    )


@contextmanager
def _in_words(path: str) -> Generator[None, None, None]:
    try:
        yield
    except OSError as exc:
        raise PatchError(f"{shown(path)} cannot be written: {_reason(exc)}") from exc


def _reason(error: OSError | ToolFailure) -> str:
    words = error.strerror if isinstance(error, OSError) else None
    return words or str(error)
