"""The environment of a command: what is on the lists below, and nothing else.

An API key that a user has exported would otherwise be one ``env`` away from the model. A list of
what is allowed keeps secrets out whatever their names; a list of what looks like a secret does not.
It holds in all modes. ``docs/decisions/0010-confinement.md`` shows the list to users.
"""

from collections.abc import Mapping

from codexctl.adapters.confinement.confinement import Mode

_OF_THE_USER = ("HOME", "LOGNAME", "PATH", "SHELL", "USER")
_OF_THE_LANGUAGE = (
    "LANG",
    "LANGUAGE",
    "TZ",
    # Not LC_* as a whole: ssh passes every such name on, so people smuggle other things in them.
    "LC_ADDRESS",
    "LC_ALL",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_IDENTIFICATION",
    "LC_MEASUREMENT",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NAME",
    "LC_NUMERIC",
    "LC_PAPER",
    "LC_TELEPHONE",
    "LC_TIME",
)
_OF_TOOLS = (
    "CARGO_HOME",
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "GEM_HOME",
    "GEM_PATH",
    "GOPATH",
    "GOROOT",
    "JAVA_HOME",
    "MANPATH",
    "NODE_PATH",
    "NVM_DIR",
    "PKG_CONFIG_PATH",
    "PNPM_HOME",
    "PYENV_ROOT",
    "PYTHONPATH",
    "RUSTUP_HOME",
    "VIRTUAL_ENV",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
)
ALLOWED = (*_OF_THE_USER, *_OF_THE_LANGUAGE, *_OF_TOOLS)
"""Passed on in every mode, where they are set."""

ALLOWED_WITH_NETWORK = (
    "REQUESTS_CA_BUNDLE",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
)
"""Passed on besides in ``danger-full-access``, of no use where there is no network."""

PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
"""Passed on besides in ``danger-full-access``, in capitals or not, unless they hold a login."""

SET = {
    "TERM": "dumb",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
"""Set whatever the user has: nobody is there to look at colours, page, or answer a question."""

_PATH = "/usr/local/bin:/usr/bin:/bin"


def tool_environment(
    environment: Mapping[str, str], mode: Mode, temporary_folder: str
) -> dict[str, str]:
    """Return the environment of a command.

    Args:
        environment: The environment of codexctl.
        mode: The mode of the sandbox.
        temporary_folder: The private temporary folder, as the command sees it.
    """
    names: tuple[str, ...] = ALLOWED
    kept = {"PATH": _PATH}
    if mode is Mode.DANGER_FULL_ACCESS:
        names = (*ALLOWED, *ALLOWED_WITH_NETWORK)
        kept |= _proxies(environment)
    kept |= {name: environment[name] for name in names if environment.get(name)}
    temporary = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), temporary_folder)
    return {**kept, **SET, **temporary}


def _proxies(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.upper() in PROXIES and value and "@" not in value
    }
