"""Which scenario a conversation plays."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from codexctl.entrypoints.emulator.json_values import JsonObject, as_text
from codexctl.entrypoints.emulator.model.request_reading import ids_given_out, opens_a_conversation
from codexctl.entrypoints.emulator.model.scenarios import DEFAULT, SCENARIO_NAMES, resolve

_REMEMBERED_CONVERSATIONS = 10_000
_PARTS_OF_AN_ID = 4  # kind, scenario, step, hash


class ScenarioChoice:
    """Hands each new conversation the next scenario; the last one repeats.

    A conversation is known by its `prompt_cache_key`, which clients keep constant over a session;
    one without a key is known by the scenario name in the ids it was given. Retrying the first
    request under the same key therefore stays in the same scenario.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        """Check the names.

        Raises:
            ValueError: for a name that is no scenario.
        """
        for name in names:
            if name not in SCENARIO_NAMES:
                known = ", ".join(SCENARIO_NAMES)
                msg = f"there is no scenario named {name!r}; there are {known}"
                raise ValueError(msg)
        self._names = tuple(names) or (DEFAULT,)
        self._handed_out = 0
        self._by_key: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def choose(self, body: JsonObject) -> str:
        """Give the name of the scenario this request is a step of."""
        key = as_text(body.get("prompt_cache_key"))
        with self._lock:
            name = self._known(body)
            if name is None:
                name = self._next()
                self._handed_out += 1
            if key and key not in self._by_key:
                self._by_key[key] = name
                if len(self._by_key) > _REMEMBERED_CONVERSATIONS:
                    self._by_key.popitem(last=False)
        return resolve(name, body)

    def foresee(self, body: JsonObject) -> str:
        """Give the name that `choose` would, and leave it to be handed out."""
        with self._lock:
            return resolve(self._known(body) or self._next(), body)

    def _known(self, body: JsonObject) -> str | None:
        """Find the scenario of a conversation that has one, None for a new one."""
        key = as_text(body.get("prompt_cache_key"))
        return self._by_key.get(key) or self._from_ids(body)

    def _next(self) -> str:
        return self._names[min(self._handed_out, len(self._names) - 1)]

    def _from_ids(self, body: JsonObject) -> str | None:
        """Find the scenario of a conversation that goes on, None for a new one.

        A client that drops the ids of messages leaves nothing to go by: such a conversation plays
        the scenario that was handed out last.
        """
        if opens_a_conversation(body):
            return None
        for given in ids_given_out(body):
            parts = given.split("_")
            if len(parts) == _PARTS_OF_AN_ID and parts[1] in SCENARIO_NAMES:
                return parts[1]
        return (
            self._names[min(self._handed_out, len(self._names)) - 1] if self._handed_out else None
        )
