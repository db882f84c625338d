"""What every test may ask for."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# How fast an example runs says something about the machine, not about the law. In CI the examples
# are the same every time: a change fails for what it changes.
settings.register_profile(
    "codexctl",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
    print_blob=True,
)
settings.load_profile("codexctl")


def require_program(name: str) -> str:
    """Return the path of a program; without it skip the calling test, or in CI fail it."""
    path = shutil.which(name)
    if path is None:
        reason = f"there is no {name} on this machine"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
