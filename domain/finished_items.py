"""The finished items of a response: each once, and where it belongs."""

from dataclasses import field

from codexctl.domain.conversation import AssistantMessage, ConversationItem, Reasoning
from codexctl.domain.tools import ToolCall
from codexctl.domain.values import dataclass


@dataclass(slots=True)
class FinishedItems:
    """Items as they are finished, in any order.

    An item that comes again with the same position or the same id is kept once. So is a message
    that comes again longer: some servers finish it each time it grew, every time as an item of its
    own (NousResearch/hermes-agent#41321). Other items that share a position or an id are all kept.
    """

    _by_place: dict[int, ConversationItem] = field(default_factory=dict[int, ConversationItem])
    _place_of: dict[int | str, int] = field(default_factory=dict[int | str, int])
    _seen: set[tuple[int | str, ConversationItem]] = field(
        default_factory=set[tuple[int | str, ConversationItem]]
    )
    _latest: int | None = None
    _end: int = 0

    def add(self, item: ConversationItem, output_index: int | None) -> bool:
        """Take the next finished item.

        Args:
            item: The item.
            output_index: Its position. Without one, or with a taken one, it comes last.

        Returns:
            Whether it is new; False if the very same came before.
        """
        keys = [key for key in (output_index, _id_of(item)) if key is not None]
        if any((key, item) in self._seen for key in keys):
            return False
        if isinstance(item, AssistantMessage):
            same = {self._place_of[key] for key in keys if key in self._place_of}
            self._drop_beginnings_of(item, same)
        place = self._end if output_index is None else output_index
        if place in self._by_place:
            place = self._end
        self._by_place[place] = item
        self._latest = place
        self._end = max(self._end, place + 1)
        for key in keys:
            self._place_of[key] = place
            self._seen.add((key, item))
        return True

    def in_order(self) -> tuple[ConversationItem, ...]:
        """Return the items in the order of the response."""
        return tuple(self._by_place[place] for place in sorted(self._by_place))

    def _drop_beginnings_of(self, message: AssistantMessage, same: set[int]) -> None:
        """Forget messages that this one repeats from their first word to their last.

        Args:
            message: The message.
            same: The places of items that have its position or its id.
        """
        for place in same if self._latest is None else {*same, self._latest}:
            earlier = self._by_place.get(place)
            if not isinstance(earlier, AssistantMessage) or not earlier.text:
                continue
            # One of another place that says the very same is another message.
            is_longer = message.text != earlier.text and message.phase == earlier.phase
            if message.text.startswith(earlier.text) and (place in same or is_longer):
                del self._by_place[place]


def _id_of(item: ConversationItem) -> str | None:
    return item.item_id if isinstance(item, AssistantMessage | Reasoning | ToolCall) else None
