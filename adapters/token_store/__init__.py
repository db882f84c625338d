"""Logins at rest: one encrypted file, the sources of its key, the locks beside it, and memory.

``docs/credential-file.md`` describes the format and what it protects against.
"""
