"""``codexctl emulator --tls``: codexctl itself signs in and runs against it."""

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command import COMMAND, process_environment, run_command, run_here

EXPORTED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An emulator.

    Attributes:
        process: Its own.
        ready: What its first line says.
        environment: What its ``export`` lines set.
    """

    process: "subprocess.Popen[bytes]"
    ready: dict[str, Any]
    environment: dict[str, str]


@contextmanager
def emulator() -> Generator[Running]:
    with subprocess.Popen(
        [COMMAND, "emulator", "--tls", "--env", "--quiet"],
        stdout=subprocess.PIPE,
        env=process_environment(),
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            lines = [shlex.split(process.stdout.readline().decode()) for _ in range(EXPORTED)]
            environment = dict(setting.split("=", 1) for _, setting in lines)
            yield Running(process=process, ready=ready, environment=environment)
        finally:
            process.terminate()  # with time to remove its certificate


def test_a_run_with_the_exported_variables_trusts_it() -> None:
    with emulator() as it:
        ran = run_here("run", "--tools", "none", "hi", environment=it.environment)
    assert ran.exit_code == 0, ran.stderr
    assert ran.text.startswith("Hello from the codexctl emulator.")
    origin = f"https://127.0.0.1:{it.ready['port']}"
    assert it.environment["CODEXCTL_CHATGPT_BASE_URL"] == f"{origin}/backend-api/codex"
    assert it.environment["SSL_CERT_FILE"] == it.environment["REQUESTS_CA_BUNDLE"] == it.ready["ca"]


def test_a_sign_in_with_a_device_code_goes_through_tls(tmp_path: Path) -> None:
    with emulator() as it:
        environment = {
            name: value for name, value in it.environment.items() if name != "CODEXCTL_ACCESS_TOKEN"
        }
        home = {"CODEXCTL_HOME": str(tmp_path), "CODEXCTL_KEY_SOURCE": "file"}
        signed_in = run_command("login", "--device", environment={**environment, **home})
        ran = run_command("run", "--tools", "none", "hi", environment={**environment, **home})
    assert (signed_in.exit_code, ran.exit_code) == (0, 0), signed_in.stderr + ran.stderr
    assert f"{it.ready['issuer']}/codex/device" in signed_in.stderr


def test_its_certificate_is_gone_with_it() -> None:
    with emulator() as it:
        ca = Path(it.ready["ca"])
        assert ca.is_file()
        it.process.send_signal(signal.SIGTERM)
        assert it.process.wait(timeout=60) == 143
    assert not ca.parent.exists()


def test_only_tls_loads_what_makes_certificates() -> None:
    looked = (
        "import sys\n"
        "from codexctl.entrypoints.emulator import Emulator\n"
        "with Emulator():\n"
        "    print('cryptography.x509' in sys.modules, 'zstandard' in sys.modules)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", looked],
        env=process_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (finished.stdout, finished.stderr) == ("False False\n", "")
