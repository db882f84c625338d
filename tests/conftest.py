"""What every test may ask for."""

import os
import shutil

import pytest


def require_program(name: str) -> str:
    """Return the path of a program; without it skip the calling test, or in CI fail it."""
    path = shutil.which(name)
    if path is None:
        reason = f"there is no {name} on this machine"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
