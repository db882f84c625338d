"""Recorded runs: tapes in vcrpy's format, what is scrubbed from them, and how they are matched."""
