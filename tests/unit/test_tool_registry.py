"""What the registry adds to the contract: its words, its bounds, and the choice of tools."""

import json
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from codexctl.adapters.tools.budget import fit, fit_output
from codexctl.adapters.tools.built_in import ToolSetting, built_in_tools, select
from codexctl.adapters.tools.closed import mounts_of_the_kernel, places_of_the_system
from codexctl.adapters.tools.registry import ToolRegistry
from codexctl.adapters.tools.tool import Tool, ToolResult, shown
from codexctl.domain.errors import UsageError
from codexctl.domain.tools import OutcomeStatus, SandboxMode, ToolCall, ToolOutcome, ToolSpec

_NAMES = ["shell", "read_file", "list_files", "search_files", "apply_patch", "view_image"]


def _tools(folder: Path, mode: SandboxMode = SandboxMode.READ_ONLY) -> tuple[Tool, ...]:
    return built_in_tools(ToolSetting(working_folder=folder, mode=mode, hidden=(folder / "home",)))


def _outcome(
    tmp_path: Path,
    arguments: str,
    name: str = "read_file",
    mode: SandboxMode = SandboxMode.READ_ONLY,
) -> str:
    call = ToolCall(call_id="c", name=name, arguments=arguments)
    outcome = ToolRegistry(_tools(tmp_path, mode)).execute(call)
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


@pytest.mark.parametrize(
    "arguments", ['{"path": "a", "offset": null, "limit": null}', '{"path": "a"}']
)
def test_an_optional_argument_that_is_null_counts_as_not_given(
    tmp_path: Path, arguments: str
) -> None:
    assert _outcome(tmp_path, arguments) == "a does not exist"


@pytest.mark.parametrize("mode", [SandboxMode.READ_ONLY, SandboxMode.WORKSPACE_WRITE])
@pytest.mark.parametrize(
    "name", ["read_file", "list_files", "search_files", "view_image", "apply_patch", "shell"]
)
def test_confined_tools_stay_out_of_the_credentials(
    tmp_path: Path, name: str, mode: SandboxMode
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "key").write_text("canary")
    (tmp_path / "way").symlink_to("home")
    patch = "*** Begin Patch\n*** Update File: way/key\n@@\n-no\n+yes\n*** End Patch"
    arguments = {
        "apply_patch": {"input": patch},
        "list_files": {"path": "way"},
        "search_files": {"path": "way/key", "pattern": "canary"},
        "shell": {"command": "cat way/key"},
    }.get(name, {"path": "way/key"})
    assert "canary" not in _outcome(tmp_path, json.dumps(arguments), name, mode)


@pytest.mark.parametrize("mode", [SandboxMode.READ_ONLY, SandboxMode.WORKSPACE_WRITE])
@pytest.mark.parametrize(
    "path",
    [
        *("/proc/self/environ", "/proc/1/environ", "/proc/self/mem", "/proc/thread-self/maps"),
        *("/dev/stdin", "/dev/fd/0", "/dev/null", "/sys/kernel", "/run/secrets", "/var/run/x"),
    ],
)
def test_confined_tools_stay_out_of_what_the_system_shows_of_itself(
    tmp_path: Path, path: str, mode: SandboxMode
) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("only Linux has all of them")
    for name in ("read_file", "view_image", "list_files"):
        said = _outcome(tmp_path, json.dumps({"path": path}), name, mode)
        assert said.endswith(" is closed to tools")


def test_full_access_is_access_to_the_system_too(tmp_path: Path) -> None:
    said = _outcome(tmp_path, '{"path": "/dev/null"}', mode=SandboxMode.DANGER_FULL_ACCESS)
    assert said == "/dev/null is not a regular file but a character device; it was not opened"


def test_the_folder_of_the_system_that_one_works_in_is_open() -> None:
    assert "/run" not in places_of_the_system("/run/media/disk")
    assert "/dev" in places_of_the_system("/run/media/disk")


def test_file_systems_of_the_kernel_are_known_wherever_they_are_mounted() -> None:
    table = (
        "22 1 0:20 / /proc rw,nosuid shared:5 - proc proc rw\n"
        "23 1 0:21 / /my\\040jail/proc rw - proc proc rw\n"
        "24 1 8:1 / /srv rw - ext4 /dev/sda1 rw\n"
    )
    assert mounts_of_the_kernel(table) == ["/proc", "/my jail/proc"]


def test_half_a_surrogate_pair_in_a_name_leaves_an_output_that_utf8_can_carry(
    tmp_path: Path,
) -> None:
    assert _outcome(tmp_path, "{}", "a\ud800") == "unsupported call: a\\ud800"


def test_two_tools_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one name"):
        ToolRegistry([*_tools(tmp_path), *_tools(tmp_path)])


def test_an_output_over_the_budget_keeps_head_and_tail() -> None:
    spec = ToolSpec(
        name="talks",
        description="Talks.",
        parameters={"type": "object"},
        read_only=True,
        timeout_seconds=1,
    )
    result = ToolResult(text="a" * 30_000 + "b" * 30_000)
    registry = ToolRegistry([Tool(spec=spec, run=lambda _: result)])
    outcome = registry.execute(ToolCall(call_id="c", name="talks", arguments="{}"))
    text = "a" * 20_000 + "…20000 bytes left out…" + "b" * 20_000
    assert outcome == ToolOutcome(call_id="c", output=text, status=OutcomeStatus.COMPLETED)


def test_a_text_of_just_the_budget_is_left_alone() -> None:
    assert fit("abcd", 4) == "abcd"


def test_a_cut_text_is_cut_between_characters() -> None:
    assert fit("ééééé", 6) == "é…6 bytes left out…é"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"abcdef", "abcdef"),
        ("é".encode() * 5, "éé…2 bytes left out…éé"),
        (b"abcdefghijk", "abcd…3 bytes left out…hijk"),
        ("aé".encode() * 4, "aéa…5 bytes left out…aé"),
        (b"\xff" * 20, "\ufffd…18 bytes left out…\ufffd"),
    ],
    ids=["short", "even", "letters", "odd", "binary"],
)
def test_output_is_cut_between_characters_and_its_missing_bytes_are_counted(
    data: bytes, text: str
) -> None:
    assert fit_output(data, b"", len(data), 8) == text
    assert fit_output(data[:3], data[3:], len(data), 8) == text


def test_output_whose_middle_is_missing_counts_that_too() -> None:
    assert fit_output(b"ab\xc3", b"\xa9yz", 106, 8) == "ab…102 bytes left out…yz"
    assert fit_output(b"abcdef", b"uvwxyz", 100, 8) == "abcd…92 bytes left out…wxyz"


def test_built_in_tools_describe_each_argument_and_those_that_read_say_so(tmp_path: Path) -> None:
    specs = [tool.spec for tool in _tools(tmp_path)]
    assert [spec.name for spec in specs] == _NAMES
    for spec in specs:
        assert spec.read_only == (spec.name not in ("shell", "apply_patch"))
        assert spec.parameters["additionalProperties"] is False
        properties = cast("dict[str, dict[str, object]]", spec.parameters["properties"])
        assert all(one["description"] for one in properties.values())


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ("all", _NAMES),
        ("none", []),
        ("list_files", ["list_files"]),
        ("list_files, read_file", ["read_file", "list_files"]),
        ("read_file,read_file", ["read_file"]),
    ],
)
def test_tools_are_chosen_by_name_in_their_own_order(
    tmp_path: Path, names: str, chosen: list[str]
) -> None:
    assert [tool.spec.name for tool in select(names, _tools(tmp_path))] == chosen


@pytest.mark.parametrize("names", ["sh", "read_file,sh", "", "read_file,", "all,read_file"])
def test_an_unknown_name_of_a_tool_is_refused_with_the_known_ones(
    tmp_path: Path, names: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(names, _tools(tmp_path))
    assert ", ".join(_NAMES) in caught.value.remedy


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


def test_a_run_that_calls_no_tool_imports_nothing_that_tools_alone_need() -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from codexctl.adapters.tools.built_in import ToolSetting, built_in_tools;"
        "from codexctl.adapters.tools.registry import ToolRegistry;"
        "ToolRegistry(built_in_tools(ToolSetting(working_folder=Path('.')))).specs();"
        "late = {'fastjsonschema', 'pathspec', 'codexctl.domain.images',"
        "'codexctl.adapters.tools.patching', 'codexctl.adapters.tools.search_process'};"
        "print(late & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
