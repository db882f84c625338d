"""Records the project's tapes against the emulator: ``make record``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.tapes import TAPES
from tests.taping import record


def main() -> None:
    """Record every tape anew."""
    for tape in TAPES:
        ran = record(tape, tape.path)
        if (ran.exit_code, ran.text, ran.stderr) != (tape.exit_code, tape.stdout, tape.stderr):
            said = f"exit code {ran.exit_code}\n{ran.text}{ran.stderr}"
            sys.exit(f"{tape.name} came out otherwise than tests/tapes.py says: {said}")
        print(tape.name)  # noqa: T201


if __name__ == "__main__":
    main()
