"""What the registry adds to the contract: its words, its bounds, and the choice of tools."""

import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from codexctl.adapters.tools.budget import fit
from codexctl.adapters.tools.built_in import built_in_tools, select
from codexctl.adapters.tools.registry import ToolRegistry
from codexctl.adapters.tools.tool import Tool, shown
from codexctl.domain.errors import UsageError
from codexctl.domain.tools import OutcomeStatus, ToolCall, ToolOutcome, ToolSpec


def _outcome(tmp_path: Path, arguments: str, name: str = "read_file") -> str:
    call = ToolCall(call_id="c", name=name, arguments=arguments)
    outcome = ToolRegistry(built_in_tools(tmp_path)).execute(call)
    assert outcome.status is OutcomeStatus.FAILED
    return outcome.output


_USAGE = "Its arguments: path (string, required), offset (integer), limit (integer)."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("{}", '"path" is missing'),
        ('{"path": 1}', '"path" must be of type string, got an integer'),
        ('{"path": null}', '"path" must be of type string, got null'),
        ('{"path": "a", "offset": true}', '"offset" must be of type integer, got a boolean'),
        ('{"path": "a", "offset": 1.5}', '"offset" must be of type integer, got a number'),
        ('{"path": "a", "limit": 0}', '"limit" must be bigger than or equal to 1'),
        ('{"path": ""}', '"path" must be longer than or equal to 1 characters'),
        ('{"path": "a", "z": 1, "b\\n": 2}', '"b\\n", "z" are not known'),
    ],
)
def test_a_breach_of_the_schema_says_which_argument_and_what_is_expected(
    tmp_path: Path, arguments: str, words: str
) -> None:
    expected = f"invalid arguments for read_file: {words}. {_USAGE}"
    assert _outcome(tmp_path, arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("[1]", "expected a JSON object, got an array"),
        ('{"path": NaN}', "NaN is not JSON"),
        ('{"offset": 1234567890123456789}', "a whole number has more than 18 digits"),
        ('{"a":' * 100_000, "it is nested too deeply"),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_arguments_that_cannot_be_parsed_say_why(
    tmp_path: Path, arguments: str, reason: str
) -> None:
    expected = f"failed to parse function arguments: {reason}"
    assert _outcome(tmp_path, arguments) == expected


def test_an_infinite_offset_is_a_breach_of_the_schema(tmp_path: Path) -> None:
    words = '"offset" must be of type integer, got a number'
    assert words in _outcome(tmp_path, '{"path": "a", "offset": 1e999}')


def test_half_a_surrogate_pair_in_a_name_leaves_an_output_that_utf8_can_carry(
    tmp_path: Path,
) -> None:
    assert _outcome(tmp_path, "{}", "a\ud800") == "unsupported call: a\\ud800"


def test_two_tools_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one name"):
        ToolRegistry([*built_in_tools(tmp_path), *built_in_tools(tmp_path)])


def test_an_output_over_the_budget_keeps_head_and_tail() -> None:
    spec = ToolSpec(
        name="talks",
        description="Talks.",
        parameters={"type": "object"},
        read_only=True,
        timeout_seconds=1,
    )
    registry = ToolRegistry([Tool(spec, lambda _: "a" * 30_000 + "b" * 30_000)])
    outcome = registry.execute(ToolCall(call_id="c", name="talks", arguments="{}"))
    text = "a" * 20_000 + "…20000 bytes left out…" + "b" * 20_000
    assert outcome == ToolOutcome(call_id="c", output=text, status=OutcomeStatus.COMPLETED)


def test_a_text_of_just_the_budget_is_left_alone() -> None:
    assert fit("abcd", 4) == "abcd"


def test_a_cut_text_is_cut_between_characters() -> None:
    assert fit("ééééé", 6) == "é…6 bytes left out…é"


def test_built_in_tools_are_read_only_and_describe_each_argument(tmp_path: Path) -> None:
    specs = [tool.spec for tool in built_in_tools(tmp_path)]
    assert [spec.name for spec in specs] == ["read_file", "list_files"]
    for spec in specs:
        assert (spec.read_only, spec.timeout_seconds) == (True, 30)
        assert spec.parameters["additionalProperties"] is False
        properties = cast("dict[str, dict[str, object]]", spec.parameters["properties"])
        assert all(one["description"] for one in properties.values())


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ("all", ["read_file", "list_files"]),
        ("none", []),
        ("list_files", ["list_files"]),
        ("list_files, read_file", ["read_file", "list_files"]),
        ("read_file,read_file", ["read_file"]),
    ],
)
def test_tools_are_chosen_by_name_in_their_own_order(
    tmp_path: Path, names: str, chosen: list[str]
) -> None:
    assert [tool.spec.name for tool in select(names, built_in_tools(tmp_path))] == chosen


@pytest.mark.parametrize("names", ["shell", "read_file,shell", "", "read_file,", "all,read_file"])
def test_an_unknown_name_of_a_tool_is_refused_with_the_known_ones(
    tmp_path: Path, names: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(names, built_in_tools(tmp_path))
    assert "read_file, list_files" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a b/ä.txt", "a b/ä.txt"),
        ("a\nb", '"a\\nb"'),
        ("\x1b[31m", '"\\u001b[31m"'),
        ("a\udcff", '"a\\udcff"'),
        ("\u202egnp", '"\\u202egnp"'),
        ('"quoted"', '"\\"quoted\\""'),
        ("", '""'),
    ],
)
def test_a_name_that_could_deceive_is_shown_as_json(name: str, line: str) -> None:
    assert shown(name) == line


def test_a_run_that_calls_no_tool_imports_neither_library() -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from codexctl.adapters.tools.built_in import built_in_tools;"
        "from codexctl.adapters.tools.registry import ToolRegistry;"
        "ToolRegistry(built_in_tools(Path('.'))).specs();"
        "print({'fastjsonschema', 'pathspec'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
