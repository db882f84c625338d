"""How a program or a shell learns where a running emulator listens."""

import json
import shlex

from codexctl.entrypoints.emulator.server import Emulator

ACCESS_TOKEN = "made-up-token-for-the-codexctl-emulator"  # noqa: S105 - no secret, and says so
"""A bearer for clients of the emulator, which takes any unless it is strict."""

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""The first is the one that codexctl looks at first, the second what most other clients know."""


def ready_line(emulator: Emulator) -> str:
    """Tell where a running emulator listens, as one line of JSON."""
    told: dict[str, int | str] = {
        "port": emulator.port,
        "issuer": emulator.issuer,
        "chatgpt_base_url": emulator.chatgpt_base_url,
        "api_base_url": emulator.api_base_url,
    }
    if emulator.ca_file is not None:
        told["ca"] = emulator.ca_file
    return json.dumps(told)


def env_lines(emulator: Emulator) -> list[str]:
    """Give the shell lines that point codexctl at a running emulator."""
    settings = {
        "CODEXCTL_ISSUER": emulator.issuer,
        "CODEXCTL_CHATGPT_BASE_URL": emulator.chatgpt_base_url,
        "CODEXCTL_API_BASE_URL": emulator.api_base_url,
        "CODEXCTL_ACCESS_TOKEN": ACCESS_TOKEN,
    }
    if emulator.ca_file is not None:
        settings |= dict.fromkeys(_CA_VARIABLES, emulator.ca_file)
    return [f"export {name}={shlex.quote(value)}" for name, value in settings.items()]
