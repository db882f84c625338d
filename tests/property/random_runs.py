"""Runs of any kind: what they are asked with, and what the service answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st
from tests.faults.server import Answer
from tests.property.random_answers import ANSWERS

LONG_PROJECT_DOC = "Write plainly. " * 3_000
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\1\x40\0\0\0\xf0\x08\0\0\0\0CRC?\0\0\0\0IEND\xaeB`\x82"
FILES = {
    "one.txt": b"first\n",
    "deep/two.txt": b"second \xe2\x80\xa8 line\nthird\n",
    "pic.png": PNG,
}
SCHEMA = {
    "type": "object",
    "properties": {"said": {"type": "string"}},
    "required": ["said"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run to record.

    Attributes:
        answers: What is done for each request; after the last one a plain answer goes on.
        words: Options and prompt, the same when it is recorded and played. ``{work}`` stands for
            the working folder.
        variables: Which credentials there are.
        has_project_doc: Whether the folder has an ``AGENTS.md``, longer than is read.
        keeps_last: Whether the last message goes to a file.
    """

    answers: Sequence[Answer]
    words: tuple[str, ...]
    variables: tuple[str, ...]
    has_project_doc: bool
    keeps_last: bool


_OPTIONS = st.tuples(
    st.sampled_from([(), ("--json",), ("--json", "--deltas"), ("--final-only",)]),
    st.sampled_from([("--retries", str(number)) for number in (0, 0, 1, 2)]),
    st.sampled_from([("--max-turns", str(number)) for number in (1, 3, 4, 5)]),
    st.sampled_from(
        [
            (),
            (),
            ("-m", "gpt-5.5"),
            ("-m", "gpt-99", "-m", "gpt-5.5:low"),
            ("-m", "openai/gpt-5.5", "-m", "openai-codex/gpt-5.5", "-m", "gpt-5"),
        ]
    ),
    st.sampled_from([(), ("--effort", "high")]),
    st.sampled_from([(), (), ("--tools", "none"), ("--tools", "read_file,list_files")]),
    st.sampled_from([(), ("--sandbox", "danger-full-access"), ("--ask", "always")]),
    st.sampled_from([(), ("--no-project-doc",)]),
    st.sampled_from([(), (), ("-i", "{work}/pic.png")]),
    st.sampled_from([(), (), ("--output-schema", "{work}/schema.json")]),
    st.sampled_from([(), ("-q",), ("--web-search",)]),
    st.sampled_from([("go on",), ("--", "-x \u2028 ☃ {a}\r\n")]),
).map(lambda chosen: tuple(word for words in chosen for word in words))

RUNS = st.builds(
    Run,
    answers=st.lists(ANSWERS, min_size=1, max_size=4),
    words=_OPTIONS,
    variables=st.sampled_from([("API",), ("API",), ("CHATGPT",), ("API", "CHATGPT")]),
    has_project_doc=st.booleans(),
    keeps_last=st.booleans(),
)
