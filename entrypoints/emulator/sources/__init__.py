"""Replies out of files: scripts, tapes, recorded streams."""
