"""One reply of the emulated model: what was asked, what it says, and the ids that follow."""

import base64
import hashlib
from dataclasses import dataclass

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.json_values import JsonObject
from codexctl.entrypoints.emulator.model.output_items import OutputItem
from codexctl.entrypoints.emulator.model.request_reading import input_items

_FIRST_INSTANT = 1_700_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One response in the making.

    Ids and instants are functions of these fields, with no clock and no randomness, so that what is
    recorded against the emulator can be recorded again byte for byte.

    Attributes:
        backend: whose wire shape the reply takes.
        request: the parsed body it answers.
        items: what the model says, in order.
        label: scenario and step, `tool_1`; part of every id, which is how a later request tells
            its scenario.
        serial: the caller's counter, which keeps the ids of two replies apart.
    """

    backend: Backend
    request: JsonObject
    items: tuple[OutputItem, ...]
    label: str
    serial: int

    @property
    def response_id(self) -> str:
        """The id of the whole response."""
        return f"resp_{self._digest('resp')[:48]}"

    @property
    def created_at(self) -> int:
        """When the response was made: made-up Unix seconds."""
        return _FIRST_INSTANT + self.serial

    def item_id(self, prefix: str, output_index: int) -> str:
        """Give an id such as `fc_tool_1_1f0c9a7be2d4`."""
        return f"{prefix}_{self.label}_{self._digest(f'{prefix}/{output_index}')[:12]}"

    def encrypted_content(self, output_index: int, stage: str) -> str:
        """Give a stand-in for sealed reasoning, which differs between stages.

        Recorded streams seal the same reasoning anew for `output_item.added`, `output_item.done`
        and `response.completed`.
        """
        digests = (self._digest(f"sealed/{output_index}/{stage}/{part}") for part in range(3))
        return "gAAAAAB" + base64.urlsafe_b64encode(bytes.fromhex("".join(digests))).decode()

    def padding(self, sequence_number: int, delta: str) -> str:
        """Give the `obfuscation` of a delta, which hides how long the delta is."""
        return self._digest(f"padding/{sequence_number}")[: 16 - len(delta) % 16]

    def _digest(self, what: str) -> str:
        # The length of the input keeps ids apart when a saved conversation goes on against another
        # emulator, whose counter starts anew.
        seed = f"{self.serial}/{len(input_items(self.request))}/{what}"
        return hashlib.sha256(seed.encode()).hexdigest()
