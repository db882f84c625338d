"""Conversations on disk: one log of JSON lines each, and the lock that goes with it."""
