"""``--output-schema FILE``."""

from pathlib import Path

import pytest

from codexctl.domain.errors import UsageError
from codexctl.entrypoints.cli.output_schema import read_schema


def test_a_schema_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text('{"type": "object"}')
    assert read_schema(str(file)) == {"type": "object"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "not an object"),
        (b"\xff\xfe{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_schema_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "schema.json"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        read_schema(str(file))


def test_a_schema_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_schema(str(tmp_path / "none.json"))
