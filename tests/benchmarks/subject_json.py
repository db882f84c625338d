"""The floor of anything that parses the events: json.loads of each, from a file."""

import json
import sys
from pathlib import Path

with Path(sys.argv[1]).open("rb") as lines:
    for line in lines:
        json.loads(line)
