"""``AGENTS.md`` from the root of the repository down to the working folder."""

import os
from pathlib import Path

import pytest

from codexctl.adapters.project_documents import ProjectDocuments, read_project_documents


@pytest.fixture
def inner(tmp_path: Path) -> Path:
    """Return a folder three deep in a repository that lies in a folder of somebody else's."""
    folder = tmp_path / "repository" / "package" / "inner"
    folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    (tmp_path / "AGENTS.md").write_text("of somebody else")
    return folder


def test_documents_are_read_from_the_root_of_the_repository_down(inner: Path) -> None:
    (inner.parents[1] / "AGENTS.md").write_text("of the root\n")
    (inner / "AGENTS.md").write_text("of the folder\n")
    assert read_project_documents(inner) == ProjectDocuments("of the root\n\nof the folder")


def test_an_override_takes_the_place_of_the_document_beside_it(inner: Path) -> None:
    (inner / "AGENTS.md").write_text("plain")
    (inner / "AGENTS.override.md").write_text("override")
    assert read_project_documents(inner) == ProjectDocuments("override")


def test_without_a_repository_only_the_working_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("above")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "AGENTS.md").write_text("here")
    assert read_project_documents(folder) == ProjectDocuments("here")


def test_a_work_tree_whose_git_folder_is_a_file_is_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    (tmp_path / "AGENTS.md").write_text("root")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert read_project_documents(folder) == ProjectDocuments("root")


def test_without_documents_there_is_nothing_to_say(inner: Path) -> None:
    assert read_project_documents(inner) == ProjectDocuments("")


def test_what_does_not_fit_is_cut_on_a_character_and_told(inner: Path) -> None:
    (inner / "AGENTS.md").write_text("aé")
    told = f"{inner / 'AGENTS.md'} is more than the 2 bytes there is room for"
    assert read_project_documents(inner, most_bytes=2) == ProjectDocuments("a", (told,))


def test_the_room_is_for_all_of_them_together(inner: Path) -> None:
    (inner.parents[1] / "AGENTS.md").write_text("1234")
    (inner / "AGENTS.md").write_text("5678")
    assert read_project_documents(inner, most_bytes=6).text == "1234\n\n56"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["fifo", "folder"])
def test_what_is_no_file_is_told_and_does_not_hang(inner: Path, make: object) -> None:
    assert callable(make)
    make(inner / "AGENTS.md")
    read = read_project_documents(inner)
    assert (read.text, len(read.left_out)) == ("", 1)


def test_a_link_that_leads_nowhere_is_told(inner: Path) -> None:
    (inner / "AGENTS.md").symlink_to("nowhere")
    told = f"{inner / 'AGENTS.md'} cannot be read: No such file or directory"
    assert read_project_documents(inner) == ProjectDocuments("", (told,))
