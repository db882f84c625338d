"""The emulated model: what it says to which request, and the stream that carries it."""
