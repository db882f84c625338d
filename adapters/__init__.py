"""One technology each, behind a port of the domain. Adapters do not know each other."""
