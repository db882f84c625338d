import jwt
import pytest

from codexctl.entrypoints.emulator.issuer.signed_tokens import (
    TokenSigner,
    code_challenge,
    new_code_verifier,
)


def test_a_signer_reads_its_own_tokens_and_so_does_pyjwt() -> None:
    signer = TokenSigner()
    token = signer.sign({"exp": 1, "name": "\u00e9"})
    assert signer.read(token) == {"exp": 1, "name": "\u00e9"}
    assert jwt.decode(token, options={"verify_signature": False}) == signer.read(token)


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "\ud800.\ud800", TokenSigner().sign({})])
def test_a_signer_reads_nothing_else(text: str) -> None:
    assert TokenSigner().read(text) is None


def test_a_token_that_was_tampered_with_is_not_read() -> None:
    signer = TokenSigner()
    head, _, signature = signer.sign({"exp": 1}).split(".")
    _, payload, _ = signer.sign({"exp": 2}).split(".")
    assert signer.read(f"{head}.{payload}.{signature}") is None


def test_the_challenge_is_that_of_rfc_7636() -> None:
    challenge = code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert len(new_code_verifier()) == 86
