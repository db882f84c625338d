"""How much of a tool's output the model is given."""

import codecs

OUTPUT_BUDGET_BYTES = 40_000
"""10,000 tokens, at 4 bytes each, which is how the official client reckons."""
ROOM_BYTES = OUTPUT_BUDGET_BYTES - 500
"""For what a tool shows; the rest is for what it says of that. A tool that keeps to it says itself
how to get at the rest, since the registry's cut would take a piece out of the middle."""

_UNDECODABLE_GROWS = 3
"""The bytes of the character that stands for a byte that is no text."""


def fit(text: str, budget_bytes: int = OUTPUT_BUDGET_BYTES) -> str:
    """Return the text as it goes to the model.

    Over the budget (in bytes of UTF-8) its head and its tail stay, half the budget each and cut
    between characters, with a marker between them that says how many bytes are missing. Half a
    surrogate pair, which UTF-8 cannot carry, is shown escaped.
    """
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= budget_bytes:
        return data.decode()
    half = budget_bytes // 2
    # What "ignore" drops is the character that the cut went through, nothing else.
    head = data[:half].decode("utf-8", "ignore")
    tail = data[len(data) - half :].decode("utf-8", "ignore")
    return head + _marker(len(data) - len(head.encode()) - len(tail.encode())) + tail


def fit_output(head: bytes, tail: bytes, total_bytes: int, budget_bytes: int = ROOM_BYTES) -> str:
    """Return the output of a command as it goes to the model.

    As :func:`fit`, but for bytes whose middle may be missing already. What is no UTF-8 is shown as
    U+FFFD.

    Args:
        head: Its beginning.
        tail: What there is of the rest.
        total_bytes: How long it was.
        budget_bytes: How long the text may be, without the marker.
    """
    known, half = head + tail, budget_bytes // 2
    if total_bytes == len(known):
        whole = known.decode("utf-8", "replace")
        if len(whole.encode()) <= budget_bytes:
            return whole
        head = tail = known
    first, first_bytes = _start(head, half)
    last, last_bytes = _end(tail, half)
    return f"{first}{_marker(total_bytes - first_bytes - last_bytes)}{last}"


def _start(data: bytes, room_bytes: int) -> tuple[str, int]:
    """Return the text at the beginning that fits, and how many bytes it is made of."""
    # Unlike decode(), it holds back a character that the cut goes through.
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data[:room_bytes])
    if len(text.encode()) > room_bytes:
        return _start(data[: room_bytes // _UNDECODABLE_GROWS], room_bytes)
    return text, len(data[:room_bytes]) - len(decoder.getstate()[0])


def _end(data: bytes, room_bytes: int) -> tuple[str, int]:
    """Return the text at the end that fits, and how many bytes it is made of."""
    data = data[max(0, len(data) - room_bytes) :]
    inside = 0
    while inside < min(3, len(data)) and 0x80 <= data[inside] < 0xC0:
        inside += 1  # of a character that the cut goes through
    data = data[inside:]
    text = data.decode("utf-8", "replace")
    if len(text.encode()) > room_bytes:
        return _end(data[len(data) - room_bytes // _UNDECODABLE_GROWS :], room_bytes)
    return text, len(data)


def _marker(left_out: int) -> str:
    return f"…{left_out} bytes left out…"
