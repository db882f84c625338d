"""Tests of permissions mean something to an ordinary user only; CI is often root."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65_534


@contextmanager
def ordinary_user() -> Generator[Path, None, None]:
    """Act as a user who may not do everything, for a ``with``, in a folder of their own.

    Root becomes nobody for that time; an ordinary user stays who they are.
    """
    folder = Path(tempfile.mkdtemp(prefix="codexctl-test-"))
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, _NOBODY, _NOBODY)
        os.seteuid(_NOBODY)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)
