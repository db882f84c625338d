"""Certificates for one start of the emulator: an authority of its own, and the server it signs.

Two of them, since rustls, which the official client uses, takes no server whose certificate is an
authority as well.
"""

import ipaddress
import shutil
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_LIFETIME = timedelta(days=1)
_SLACK = timedelta(hours=1)  # for a client in a container whose clock is a little behind
_NAMES = (x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost"))


@dataclass(frozen=True, slots=True)
class ThrowawayIdentity:
    """What a server on this machine shows, and what its clients trust it by.

    Attributes:
        ca_file: the authority's certificate in PEM, in a folder that only its owner can open.
        context: what the server speaks TLS with; nothing else has its key.
    """

    ca_file: Path
    context: ssl.SSLContext

    def forget(self) -> None:
        """Remove the file and its folder; again is no error."""
        shutil.rmtree(self.ca_file.parent, ignore_errors=True)


def make_identity() -> ThrowawayIdentity:
    """Make one for 127.0.0.1 and localhost, good for a day.

    Raises:
        OSError: when there is no place for temporary files.
    """
    folder = Path(tempfile.mkdtemp(prefix="codexctl-emulator-"))
    try:
        return _make_in(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _make_in(folder: Path) -> ThrowawayIdentity:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _named("codexctl emulator, gone in a day")
    known_by = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        _builder(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signs_certificates(), critical=True)
        .add_extension(known_by, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    # Both names of the authority's key: Python 3.13 takes no chain without.
    signer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known_by)
    server = (
        _builder(_named("127.0.0.1"), ca_name, key)
        .add_extension(x509.SubjectAlternativeName(_NAMES), critical=False)
        .add_extension(signer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    return ThrowawayIdentity(ca_file, _context(folder, server, key))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + _LIFETIME)
    )


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _context(
    folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> ssl.SSLContext:
    """Load certificate and key, which Python's ssl takes from a file only."""
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(dir=folder) as file:  # readable by its owner only
        file.write(private + certificate.public_bytes(serialization.Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context
