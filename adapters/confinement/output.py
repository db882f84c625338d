"""Output of a command in bounded memory: its beginning, its end, and how much there was."""


class BoundedOutput:
    """Keeps head and tail of what is added, half of the bound each, and counts the rest.

    Args:
        most_bytes: How much is kept at most.
    """

    def __init__(self, most_bytes: int) -> None:
        self._head = bytearray()
        self._most_head = most_bytes - most_bytes // 2
        self._tail = bytearray()
        self._most_tail = most_bytes // 2
        self.total_bytes = 0

    def add(self, chunk: bytes) -> None:
        """Add what has come."""
        self.total_bytes += len(chunk)
        if room := self._most_head - len(self._head):
            self._head += chunk[:room]
            chunk = chunk[room:]
        self._tail += chunk
        # Cut now and then: each cut moves what stays.
        if len(self._tail) > 2 * self._most_tail:
            self._tail = self._tail[len(self._tail) - self._most_tail :]

    @property
    def head(self) -> bytes:
        """The beginning."""
        return bytes(self._head)

    @property
    def tail(self) -> bytes:
        """The end, as far as it is not in the beginning."""
        return bytes(self._tail[max(0, len(self._tail) - self._most_tail) :])
