"""Values, rules and ports. Nothing here does I/O, reads a clock or knows a third party."""
