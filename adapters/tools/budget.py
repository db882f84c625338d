"""How much of a tool's output the model is given."""

OUTPUT_BUDGET_BYTES = 40_000
"""10,000 tokens, at 4 bytes each, which is how the official client reckons."""


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
    left_out = len(data) - len(head.encode()) - len(tail.encode())
    return f"{head}…{left_out} bytes left out…{tail}"
