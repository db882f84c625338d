"""``--ask``: a person at a terminal is asked before a tool runs, and nobody else answers."""
