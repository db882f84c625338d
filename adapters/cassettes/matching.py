"""Whether a request is the one that was recorded, and if not, where they first differ. Pure.

What may vary, and how (docs/tapes.md has the same list):

- the host, the port and the scheme: base URLs differ from machine to machine;
- headers, but for the type of the body;
- identifiers (``id``, ``call_id``, the keys of caches and sessions): the same one on the tape
  always stands for the same one now, and the other way round;
- stand-ins of the scrubber, wherever they stand: for anything, but always for the same;
- its filling in base64 and hexadecimal: for anything of the same length in the same letters;
- the working folder, wherever its path stands in a text;
- the folder, the shell, the date and the time zone of an ``<environment_context>``;
- spaces and the order of members of JSON.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from codexctl.adapters.cassettes.difference import ABSENT, Difference, difference, step_to
from codexctl.adapters.cassettes.known_secrets import FILLING_ANYWHERE
from codexctl.adapters.cassettes.stand_ins import STAND_IN_ANYWHERE
from codexctl.adapters.cassettes.tape import TapedRequest, header
from codexctl.domain.values import dataclass

_IDENTIFIERS = frozenset(
    (
        "id",
        "call_id",
        "item_id",
        "response_id",
        "previous_response_id",
        "prompt_cache_key",
        "session_id",
        "thread_id",
        "turn_id",
        "window_id",
        "installation_id",
        "x-codex-window-id",
        "x-codex-installation-id",
    )
)
_SURROUNDINGS = re.compile(r"<environment_context>.*?</environment_context>", re.DOTALL)
_VARYING_FACT = re.compile(r"<(cwd|shell|current_date|timezone)>[^<]*</\1>")
_REPLACED = re.compile(rf"(?:{STAND_IN_ANYWHERE.pattern})|(?P<filling>{FILLING_ANYWHERE.pattern})")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+")
_HERE = "<working folder>"
_WALL_TIME = re.compile(r"Wall time: [0-9.]+ seconds")


class Correspondence:
    """What of a recording stands for what of this run: one for one, over a whole tape."""

    def __init__(self) -> None:
        self._actual: dict[str, str] = {}
        self._recorded: dict[str, str] = {}

    def counterpart(self, recorded: str) -> str:
        """Return what stands for a value of the recording; itself, if nothing does yet."""
        return self._actual.get(recorded, recorded)

    def agrees(self, recorded: str, actual: str) -> bool:
        """Tell whether one can stand for the other, and remember that it does."""
        known, known_other_way = self._actual.get(recorded), self._recorded.get(actual)
        if known is None and known_other_way is None:
            self._actual[recorded], self._recorded[actual] = actual, recorded
            return True
        return known == actual and known_other_way == recorded


@dataclass(slots=True, kw_only=True)
class Matcher:
    """Compares the requests of one run with those of one tape, in their order.

    Attributes:
        recorded_folder: The working folder of the recording, where it is known.
        actual_folder: The working folder of this run.
        identifiers: Which identifiers stand for which.
        stand_ins: Which values stand-ins stand for.
    """

    recorded_folder: str | None
    actual_folder: str | None
    identifiers: Correspondence
    stand_ins: Correspondence

    @classmethod
    def of_folders(cls, recorded: str | None, actual: str | None) -> "Matcher":
        """Return the matcher for a run, given the two working folders."""
        return cls(
            recorded_folder=recorded,
            actual_folder=actual,
            identifiers=Correspondence(),
            stand_ins=Correspondence(),
        )

    def compare(self, recorded: TapedRequest, actual: TapedRequest) -> Difference | None:
        """Return the first difference that matters, in the order of the recorded request."""
        return next(self.differences(recorded, actual), None)

    def compare_texts(self, path: str, recorded: str, actual: str) -> Difference | None:
        """Return how two texts differ, if they do in what matters.

        Args:
            path: What to call their place.
            recorded: What the tape has.
            actual: What this run has.
        """
        return next(self._texts(path, recorded, actual), None)

    def differences(self, recorded: TapedRequest, actual: TapedRequest) -> Iterator[Difference]:
        """Yield every difference that matters, in the order of the recorded request."""
        if recorded.method != actual.method:
            yield difference("method", recorded.method, actual.method)
        was, now = urlsplit(recorded.url), urlsplit(actual.url)
        yield from self._texts("url", was.path or "/", now.path or "/")
        yield from self._pairs("url", was.query, now.query)
        was_type, now_type = _content_type(recorded), _content_type(actual)
        if was_type and now_type and was_type != now_type:
            yield difference("content-type", was_type, now_type)
        yield from self._bodies(recorded.body, actual.body, was_type)

    def value_differences(
        self, path: str, recorded: object, actual: object
    ) -> Iterator[Difference]:
        """Yield how two values of JSON differ in what matters.

        Args:
            path: What to call their place.
            recorded: What the tape has.
            actual: What this run has.
        """
        yield from self._values(path, recorded, actual)

    def _bodies(self, recorded: bytes, actual: bytes, content_type: str) -> Iterator[Difference]:
        was, now = recorded.decode(errors="replace"), actual.decode(errors="replace")
        if content_type == "application/x-www-form-urlencoded":
            yield from self._pairs("form", was, now)
            return
        try:
            was_value, now_value = json.loads(was), json.loads(now)
        except (ValueError, RecursionError):
            yield from self._texts("body", was, now)
            return
        yield from self._values("$", was_value, now_value)

    def _pairs(self, name: str, recorded: str, actual: str) -> Iterator[Difference]:
        was = dict(parse_qsl(recorded, keep_blank_values=True))
        now = dict(parse_qsl(actual, keep_blank_values=True))
        yield from self._members(name, was, now)

    def _values(self, path: str, recorded: object, actual: object) -> Iterator[Difference]:
        was, now = _members_of(recorded), _members_of(actual)
        was_all, now_all = _elements_of(recorded), _elements_of(actual)
        if was is not None and now is not None:
            yield from self._members(path, was, now)
        elif was_all is not None and now_all is not None:
            for place in range(max(len(was_all), len(now_all))):
                was_one = was_all[place] if place < len(was_all) else ABSENT
                now_one = now_all[place] if place < len(now_all) else ABSENT
                yield from self._values(f"{path}[{place}]", was_one, now_one)
        elif isinstance(recorded, str) and isinstance(actual, str):
            yield from self._texts(path, recorded, actual)
        elif isinstance(recorded, bool) is not isinstance(actual, bool) or recorded != actual:
            yield difference(path, recorded, actual)

    def _members(
        self, path: str, recorded: Mapping[str, object], actual: Mapping[str, object]
    ) -> Iterator[Difference]:
        for name in [*recorded, *(name for name in actual if name not in recorded)]:
            was, now = recorded.get(name, ABSENT), actual.get(name, ABSENT)
            here = f"{path}{step_to(name)}"
            if name in _IDENTIFIERS and isinstance(was, str) and isinstance(now, str):
                if not self.identifiers.agrees(was, now):
                    yield difference(here, was, now)
            else:
                yield from self._values(here, was, now)

    def _texts(self, path: str, recorded: str, actual: str) -> Iterator[Difference]:
        was = _settled(recorded, self.recorded_folder)
        # Outputs of tools are taken from the tape, and so name the folder that it was recorded in.
        now = _settled(_settled(actual, self.recorded_folder), self.actual_folder)
        if was != now and not self._stand_ins_fit(was, now):
            yield difference(path, was, now)

    def _stand_ins_fit(self, recorded: str, actual: str) -> bool:
        """Tell whether two texts are the same but for what stand-ins stand for."""
        found = list(_REPLACED.finditer(recorded))
        if not found or not actual.startswith(recorded[: found[0].start()]):
            return False
        at = found[0].start()
        pairs: list[tuple[str, str]] = []
        for number, one in enumerate(found):
            is_last = number == len(found) - 1
            following = None if is_last else found[number + 1].start()
            between = recorded[one.end() : following]
            end = _end_of(one, between, actual, at, is_last=is_last)
            if end <= at:
                return False
            if one["filling"] is None:
                pairs.append((one[0], actual[at:end]))
            at = end + len(between)
        # On the tape itself, an answer has the stand-in where this run has it too.
        return all(was == now or self.stand_ins.agrees(was, now) for was, now in pairs)


def _end_of(replaced: re.Match[str], between: str, actual: str, at: int, *, is_last: bool) -> int:
    """Return where that ends for which something on the tape stands; -1 if it is not there.

    Args:
        replaced: What stands on the tape.
        between: What follows it there, up to the next such thing.
        actual: The text of this run.
        at: Where it begins in there.
        is_last: Whether there is no next one.
    """
    if replaced["filling"] is None:
        if not is_last:
            return actual.find(between, at + 1) if between else at + 1
        return len(actual) - len(between) if actual.endswith(between) else -1
    end = at + len(replaced[0])
    kind = _HEXADECIMAL if replaced["hex"] is not None else _BASE64
    follows = actual[end:] == between if is_last else actual.startswith(between, end)
    return end if follows and kind.fullmatch(actual, at, end) else -1


def without_wall_time(output: str) -> str:
    """Return a tool's output without how long it took, which varies from run to run."""
    return _WALL_TIME.sub("Wall time: …", output)


def _settled(text: str, folder: str | None) -> str:
    """Return a text with what varies from machine to machine in the same words."""
    if "<environment_context>" in text:
        text = _SURROUNDINGS.sub(lambda block: _VARYING_FACT.sub(r"<\1>…</\1>", block[0]), text)
    if folder is None or folder in ("", "/") or folder not in text:
        return text
    # As a whole: /work is not the beginning of /workshop, nor the end of /home/work.
    return re.sub(rf"(?<![\w.~-]){re.escape(folder.rstrip('/'))}(?![\w.-])", _HERE, text)


def _members_of(value: object) -> Mapping[str, object] | None:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def _elements_of(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None


def _content_type(request: TapedRequest) -> str:
    told = header(request.headers, "content-type") or ""
    return told.partition(";")[0].strip().lower()
