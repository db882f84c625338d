"""The project's own tapes: what each one records, and what playing it has to say.

``tests/taping.py`` records and plays them, ``make record`` records all of them anew.
"""

from dataclasses import dataclass
from pathlib import Path

from codexctl.domain.models import Provider

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = "examples/replay-in-ci"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """One recorded run, and what it comes to.

    Attributes:
        name: Its file below the root of the project, without the ending.
        provider: Which of the two services was asked.
        words: The words behind ``codexctl run``, without those of the tape and of the folder.
        scenario: What the emulator played; empty if it went by a script.
        script: What the emulator's script said.
        exit_code: What the command exits with.
        stdout: What it prints.
        stderr: What it says besides.
    """

    name: str
    provider: Provider
    words: tuple[str, ...]
    scenario: str = ""
    script: str = ""
    exit_code: int = 0
    stdout: str
    stderr: str

    @property
    def path(self) -> Path:
        """The tape's file."""
        return ROOT / f"{self.name}.yaml"


_ANSWER = (
    "Hello from the codexctl emulator. No model wrote this text: it was put together on your own "
    "machine, so it costs nothing and says the same every time. It arrives in many small pieces, "
    "as a real answer does, so that a client can be watched while it streams.\n"
)
_FILES = "list_files gave:\n\nREADME.md\nnotes/today.txt\n"
_LISTING = "→ list_files {}\n"
_UNICODE = (
    "A family \U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466, "
    "a rainbow flag \U0001f3f3\ufe0f\u200d\U0001f308, "
    "a thumb \U0001f44d\U0001f3fd, a flag \U0001f1eb\U0001f1ee. "
    "Combined marks: cafe\u0301, a\u0323\u0308, \u1112\u1161\u11ab. "
    "Right to left: \u05e9\u05dc\u05d5\u05dd, \u0645\u0631\u062d\u0628\u0627. "
    "Line ends that are none:\u2028one\u2029two\u0085three. "
    "\u65e5\u672c\u8a9e, \u4e2d\u6587, \ud55c\uad6d\uc5b4.\n"
)


def _of_both(scenario: str, prompt: str, *, stdout: str, stderr: str) -> tuple[Tape, Tape]:
    """Return the tapes of a scenario, one with each service."""
    chatgpt, api = (
        Tape(
            name=f"cassettes/responses/{folder}-{scenario}",
            provider=provider,
            words=(prompt,),
            scenario=scenario,
            stdout=stdout,
            stderr=stderr,
        )
        for folder, provider in (("chatgpt", Provider.CHATGPT), ("api", Provider.API))
    )
    return chatgpt, api


TAPES = (
    *_of_both("answer", "Who are you?", stdout=_ANSWER, stderr="tokens: 126 in, 71 out\n"),
    *_of_both(
        "tool",
        "What is in this folder?",
        stdout=_FILES,
        stderr=f"{_LISTING}tokens: 315 in, 13 out\n",
    ),
    *_of_both(
        "reasoning",
        "Think about it.",
        stdout=(
            "Twelve crates of nine apples are 108 apples; with the 4 that rolled away, 104 are"
            " left.\n"
        ),
        stderr="""\
**Counting the crates**

Twelve crates hold nine apples each, so I multiply first.
**Taking the lost apples off**

Four rolled away, so I subtract them and check the result.
tokens: 126 in, 70 out (46 thinking)
""",
    ),
    *_of_both(
        "parallel",
        "What does `notes/today.txt` say?",
        stdout=f"{_FILES}\nread_file gave:\n\n     1\tNothing yet.\n",
        stderr=f"""\
{_LISTING}→ read_file {{"path": "notes/today.txt"}}
tokens: 392 in, 30 out
""",
    ),
    *_of_both(
        "unicode",
        "Say something in every script.",
        stdout=_UNICODE,
        stderr="tokens: 130 in, 176 out\n",
    ),
    Tape(
        name="cassettes/runs/retry",
        provider=Provider.CHATGPT,
        words=("What is in this folder?",),
        script="""
emulator: 1
replies:
  - items: [{call: list_files, arguments: {}}]
  - fault: http-503
  - text: A README and a note.
""",
        stdout="A README and a note.\n",
        stderr=f"""\
{_LISTING}Reconnecting 1/5 in 0.2 s: The service could not answer (HTTP 503): no healthy upstream
tokens: 317 in, 8 out
""",
    ),
    Tape(
        name="cassettes/runs/context-window",
        provider=Provider.API,
        words=("Read all of it.",),
        script="""
emulator: 1
replies:
  - fault: failed-context-length-exceeded
""",
        exit_code=6,
        stdout="",
        stderr="""\
codexctl: The conversation does not fit the model's context window: Your input exceeds the context \
window of this model. Please adjust your input and try again.
  Start a new run with a shorter prompt or fewer files, or choose a model with a larger window \
with -m.
  Request id: req_emulator_00000001
""",
    ),
    Tape(
        name="cassettes/runs/refused-tool",
        provider=Provider.CHATGPT,
        words=("--sandbox", "workspace-write", "--ask", "always", "Clear this folder."),
        script="""
emulator: 1
replies:
  - items: [{call: shell, arguments: {command: rm -r notes}}]
  - text: Then I leave it as it is.
""",
        stdout="Then I leave it as it is.\n",
        stderr="""\
→ shell {"command":"rm -r notes"}
  shell: This call has to be approved and there is nobody to ask, so it was not run.
tokens: 336 in, 15 out
""",
    ),
    Tape(
        name="cassettes/runs/patch-and-command",
        provider=Provider.API,
        words=("--sandbox", "danger-full-access", "--ask", "never", "Note that it rains."),
        script="""
emulator: 1
replies:
  - items:
      - call: apply_patch
        arguments:
          input: |
            *** Begin Patch
            *** Update File: notes/today.txt
            @@
            -Nothing yet.
            +It rains.
            *** Add File: notes/tomorrow.txt
            +Nothing yet.
            *** End Patch
  - items: [{call: shell, arguments: {command: read line <notes/today.txt; echo $line}}]
  - text: It is noted.
""",
        stdout="It is noted.\n",
        stderr="""\
→ apply_patch {"input":"*** Begin Patch\\n*** Update File: notes/today.txt\\n@@\\n-Nothing yet.\\n\
+It rains.\\n*** Add File: notes/tomorrow.txt\\n+Nothing yet.\\n*** End Patch\\n"}
→ shell {"command":"read line <notes/today.txt; echo $line"}
tokens: 722 in, 61 out
""",
    ),
    Tape(
        name=f"{EXAMPLE}/tape",
        provider=Provider.CHATGPT,
        words=("What is in this folder?",),
        scenario="tool",
        stdout=_FILES,
        stderr=f"{_LISTING}tokens: 315 in, 13 out\n",
    ),
)
