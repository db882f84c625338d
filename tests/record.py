"""Records the project's tapes against the emulator: ``make record``."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.tapes import TAPES, follow, lay_out, recording

from codexctl.domain.models import Provider
from codexctl.entrypoints.emulator import Emulator


def main() -> None:
    """Record every tape anew."""
    for tape in TAPES:
        with TemporaryDirectory() as name, Emulator(scenarios=(tape.scenario,)) as emulator:
            lay_out(Path(name))
            addresses = {
                Provider.CHATGPT: emulator.chatgpt_base_url,
                Provider.API: emulator.api_base_url,
            }
            with recording(tape, emulator.issuer) as cassette:
                follow(tape, Path(name), addresses)
            print(f"{tape.name}: {len(cassette.requests)} exchanges")  # noqa: T201


if __name__ == "__main__":
    main()
