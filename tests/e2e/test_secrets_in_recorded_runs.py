"""A secret anywhere in a recorded run is not on its tape, and the tape is played all the same."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.asking import Script, refusal, served
from tests.calling import Call, call, shell, step
from tests.command import run_here
from tests.fakes.stream_server import Reply
from tests.property.planted_traffic import all_said
from tests.wire import answer, completed, failed, message_done, text_delta

from codexctl.adapters.cassettes.tape_file import read_tape
from codexctl.entrypoints.emulator.issuer.signed_tokens import TokenSigner

ACCOUNT = "0f9c8e71-5a2b-4c3d-9e8f-7a6b5c4d3e2f"
EMAIL = "canary.bird@coalmine.example"
KEY = "sk-proj-Canary0123456789abcdefghij"
PASSPHRASE = "correct-horse-canary-42"
BEARER = TokenSigner().sign(
    {
        "exp": 4_102_444_800,
        "https://api.openai.com/auth": {"chatgpt_account_id": ACCOUNT},
        "https://api.openai.com/profile": {"email": EMAIL},
    }
)
SECRETS = {
    "bearer": BEARER,
    "key": KEY,
    "account": ACCOUNT,
    "address": EMAIL,
    "passphrase": PASSPHRASE,
}
WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda secret: base64.b64encode(f"it is {secret}!".encode()).decode(),
    "percent": lambda secret: quote(f"a={secret}", safe=""),
    "json": lambda secret: json.dumps({"said": json.dumps({"it": f"é{secret}\n"})}),
    "hexadecimal": lambda secret: f"0x{secret.encode().hex()}!",
}


def _after(call_: Call) -> Script:
    return [step(call_), answer("Done.")]


def _letter_by_letter(text: str) -> Script:
    deltas = [text_delta(letter) for letter in text]
    return [[*deltas, message_done(text), completed()]]


SCRIPTS: dict[str, Callable[[str], Script]] = {
    "prompt": lambda _: [answer("Yes.")],
    "file": lambda _: _after(call("read_file", path="one.txt")),
    "project": lambda _: [answer("Yes.")],
    "deltas": _letter_by_letter,
    "cut deltas": lambda text: [[*(text_delta(letter) for letter in text[:-1])]],
    "arguments": lambda text: _after(call("search_files", pattern=text)),
    "command": lambda text: _after(shell(f"printf %s '{text}'")),
    "failure": lambda text: [[failed("invalid_prompt", f"Not {text} again.")]],
    "refusal": lambda text: [
        refusal("401 Unauthorized", json.dumps({"error": {"message": f"Bad key {text}."}}))
    ],
    "page": lambda text: [
        refusal("403 Forbidden", f"<title>{text}</title>", "content-type: text/html")
    ],
    "headers": lambda text: [
        Reply(
            pieces=answer("Yes."),
            headers=(
                f"set-cookie: s={quote(text)}; path=/",
                f"x-echo: {quote(text)}",
                "x-codex-turn-state: canary-state-0123456789",
            ),
        )
    ],
}


@pytest.mark.parametrize("place", SCRIPTS)
@pytest.mark.parametrize("writing", WRITINGS)
def test_no_secret_is_on_the_tape_which_is_played_all_the_same(
    writing: str, place: str, tmp_path: Path
) -> None:
    for name, secret in SECRETS.items():
        if (writing, name) == ("hexadecimal", "address"):
            continue  # told by its looks alone, for the process does not know it
        work, tape = tmp_path / name, tmp_path / f"{name}.yaml"
        work.mkdir()
        text = WRITINGS[writing](secret)
        (work / "one.txt").write_text(f"first\n{text}\n" if place == "file" else "first\n")
        if place == "project":
            (work / "AGENTS.md").write_text(f"Use {text}.\n")
        prompt = f"go {text} on" if place == "prompt" else "go"
        words = ("--json", "--deltas", "--retries", "0", "-C", str(work), prompt)
        with served(SCRIPTS[place](text)) as server:
            environment = {
                "CODEXCTL_ACCESS_TOKEN": BEARER,
                "OPENAI_API_KEY": KEY,
                "CODEXCTL_PASSPHRASE": PASSPHRASE,
                "CODEXCTL_CHATGPT_BASE_URL": server.base_url,
                "CODEXCTL_API_BASE_URL": server.base_url,
                "CODEXCTL_HOME": str(tmp_path / "home"),
            }
            recorded = run_here("run", "--record", str(tape), *words, environment=environment)
        assert tape.exists(), (name, recorded.stderr)
        written = tape.read_text()
        readings = "\n".join(all_said(read_tape(tape), written))
        assert [one for one, value in SECRETS.items() if value in readings] == []
        assert "canary-state-0123456789" not in readings
        nowhere = {"CODEXCTL_HOME": str(tmp_path / "no-home")}
        played = run_here("run", "--replay", str(tape), *words, environment=nowhere)
        assert (name, played.exit_code) == (name, recorded.exit_code), played.stderr
        assert [line["type"] for line in played.lines] == [line["type"] for line in recorded.lines]


def test_an_id_that_holds_a_secret_is_the_same_stand_in_for_the_call_and_its_outcome(
    tmp_path: Path,
) -> None:
    tape, words = tmp_path / "tape.yaml", ("--json", "--tools", "none", "go")
    script: Script = [
        [step(call("look"))[0].replace(b"call_1", KEY.encode()), completed()],
        answer("Done."),
    ]
    with served(script) as server:
        environment = {"OPENAI_API_KEY": KEY, "CODEXCTL_API_BASE_URL": server.base_url}
        recorded = run_here("run", "--record", str(tape), *words, environment=environment)
    assert (recorded.exit_code, KEY in tape.read_text()) == (0, False)
    played = run_here("run", "--replay", str(tape), *words)
    assert (played.exit_code, played.stdout) == (0, recorded.stdout)
