"""Laws of signing in: every paste comes back as it was, and nothing that is sent us crashes us."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from tests.property.strategies import JSON, JSON_OBJECTS

from codexctl.adapters.openai_oauth.answers import one_line, passing_error, refusal
from codexctl.adapters.openai_oauth.authorization_server import OpenAiAuthorizationServer
from codexctl.adapters.openai_oauth.callback_rules import Approved, Hit, Ignored, meaning_of
from codexctl.adapters.openai_oauth.claims import read_claims
from codexctl.adapters.openai_oauth.grants import grant_from
from codexctl.adapters.openai_oauth.pages import failed_page
from codexctl.adapters.openai_oauth.paste import BareCode, PastedCode, PastedDenial, read_paste
from codexctl.adapters.openai_oauth.settings import IssuerSettings
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import SignInFailed
from codexctl.testing.fakes.clock import FakeClock

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

STATES = st.text(_WORD, min_size=43, max_size=43).map(Secret)
CODES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=60)
"""Any text at all: a code is what the issuer says it is."""
PLAIN_CODES = st.text(_WORD + ".~", min_size=10, max_size=80)
"""What can stand in an address, or alone, as it is."""

_HOSTS = st.sampled_from(
    [
        "http://localhost:1455/auth/callback",
        "http://127.0.0.1:1457/auth/callback",
        "https://a.test/x",
    ]
)
_AROUND = st.sampled_from(
    [
        ("", ""),
        (" ", "\n"),
        ('"', '"'),
        ("'", "' "),
        ("<", ">"),
        ("“", "”"),
        ("\x1b[200~", "\x1b[201~"),
    ]
)
_BREAKS = st.sampled_from(["\n", "\r\n", " ", "\n    ", "\t", "\u200b"])


@dataclass(frozen=True, slots=True)
class Damage:
    """What happens to an address on its way: what is put around it, and into it."""

    around: tuple[str, str]
    breaks: list[tuple[int, str]]

    def __call__(self, text: str) -> str:
        for place, blank in self.breaks:
            cut = place % (len(text) + 1)
            text = text[:cut] + blank + text[cut:]
        return self.around[0] + text + self.around[1]


DAMAGE = st.builds(
    Damage, around=_AROUND, breaks=st.lists(st.tuples(st.integers(0, 500), _BREAKS), max_size=4)
)


@st.composite
def _queries(draw: st.DrawFn, code: str, state: str) -> str:
    fields = [("code", code), ("state", state), *draw(st.sampled_from([[], [("scope", "a b")]]))]
    # A code that could be taken for part of what is around it is percent-encoded, as all are.
    return urlencode(draw(st.permutations(fields)))


@given(st.data(), CODES, STATES, _HOSTS, DAMAGE)
def test_an_address_or_its_query_comes_back_as_its_code(
    data: st.DataObject, code: str, state: Secret, host: str, damage: Damage
) -> None:
    query = data.draw(_queries(code, state.reveal()))
    fragment = data.draw(st.sampled_from(["", "#", "#_=_"]))
    whole = data.draw(st.sampled_from([f"{host}?{query}{fragment}", f"?{query}", query]))
    assert read_paste(damage(whole), state) == PastedCode(Secret(code))


@given(PLAIN_CODES, STATES, DAMAGE)
def test_a_pair_comes_back_as_its_code(code: str, state: Secret, damage: Damage) -> None:
    assert read_paste(damage(f"{code}#{state.reveal()}"), state) == PastedCode(Secret(code))


@given(PLAIN_CODES, STATES, _HOSTS, DAMAGE)
def test_an_address_that_was_encoded_once_more_comes_back_as_its_code(
    code: str, state: Secret, host: str, damage: Damage
) -> None:
    address = quote(f"{host}?code={code}&state={state.reveal()}", safe="")
    assert read_paste(damage(address), state) == PastedCode(Secret(code))


@given(PLAIN_CODES, STATES, DAMAGE)
def test_a_code_alone_is_never_taken_for_one_with_its_state(
    code: str, state: Secret, damage: Damage
) -> None:
    assert read_paste(damage(code), state) == BareCode(Secret(code))


@given(PLAIN_CODES, STATES, STATES.filter(bool), _HOSTS)
def test_an_answer_to_another_question_brings_no_code(
    code: str, state: Secret, other: Secret, host: str
) -> None:
    pasted = f"{host}?code={code}&state={other.reveal()}"
    is_ours = state == other
    assert isinstance(read_paste(pasted, state), PastedCode) == is_ours
    assert isinstance(read_paste(f"{code}#{other.reveal()}", state), PastedCode) == is_ours


_HOSTILE = st.text() | st.lists(
    st.sampled_from(
        ["http://", "https%3A%2F%2F", "?", "&", "#", "=", "%", "%ff", "code", "state", "error",
         "S" * 43, "\ud800", "\0", "\n", "[", "]", "://", "@", ":99999", "&amp;"]
    )
    | st.text(max_size=4),
    max_size=20,
).map("".join)  # fmt: skip


@given(_HOSTILE)
def test_no_paste_is_a_crash_and_none_without_the_state_brings_a_code(pasted: str) -> None:
    reading = read_paste(pasted, Secret("a-state-that-nobody-can-guess"))
    assert not isinstance(reading, PastedCode | PastedDenial)


@given(st.sampled_from(["GET", "HEAD", "POST"]), _HOSTILE, st.dictionaries(st.text(), st.text()))
def test_no_request_is_a_crash_and_none_without_the_state_brings_a_code(
    method: str, target: str, headers: dict[str, str]
) -> None:
    for path in (target, f"/auth/callback?{target}"):
        hit = Hit(method=method, target=path, headers={"host": "localhost", **headers})
        meaning = meaning_of(hit, Secret("a-state-that-nobody-can-guess"))
        assert isinstance(meaning, Ignored)


@given(st.data(), CODES, STATES)
def test_the_issuers_answer_brings_its_code(data: st.DataObject, code: str, state: Secret) -> None:
    query = data.draw(_queries(code, state.reveal()))
    hit = Hit(method="GET", target=f"/auth/callback?{query}", headers={"host": "127.0.0.1:1455"})
    assert meaning_of(hit, state) == Approved(Secret(code))
    assert isinstance(meaning_of(hit, None), Ignored)


@given(st.sampled_from(["http://127.0.0.1:1455/auth/callback", "http://localhost:1457/a?b=c&d"]))
def test_the_challenge_in_the_address_is_that_of_the_verifier(redirect_uri: str) -> None:
    settings = IssuerSettings(identity={"originator": "a test & more"})
    server = OpenAiAuthorizationServer(settings=settings, clock=FakeClock())
    request = server.authorization_request(redirect_uri)
    fields = parse_qs(urlsplit(request.url).query)
    digest = hashlib.sha256(request.verifier.reveal().encode()).digest()
    assert fields["code_challenge"] == [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]
    assert fields["redirect_uri"] == [redirect_uri]
    assert fields["state"] == [request.state.reveal()]


def _segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


_TOKENS = st.text() | st.tuples(JSON, JSON).map(
    lambda parts: ".".join((*(_segment(json.dumps(one).encode()) for one in parts), "x"))
)


@given(_TOKENS, _TOKENS)
def test_no_pair_of_tokens_is_a_crash(token: str, other: str) -> None:
    claims = read_claims(token, other)
    assert claims is None or claims.plan is None or claims.plan.isprintable()


_ANSWERS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("access_token", "refresh_token", "id_token", "expires_in"), JSON | _TOKENS
    ),
)


@given(_ANSWERS | JSON_OBJECTS)
def test_no_grant_is_a_crash_and_an_end_is_aware(body: dict[str, Any]) -> None:
    grant = grant_from(body, NOW)
    assert grant.expires_at is None or grant.expires_at.tzinfo is not None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


_BODIES = st.binary() | (JSON | JSON_OBJECTS).map(lambda value: json.dumps(value).encode())
_HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "retry-after", "x-request-id", "cf-ray"]), st.text(max_size=20)
)


@given(st.integers(100, 599), _HEADERS, _BODIES)
def test_no_refusal_is_a_crash_and_each_is_told_on_one_line(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    error = passing_error(refusal(_Answer(status, headers, body), (Secret("s3cret"),)))
    assert error.message.isprintable()
    assert "s3cret" not in error.message


@given(st.text(), st.text(max_size=30), st.text(max_size=400))
def test_what_was_sent_is_never_repeated(before: str, secret: str, after: str) -> None:
    sent = Secret(f"canary{secret}")
    body = json.dumps({"error": {"message": before + sent.reveal() + after, "code": "x"}})
    told = refusal(_Answer(400, {}, body.encode()), (sent,))
    assert sent.reveal() not in told.words or sent.reveal() in before + after


@given(st.text())
def test_a_foreign_text_becomes_one_printable_line(words: str) -> None:
    line = one_line(words)
    assert line.isprintable()
    assert len(line) <= 300


@given(st.text())
def test_a_page_can_always_be_sent(words: str) -> None:
    page = failed_page(SignInFailed(words, remedy=words)).decode("utf-8")
    assert page.count("</p>") == 2
