"""What a patch comes to, worked out in memory: which files are written and removed in the end.

Sections follow one another as if each had been applied, so that one may update what another added.
Nothing is written here.
"""

import errno
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import assert_never

from codexctl.adapters.tools.entries import EntryKind, Status
from codexctl.adapters.tools.patching.matching import no_text, updated
from codexctl.adapters.tools.patching.places import Guard, Place
from codexctl.adapters.tools.patching.sections import (
    AddFile,
    DeleteFile,
    PatchError,
    Section,
    UpdateFile,
)
from codexctl.adapters.tools.system_errors import failure_at
from codexctl.adapters.tools.tool import shown
from codexctl.domain.tools import ChangeKind
from codexctl.domain.values import dataclass

MAX_FILE_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one section does.

    Attributes:
        path: The file, as the patch has it; after a move the new path.
        kind: What is done to it.
        moved_from: Where it was before, if it was moved.
    """

    path: str
    kind: ChangeKind
    moved_from: str | None = None


@dataclass(frozen=True, slots=True)
class NewContent:
    """What is to be in a file.

    Attributes:
        data: Its bytes.
        like: The file whose permissions and owner it gets; None for those of a new file.
    """

    data: bytes
    like: Status | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens at one place in the end.

    Attributes:
        place: The place.
        path: Its path as the patch has it, for words.
        before: What stands there now.
        after: What is to stand there, or None if nothing is.
    """

    place: Place
    path: str
    before: Status | None
    after: NewContent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A patch, worked out.

    Attributes:
        folders: The folders that new files are in, each behind those that it is below.
        steps: One for each place; those where something is removed come first.
        changes: One for each section, in the order of the patch.
    """

    folders: tuple[Place, ...]
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]


def make_plan(sections: Sequence[Section], guard: Guard) -> Plan:
    """Return what the sections come to, one after the other.

    Raises:
        PatchError: A section cannot be applied to what is there, or to what those before it left.
        ToolFailure: The guard refuses a path, it is one that is never written, or it cannot be
            read.
    """
    draft = _Draft(guard, {})
    changes: list[Change] = []
    for section in sections:
        with _in_words(section.path):
            changes.append(draft.apply(section))
    steps = [step for step in draft.steps.values() if step.before or step.after]
    # A file whose name only changes in letter case may be one and the same to the system.
    steps.sort(key=lambda step: step.after is not None)
    new = (step.place for step in steps if step.after and not step.before)
    folders = dict.fromkeys(folder for place in new for folder in place.above())
    return Plan(folders=tuple(folders), steps=tuple(steps), changes=tuple(changes))


@contextmanager
def _in_words(path: str) -> Generator[None, None, None]:
    try:
        yield
    except OSError as exc:
        raise failure_at(path, exc) from exc


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the sections so far come to, by place."""

    guard: Guard
    steps: dict[Place, Step]

    def apply(self, section: Section) -> Change:
        """Work out one more section.

        Raises:
            OSError: Something cannot be read.
        """
        match section:
            case AddFile(path, content):
                self._add(path, _encoded(path, content))
                return Change(path=path, kind=ChangeKind.ADD)
            case DeleteFile(path):
                self._remove(self.guard.resolve(path, follow_last=False), path)
                return Change(path=path, kind=ChangeKind.DELETE)
            case UpdateFile():
                return self._update(section)
            case _:
                assert_never(section)

    def _add(self, path: str, data: bytes) -> None:
        place = self._target(path)
        before = like = self._before(place, path)
        step = self.steps.get(place)
        if step is not None:
            like = step.after.like if step.after else None
        self._write(place, path, before, NewContent(data, like))

    def _update(self, section: UpdateFile) -> Change:
        path = section.path
        source = self._target(path)
        before, old = self._content(source, path)
        new = updated(path, old.data, section.hunks) if section.hunks else old.data
        after = NewContent(new, old.like)
        if section.move_to is None:
            self._write(source, path, before, after)
            return Change(path=path, kind=ChangeKind.UPDATE)
        # Where it is a link that is moved, what it leads to stays.
        origin = self.guard.resolve(path, follow_last=False)
        with _in_words(section.move_to):
            target = self._target(section.move_to)
            before = before if target == source else self._before(target, section.move_to)
        if origin != target:
            self._remove(origin, path)
        with _in_words(section.move_to):
            self._write(target, section.move_to, before, after)
        return Change(path=section.move_to, kind=ChangeKind.UPDATE, moved_from=path)

    def _target(self, path: str) -> Place:
        """Return the place that a path leads to, or a link that the patch itself removed."""
        entry = self.guard.resolve(path, follow_last=False)
        return entry if entry in self.steps else self.guard.resolve(path, follow_last=True)

    def _before(self, place: Place, path: str) -> Status | None:
        """Return what stands on the disk where something is to be written."""
        step = self.steps.get(place)
        if step is not None:
            return step.before
        self._require_room(place, path)
        return place.status()

    def _content(self, place: Place, path: str) -> tuple[Status | None, NewContent]:
        """Return what stands there now, and what the sections so far made of it."""
        step = self.steps.get(place)
        if step is not None:
            if step.after is None:
                raise PatchError(
                    f"{shown(path)} does not exist: the patch itself removes it before"
                )
            return step.before, step.after
        _require(place.status(), path)
        status, data = place.folder.read(place.parts, MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise PatchError(
                f"{shown(path)} has {status.size_bytes} bytes; a patch is for files of up to"
                f" {MAX_FILE_BYTES}"
            )
        return status, NewContent(data, status)

    def _write(self, place: Place, path: str, before: Status | None, after: NewContent) -> None:
        place.folder.require_writable(place.parts)
        if before is not None and place not in self.steps:
            _require(before, path)
        self.steps[place] = Step(place=place, path=path, before=before, after=after)

    def _remove(self, place: Place, path: str) -> None:
        place.folder.require_writable(place.parts)
        step = self.steps.get(place)
        if step is None:
            before = place.status()
            _require(before, path, or_link=True)
        elif step.after is None:
            raise PatchError(f"{shown(path)} does not exist: the patch itself removes it before")
        else:
            before = step.before
        self.steps[place] = Step(place=place, path=path, before=before, after=None)

    def _require_room(self, place: Place, path: str) -> None:
        """Refuse a new file in the way of another one, or in a folder that is a file."""
        for folder in place.above():
            if folder in self.steps:
                raise PatchError(
                    f"{shown(path)} cannot be written: the patch takes"
                    f" {shown(self.steps[folder].path)} for a file and for a folder"
                )
            status = folder.status()
            if status is not None and status.kind is not EntryKind.FOLDER:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        for step in self.steps.values():
            if step.after and place in step.place.above():
                raise PatchError(
                    f"{shown(path)} cannot be written: the patch takes it for a file and, in"
                    f" {shown(step.path)}, for a folder"
                )


def _require(status: Status | None, path: str, *, or_link: bool = False) -> None:
    """Refuse what is no file."""
    if status is None:
        raise PatchError(f"{shown(path)} does not exist")
    match status.kind:
        case EntryKind.FILE:
            return
        case EntryKind.LINK:
            if not or_link:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        case EntryKind.FOLDER:
            raise PatchError(f"{shown(path)} is a folder; a patch is for files")
        case EntryKind.OTHER:
            raise PatchError(f"{shown(path)} is not a regular file; a patch is for files")
        case _:
            assert_never(status.kind)


def _encoded(path: str, content: str) -> bytes:
    try:
        return content.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as exc:
        raise no_text(path) from exc
