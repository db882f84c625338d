"""One hand-written fake a port, held to the same contract test as the adapters.

Each says in its docstring what it can be told to do, and keeps what it was asked.
"""
