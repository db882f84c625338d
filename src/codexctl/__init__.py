"""codexctl: sign in with ChatGPT, stream the Responses API, run the tool loop.

The rooms are ``codexctl.domain`` (values, rules, ports), ``codexctl.application`` (use cases),
``codexctl.adapters`` (one technology each) and ``codexctl.entrypoints`` (what the world calls).
Importing this package does nothing and loads nothing.
"""

__version__ = "0.1.0"
