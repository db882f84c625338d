"""A session that is open for adding."""

import errno
from collections.abc import Callable
from pathlib import Path

from codexctl.adapters.sessions.complaints import not_written
from codexctl.adapters.sessions.folder import sync_folder
from codexctl.adapters.sessions.line_codec import encode_record
from codexctl.adapters.sessions.log_file import LockedFile
from codexctl.domain.ports import Clock
from codexctl.domain.session import SessionRecord


class FileSessionLog:
    """The :class:`~codexctl.domain.ports.SessionLog` of a file.

    Args:
        path: The file, which need not be there yet.
        clock: Tells when something happened.
        file: The file where it is there.
        begin: Makes it otherwise, with the line of its first record.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        file: LockedFile | None = None,
        begin: Callable[[bytes], LockedFile] | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._file = file
        self._begin = begin
        self._is_new = file is None

    def append(self, *records: SessionRecord, is_durable: bool = False) -> None:
        """See :meth:`codexctl.domain.ports.SessionLog.append`."""
        now = self._clock.now()
        lines = [encode_record(record, now) for record in records]
        start: int | None = None
        try:
            if self._file is None:
                if not lines:
                    return
                self._file = self._begun(lines.pop(0))
                start = 0
            else:
                start = self._file.size()
            for line in lines:
                self._file.add(line)
            if is_durable:
                self._sync(self._file)
        except OSError as exc:
            self._take_back(start)
            raise not_written(self._path, exc) from exc

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.SessionLog.close`."""
        self._begin = None
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def _begun(self, line: bytes) -> LockedFile:
        if self._begin is None:
            raise OSError(errno.EBADF, "it is closed")
        return self._begin(line)

    def _sync(self, file: LockedFile) -> None:
        file.sync()
        if self._is_new:
            sync_folder(self._path.parent)
            self._is_new = False

    def _take_back(self, start: int | None) -> None:
        """Leave the file as it was, or not there at all if this was its beginning."""
        if self._file is None or start is None:
            return
        if start == 0:
            file, self._file = self._file, None
            file.discard()
            return
        try:
            self._file.cut(start)
        except OSError:
            self.close()  # nothing can be added behind half a line
