"""``python -m codexctl`` is the same program as ``codexctl``."""

import sys

from codexctl.entrypoints.cli import main

if __name__ == "__main__":
    sys.exit(main())
