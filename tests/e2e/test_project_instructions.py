"""What a project and the machine tell the model before the prompt."""

import os
import re
from datetime import datetime
from pathlib import Path

import pytest
from tests.asking import Asked, ask
from tests.wire import answer


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a folder two deep; around it lies a folder of somebody else's."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "package" / "inner").mkdir(parents=True)
    (tmp_path / "AGENTS.md").write_text("Of somebody else.")
    return root


def asked_in(folder: Path, *words: str) -> Asked:
    """Run in a folder."""
    asked = ask("--quiet", "-C", str(folder), *words, "hi", script=[answer("Hello")])
    assert (asked.ran.exit_code, asked.ran.text) == (0, "Hello\n"), asked.ran.stderr
    return asked


def messages(asked: Asked) -> list[tuple[str, str]]:
    """Return role and text of each message of the request."""
    return [
        (item["role"], "".join(part["text"] for part in item["content"]))
        for item in asked.seen[0].input
    ]


def test_documents_are_given_before_the_prompt_from_the_root_down(project: Path) -> None:
    folder = project / "package" / "inner"
    (project / "AGENTS.md").write_text("Of the root.\n")
    (project / "package" / "AGENTS.md").write_text("Plain, and overridden.\n")
    (project / "package" / "AGENTS.override.md").write_text("Of the package.\n")
    (folder / "AGENTS.md").write_text("Of the folder ✓.\n", encoding="utf-8")
    first, second, third = messages(asked_in(folder))
    assert first == (
        "user",
        (
            f"# AGENTS.md instructions for {folder}\n\n<INSTRUCTIONS>\n"
            "Of the root.\n\nOf the package.\n\nOf the folder ✓.\n</INSTRUCTIONS>"
        ),
    )
    assert second[1].startswith("<environment_context>\n")
    assert third == ("user", "hi")


def test_documents_below_the_working_folder_are_not_given(project: Path) -> None:
    (project / "package" / "AGENTS.md").write_text("Of the package.")
    assert [text.splitlines()[0] for _, text in messages(asked_in(project))] == [
        "<environment_context>",
        "hi",
    ]


def test_no_project_doc_leaves_documents_out(project: Path) -> None:
    (project / "AGENTS.md").write_text("Of the root.")
    assert [
        text.splitlines()[0] for _, text in messages(asked_in(project, "--no-project-doc"))
    ] == [
        "<environment_context>",
        "hi",
    ]


def test_a_document_that_is_too_big_is_cut_and_that_is_told(project: Path) -> None:
    document = project / "AGENTS.md"
    document.write_text("x" * 40_000)
    asked = ask("-C", str(project), "hi", script=[answer("Hello")])
    assert asked.ran.text == "Hello\n"
    assert asked.ran.stderr.splitlines()[0] == (
        f"note: {document} is more than the 32768 bytes there is room for;"
        " the model does not see all of it."
    )
    assert messages(asked)[0][1].count("x") == 32_768


@pytest.mark.parametrize("quiet", [(), ("--json",)], ids=["text", "json"])
def test_a_document_that_cannot_be_read_is_told_and_ends_nothing(
    project: Path, quiet: tuple[str, ...]
) -> None:
    os.mkfifo(project / "AGENTS.md")
    asked = ask(*quiet, "-C", str(project), "hi", script=[answer("Hello")])
    assert asked.ran.exit_code == 0
    told = asked.ran.text if quiet else asked.ran.stderr
    assert "cannot be read: it is not a regular file; the model does not see all of it." in told


@pytest.mark.parametrize(
    ("sandbox", "network"),
    [
        ("read-only", "restricted"),
        ("workspace-write", "restricted"),
        ("danger-full-access", "enabled"),
    ],
)
def test_the_model_is_told_of_the_machine(project: Path, sandbox: str, network: str) -> None:
    before = datetime.now().astimezone()
    asked = asked_in(project, "--sandbox", sandbox)
    after = datetime.now().astimezone()
    (_, text), _ = messages(asked)
    facts = dict(re.findall(r"^  <(\w+)>(.*)</\1>$", text, re.MULTILINE))
    assert facts.pop("current_date") in {f"{moment:%Y-%m-%d}" for moment in (before, after)}
    assert facts.pop("shell") in {"bash", "sh"}
    assert facts == {"cwd": str(project), "sandbox_mode": sandbox, "network_access": network}


def test_the_shell_is_the_one_that_runs_commands(project: Path, tmp_path: Path) -> None:
    words = ("-C", str(project), "hi")
    shells: list[str] = []
    for name in ("bash", "zsh"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
        asked = ask(*words, script=[answer("Hello")], environment={"PATH": str(folder)})
        shells += re.findall("<shell>(.*)</shell>", messages(asked)[0][1])
    assert shells == ["bash", "sh"]


def test_without_tools_nothing_is_told_of_the_machine(project: Path) -> None:
    (project / "AGENTS.md").write_text("Of the root.")
    texts = [text for _, text in messages(asked_in(project, "--tools", "none"))]
    assert (len(texts), texts[0].startswith("# AGENTS.md"), texts[1]) == (2, True, "hi")
