"""The two services the emulator stands in for."""

from enum import Enum


class Backend(Enum):
    """One of the two Responses back ends; the value is the path of its base URL.

    They speak one dialect with two allow-lists: a ChatGPT log-in reaches the first only, an API key
    the second only.
    """

    CHATGPT = "/backend-api/codex"
    API_KEY = "/v1"

    @property
    def responses_path(self) -> str:
        """The path that takes `POST` requests for a response."""
        return f"{self.value}/responses"


def backend_of(path: str) -> Backend:
    """Tell whose error shape an answer at `path` has; the ChatGPT side speaks for the rest."""
    return Backend.API_KEY if path.startswith(Backend.API_KEY.value + "/") else Backend.CHATGPT
