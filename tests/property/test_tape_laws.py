"""Laws of a tape's text: what is written is read back, by everybody."""

import json
from itertools import pairwise
from typing import Any, TypeAlias, cast

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codexctl.adapters.cassettes.edits import Edit, edited, moved_borders
from codexctl.adapters.cassettes.json_text import Scalar, is_json, laid_out, scalars
from codexctl.adapters.cassettes.stream_text import Event, Piece, parts_of
from codexctl.adapters.cassettes.yaml_text import FlowNumbers, yaml_text

Json: TypeAlias = Any

LOADERS = [yaml.SafeLoader, yaml.CSafeLoader]
LINES = st.lists(
    st.sampled_from(
        ["", " ", "  ", "\t", "x", " x", "- a", "a: b", "# c", "...", "---", "é", "\x85"]
    )
    | st.text(max_size=6),
    max_size=6,
).map("\n".join)
TEXTS = st.text(max_size=20) | LINES | st.sampled_from(["yes", "1", "1e3", "2026-01-01", "~", "'"])
TREES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.integers()
    | TEXTS
    | st.binary(max_size=80)
    | st.lists(st.integers(), max_size=40).map(FlowNumbers),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXTS, children, max_size=4),
    max_leaves=12,
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4)
    ),
    max_leaves=12,
)


def _plain(tree: Json) -> Json:
    if isinstance(tree, FlowNumbers):
        return list(tree)
    if isinstance(tree, dict):
        return {name: _plain(value) for name, value in cast("dict[str, Any]", tree).items()}
    return [_plain(one) for one in cast("list[Any]", tree)] if isinstance(tree, list) else tree


@pytest.mark.parametrize("loader", LOADERS)
@given(tree=st.dictionaries(TEXTS, TREES, min_size=1, max_size=4))
@example(tree={"a": "\n"})
@example(tree={"a": "\n\n"})
@example(tree={"a": "x\n "})
@example(tree={"a": "\tx\ny"})
@example(tree={"a": "x\n\u2028 y\n"})
@example(tree={"k" * 2000: ["x\ny", []]})
@example(tree={"a": [[["b\nc"]], {"d": []}]})
def test_every_parser_reads_back_what_was_written(
    loader: type[yaml.SafeLoader], tree: dict[str, Any]
) -> None:
    assert yaml.load(yaml_text(tree), loader) == _plain(tree)


@given(tree=st.dictionaries(TEXTS, TREES, min_size=1, max_size=4), cut=st.integers(2, 40))
def test_a_document_that_is_cut_short_lacks_its_end(tree: dict[str, Any], cut: int) -> None:
    text = yaml_text(tree)
    assert text.endswith("\n...\n")
    assert not text[: -min(cut, len(text))].rstrip("\n").endswith("\n...")


@given(value=st.lists(JSON, min_size=1) | st.dictionaries(st.text(max_size=5), JSON))
def test_json_laid_out_is_equal_and_stays_as_it_is(value: Json) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        shown = laid_out(text)
        assert json.loads(shown) == value
        assert laid_out(shown) == shown


@given(value=st.lists(JSON, min_size=1) | st.dictionaries(st.text(max_size=5), JSON))
def test_every_scalar_stands_where_it_is_said_to(value: Json) -> None:
    text = json.dumps(value, indent=1)
    for scalar in scalars(text):
        written = text[scalar.start : scalar.end]
        assert (json.loads(written) if scalar.is_text else written) == scalar.value
        if not scalar.is_key:
            assert json.dumps(_at(value, scalar.path)) == written


def _at(value: Json, path: tuple[str | int, ...]) -> Json:
    for step in path:
        value = value[step]
    return value


@given(
    text=st.text(max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=8).map(sorted),
    news=st.lists(st.text(max_size=4), min_size=4, max_size=4),
    borders=st.lists(st.integers(0, 60), max_size=6).map(sorted),
)
def test_borders_keep_their_order_and_what_is_outside_the_edits(
    text: str, cuts: list[int], news: list[str], borders: list[int]
) -> None:
    places = [min(cut, len(text)) for cut in cuts]
    spans = list(zip(places[::2], places[1::2], strict=False))
    edits = [
        Edit(start, end, new) for (start, end), new in zip(spans, news, strict=False) if start < end
    ]
    before, after = text.encode(), edited(text, edits).encode()
    kept = [min(border, len(before)) for border in borders]
    moved = moved_borders(text, edits, [0, *kept, len(before)])
    assert (moved[0], moved[-1]) == (0, len(after))
    assert all(start <= end for start, end in pairwise(moved))
    if not edits:
        assert moved[1:-1] == kept


EVENT_LINES = st.sampled_from(
    ["data: {}", 'data: {"a":', 'data: "x"}', "data:[1,", "data: 2]", "data", "event: e", ": c", ""]
)


@settings(max_examples=200)
@given(
    lines=st.lists(EVENT_LINES, max_size=12),
    end=st.sampled_from(["\n", "\r", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_the_json_of_a_stream_is_found_however_its_lines_end(
    lines: list[str], end: str, mark: str
) -> None:
    text = mark + end.join(lines)
    parts = list(parts_of(text))
    found = [[one.value for one in part.scalars] for part in parts if isinstance(part, Event)]
    events = "\n".join(lines).split("\n\n")
    told = ["\n".join(_data(event)) for event in events]
    assert found == [[one.value for one in scalars(data)] for data in told if is_json(data)]
    for part in parts:
        if isinstance(part, Event):
            assert all(_written(text, one) == one.value for one in part.scalars)
        else:
            assert isinstance(part, Piece)
            assert not {"\r", "\n"} & set(text[part.start : part.end])


def _data(event: str) -> list[str]:
    lines = [line for line in event.split("\n") if line.startswith("data:")]
    return [line.removeprefix("data:").removeprefix(" ") for line in lines]


def _written(text: str, scalar: Scalar) -> str:
    return text[scalar.start : scalar.end].strip('"')
