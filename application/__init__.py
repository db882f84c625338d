"""Use cases, one a file, and the container that wires them. Knows the domain only."""
