"""A request's body that is sent once or not at all, and knows which."""

import io
import threading


class OneTimeBody(io.BytesIO):
    """A request's body, which is handed over once or withdrawn.

    It is a file to the library, which takes its length from it and reads it when the headers are
    on their way.
    """

    def __init__(self, content: bytes, content_type: str) -> None:
        super().__init__(content)
        self.content_type = content_type
        self._lock = threading.Lock()
        self._is_handed_over = False
        self._is_withdrawn = False

    def read(self, size: int | None = -1, /) -> bytes:
        """Hand over the bytes.

        Raises:
            TimeoutError: It was withdrawn.
        """
        with self._lock:
            if self._is_withdrawn:
                raise TimeoutError("the caller has given up")
            self._is_handed_over = True
        return super().read(size)

    def withdraw(self) -> bool:
        """Give no more of it; tell whether any was given."""
        with self._lock:
            self._is_withdrawn = True
            return self._is_handed_over
