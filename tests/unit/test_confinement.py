"""What a confinement is, before any system enforces it, and the environment of its commands."""

import re
from pathlib import Path

import pytest

from codexctl import adapters
from codexctl.adapters.confinement.confinement import Confinement, Mode, own_code
from codexctl.adapters.confinement.environment import (
    ALLOWED,
    ALLOWED_WITH_NETWORK,
    PROXIES,
    SET,
    tool_environment,
)
from codexctl.adapters.confinement.supervision import Interpreter
from codexctl.domain.errors import UsageError

SECRETS = {
    "OPENAI_API_KEY": "secret",
    "CODEXCTL_ACCESS_TOKEN": "secret",
    "CODEXCTL_PASSPHRASE": "secret",
    "GITHUB_TOKEN": "secret",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "DATABASE_URL": "postgres://user:secret@host",
    "PIP_INDEX_URL": "https://user:secret@host",
    "LC_API_KEY": "secret",
    "HTTPS_PROXY": "http://user:secret@proxy:3128",
    "BASH_ENV": "/secret",
    "LD_PRELOAD": "/secret.so",
    "PYTHONSTARTUP": "/secret.py",
}


def test_links_in_paths_are_resolved_once(tmp_path: Path) -> None:
    (tmp_path / "real" / "work").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    made = Confinement.of(
        Mode.WORKSPACE_WRITE,
        tmp_path / "link" / "work",
        hidden=[tmp_path / "link" / "home", tmp_path / "link" / "home" / "cache"],
        kept=[],
    )
    assert made == Confinement(
        mode=Mode.WORKSPACE_WRITE,
        working_folder=str(tmp_path / "real" / "work"),
        hidden=(str(tmp_path / "real" / "home"),),
    )


@pytest.mark.parametrize("mode", [Mode.READ_ONLY, Mode.WORKSPACE_WRITE])
def test_a_working_folder_among_the_credentials_is_refused(tmp_path: Path, mode: Mode) -> None:
    with pytest.raises(UsageError, match="which tools may not read"):
        Confinement.of(mode, tmp_path / "home" / "sessions", hidden=[tmp_path / "home"])


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("/", "would be no confinement"),
        ("/somewhere/.git/hooks", r"lies in a \.git folder"),
        ("/code/domain", "codexctl itself runs from"),
    ],
)
def test_a_working_folder_that_must_not_be_written_is_refused(folder: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        Confinement.of(Mode.WORKSPACE_WRITE, Path(folder), kept=[Path("/code")])
    assert "--cd" in caught.value.remedy
    assert Confinement.of(Mode.READ_ONLY, Path(folder)).working_folder == folder


@pytest.mark.parametrize("folder", ["/dev/shm", "/proc/self"])
def test_a_working_folder_that_commands_see_replaced_is_refused(folder: str) -> None:
    with pytest.raises(UsageError, match="files of their own"):
        Confinement.of(Mode.READ_ONLY, Path(folder))


def test_full_access_takes_any_working_folder() -> None:
    made = Confinement.of(Mode.DANGER_FULL_ACCESS, Path("/"), hidden=[Path("/")])
    assert made.working_folder == "/"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (Mode.READ_ONLY, "nothing can be written outside a private temporary folder"),
        (Mode.WORKSPACE_WRITE, "only the working folder (not its .git)"),
        (Mode.DANGER_FULL_ACCESS, "all the rights of the user"),
    ],
)
def test_the_model_is_told_what_it_may(tmp_path: Path, mode: Mode, words: str) -> None:
    assert words in Confinement.of(mode, tmp_path).words


def test_codexctl_knows_what_it_runs_from() -> None:
    own = {path.resolve() for path in own_code()}
    rooms = {Path(adapters.__path__[0]).resolve(), Path(pytest.__path__[0]).resolve().parent}
    assert own >= {*rooms, Path(Interpreter.own().argv[0]).parent}


def test_the_supervisor_looks_at_nothing_that_a_command_may_have_written() -> None:
    own = Interpreter.own()
    assert (own.argv[1:4], own.environment) == (("-I", "-S", "-c"), {})
    assert not Path(own.argv[0]).is_symlink()


@pytest.mark.parametrize("mode", list(Mode))
def test_secrets_and_what_loads_code_are_kept_out(mode: Mode) -> None:
    made = tool_environment(SECRETS | {"PATH": "/bin", "HOME": "/home/me"}, mode, "/tmp")
    assert made.keys().isdisjoint(SECRETS)
    assert "secret" not in "".join(made.values())
    assert (made["PATH"], made["HOME"]) == ("/bin", "/home/me")


def test_what_a_command_gets_is_on_the_lists() -> None:
    made = tool_environment(
        {
            "LANG": "de_DE.UTF-8",
            "LC_ALL": "C",
            "TERM": "xterm",
            "PAGER": "less",
            "TMPDIR": "/mine",
            "VIRTUAL_ENV": "/venv",
            "SSH_AUTH_SOCK": "/agent",
            "EMPTY": "",
            "TZ": "",
        },
        Mode.READ_ONLY,
        "/private",
    )
    assert made == {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "de_DE.UTF-8",
        "LC_ALL": "C",
        "VIRTUAL_ENV": "/venv",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "TMPDIR": "/private",
        "TMP": "/private",
        "TEMP": "/private",
    }


def test_full_access_gets_what_the_network_needs() -> None:
    names = {
        "https_proxy": "http://proxy:3128",
        "NO_PROXY": "localhost",
        "SSL_CERT_FILE": "/ca.pem",
        "SSH_AUTH_SOCK": "/agent",
    }
    assert names.items() <= tool_environment(names, Mode.DANGER_FULL_ACCESS, "/tmp").items()
    assert tool_environment(names, Mode.READ_ONLY, "/tmp").keys().isdisjoint(names)


def test_every_variable_of_the_lists_is_documented() -> None:
    decision = Path(__file__).parents[2] / "docs" / "decisions" / "0010-confinement.md"
    documented = set(re.findall(r"`([A-Z_]+)(?:=[^`]*)?`", decision.read_text(encoding="utf-8")))
    names = {*ALLOWED, *ALLOWED_WITH_NETWORK, *PROXIES, *SET, "TMPDIR", "TMP", "TEMP"}
    assert documented - {"RLIMIT_NPROC", "RLIMIT_FSIZE"} == names
