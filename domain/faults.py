"""What a provider reports when it will not answer, and which of our errors that is.

One rule for every way a fault arrives: the body of an HTTP error, and an event inside a stream.
The rules stand in ``fault_rules``, the sentences in ``fault_words`` and ``fault_spent``; a run that
goes well loads none of them.
"""

from codexctl.domain.errors import CodexctlError
from codexctl.domain.provider_fault import ProviderFault

__all__ = ["ProviderFault", "error_for"]


def error_for(fault: ProviderFault) -> CodexctlError:
    """Return the error that a fault means: by code, then by the text, then by the status."""
    from codexctl.domain.fault_rules import sentence_for

    return sentence_for(fault)(fault)
