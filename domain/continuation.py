"""What stands before the user of an answer that broke off, and what a retry may add to it.

Text on standard output cannot be taken back. So the text of every retry is compared with what was
shown: as far as it repeats it, nothing is passed on; from where it continues it, the rest is; and
where it says something else, the step has failed.
"""

from dataclasses import replace

from codexctl.domain.conversation import AssistantMessage
from codexctl.domain.errors import AnswerDiffers
from codexctl.domain.stream_events import ItemFinished, StreamEvent, TextDelta


class ShownText:
    """The messages of one step that were shown, over all its tries."""

    def __init__(self) -> None:
        self._shown: list[_Message] = []
        self._current: list[_Message] = []
        self._open: dict[int | None, int] = {}
        self._is_first_try = True

    @property
    def is_empty(self) -> bool:
        """Whether no text was shown so far."""
        return not any(message.text for message in self._shown)

    def begin_try(self) -> None:
        """Begin to compare: what comes next is a new try of the step, from its start."""
        self._is_first_try = not self._shown
        self._current = []
        self._open = {}

    def passed_on(self, event: StreamEvent) -> StreamEvent | None:
        """Return what is new of an event of the present try, at the place of what it continues.

        Raises:
            AnswerDiffers: The try says something else than what was shown.
        """
        match event:
            case TextDelta(text, output_index):
                return self._delta(event, text, output_index)
            case ItemFinished(AssistantMessage() as message, output_index):
                return self._finished(event, message.text, output_index)
            case _:
                return event

    def end_try(self) -> None:
        """Check that a try that became whole said all that was shown.

        Raises:
            AnswerDiffers: It said less.
        """
        if not self._is_first_try:
            said = [message.text for message in self._current]
            if said != [message.text for message in self._shown]:
                raise _differs()

    def _delta(self, event: TextDelta, text: str, output_index: int | None) -> TextDelta | None:
        number = self._number(output_index)
        if self._is_first_try:
            self._shown[number].add(text)
            return event
        current, shown = self._current[number], self._shown[number]
        current.add(text)
        new = _rest(current.text, shown.text)
        shown.add(new)
        return TextDelta(new, shown.output_index) if new else None

    def _finished(
        self, event: ItemFinished, text: str, output_index: int | None
    ) -> ItemFinished | None:
        number = self._number(output_index)
        self._open.pop(output_index, None)
        shown = self._shown[number]
        if self._is_first_try:
            shown.finish(text)
            return event
        current = self._current[number]
        current.finish(text)
        if not current.text.startswith(shown.text):
            raise _differs()
        if shown.is_finished:
            if current.text != shown.text:
                raise _differs()
            return None
        shown.finish(text)
        return replace(event, output_index=shown.output_index)

    def _number(self, output_index: int | None) -> int:
        """Return which message of the present try stands open at a place; a new one if none."""
        number = self._open.get(output_index)
        if number is None:
            messages = self._shown if self._is_first_try else self._current
            number = self._open[output_index] = len(messages)
            messages.append(_Message(output_index))
            if number == len(self._shown):
                self._shown.append(_Message(output_index))
        return number


class _Message:
    """One message as far as it has come."""

    def __init__(self, output_index: int | None) -> None:
        self.output_index = output_index
        self.is_finished = False
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def add(self, text: str) -> None:
        self._parts.append(text)

    def finish(self, text: str) -> None:
        """Take the whole text; what contradicts the deltas is not shown, and so not taken."""
        if text.startswith(self.text):
            self._parts = [text]
        self.is_finished = True


def _rest(said: str, shown: str) -> str:
    """Return what is said beyond what was shown."""
    if shown.startswith(said):
        return ""
    if said.startswith(shown):
        return said[len(shown) :]
    raise _differs()


def _differs() -> AnswerDiffers:
    return AnswerDiffers(
        "The answer broke off, and when it was asked for again it came out differently.",
        remedy="Run it again; --final-only or --json show whole messages and so retry freely.",
    )
