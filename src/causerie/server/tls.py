"""Certificates: a local authority with a leaf for this machine's names, or the operator's own.

The authority and its key live in the data folder (0600) for ten years; whoever trusts it trusts every leaf
after it. Time, names and folder are arguments. Start at `prepare`.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from causerie.errors import ConfigError

AUTHORITY_LIFE = datetime.timedelta(days=3_652)
LEAF_LIFE = datetime.timedelta(days=397)
"""The longest that Apple accepts (support.apple.com/102028); ours is an hour in the past at its start."""
RENEWAL = datetime.timedelta(days=30)
SKEW = datetime.timedelta(hours=1)
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: forward secrecy and authenticated encryption only."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
EC = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Tls:
    """What the server presents. `authority` is DER, None with the operator's own certificate."""

    context: ssl.SSLContext
    fingerprint: str
    """SHA-256 of the leaf, as browsers show it."""
    authority: bytes | None


def prepare(folder: Path, names: Sequence[str], addresses: Sequence[Address], now: datetime.datetime) -> Tls:
    """Returns what to present for `names` and `addresses`, made or renewed as needed in `folder`.

    A leaf is kept while it names everything asked for and has 30 days left, so that a browser that once
    accepted it goes on accepting it.

    Raises:
        ConfigError: the folder cannot be read or written, or what is in it is damaged.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = _authority(folder, now)
        leaf = _kept_leaf(folder, authority.certificate, names, addresses, now)
        if leaf is None:
            leaf = _new_leaf(folder, authority, names, addresses, now)
    except OSError as error:
        raise ConfigError("data-dir", f"{folder} cannot be used: {error.strerror}") from None
    except (ValueError, TypeError):
        raise ConfigError("data-dir", f"a certificate in {folder} is damaged; delete that folder") from None
    context = _context(folder / "leaf.pem", folder / "leaf.key")
    return Tls(context, fingerprint(leaf), authority.certificate.public_bytes(serialization.Encoding.DER))


def own(certificate: Path, key: Path, now: datetime.datetime) -> Tls:
    """Returns the operator's own certificate, checked.

    Raises:
        ConfigError: a file cannot be read, is no PEM, needs a password or is expired, or they do not match.
    """
    try:
        leaf = x509.load_pem_x509_certificates(_contents("cert", certificate))[0]
    except ValueError:
        raise ConfigError("cert", f"{certificate} holds no certificate in PEM form") from None
    private = _own_key(key)
    if leaf.public_key() != private.public_key():
        raise ConfigError("key", f"{key} is not the key of the certificate {certificate}")
    if leaf.not_valid_after_utc <= now:
        raise ConfigError("cert", f"{certificate} expired on {leaf.not_valid_after_utc:%Y-%m-%d}")
    return Tls(_context(certificate, key), fingerprint(leaf), None)


def fingerprint(certificate: x509.Certificate) -> str:
    """Returns the SHA-256 digest as browsers show it: `3A:9F:…`."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _contents(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(setting, f"{path} cannot be read: {error.strerror}") from None


def _own_key(path: Path) -> CertificateIssuerPrivateKeyTypes:
    contents = _contents("key", path)
    try:
        key = serialization.load_pem_private_key(contents, None)
    except TypeError:
        raise ConfigError("key", f"{path} needs a password; give one without") from None
    except ValueError:
        raise ConfigError("key", f"{path} holds no private key in PEM form") from None
    return key  # type: ignore[return-value]  # any other kind fails the comparison with the certificate's


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError("cert", f"{certificate} cannot be used: {error.strerror or error}") from None
    return context


@dataclass(frozen=True, slots=True)
class _Authority:
    certificate: x509.Certificate
    key: EC


def _authority(folder: Path, now: datetime.datetime) -> _Authority:
    certificate_file, key_file = folder / "ca.pem", folder / "ca.key"
    if certificate_file.exists() and key_file.exists():
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        if not isinstance(key, EC) or key.public_key() != certificate.public_key():
            raise ValueError("the authority's key does not match")
        if now + RENEWAL < certificate.not_valid_after_utc:
            return _Authority(certificate, key)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _authority_certificate(key, now)
    _store(key_file, _key_text(key))
    _store(certificate_file, certificate.public_bytes(serialization.Encoding.PEM))
    return _Authority(certificate, key)


def _authority_certificate(key: EC, now: datetime.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Causerie local authority")])
    usage = _usage(digital_signature=False, key_cert_sign=True)
    builder = _builder(name, name, key, now, AUTHORITY_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _kept_leaf(
    folder: Path,
    authority: x509.Certificate,
    names: Sequence[str],
    addresses: Sequence[Address],
    now: datetime.datetime,
) -> x509.Certificate | None:
    """Returns the leaf in `folder` if it still serves."""
    if not ((folder / "leaf.pem").exists() and (folder / "leaf.key").exists()):
        return None
    leaf = x509.load_pem_x509_certificates((folder / "leaf.pem").read_bytes())[0]
    named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    serves = (
        set(names) <= set(named.get_values_for_type(x509.DNSName))
        and set(addresses) <= set(named.get_values_for_type(x509.IPAddress))
        and leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - RENEWAL
        and leaf.issuer == authority.subject
    )
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):  # issued by a former authority
        return None
    key = serialization.load_pem_private_key((folder / "leaf.key").read_bytes(), None)
    return leaf if serves and key.public_key() == leaf.public_key() else None


def _new_leaf(
    folder: Path,
    authority: _Authority,
    names: Sequence[str],
    addresses: Sequence[Address],
    now: datetime.datetime,
) -> x509.Certificate:
    """Issues and stores a leaf with a key of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    alternatives = [*map(x509.DNSName, names), *map(x509.IPAddress, addresses)]
    leaf = (
        _builder(subject, authority.certificate.subject, key, now, LEAF_LIFE)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, key_cert_sign=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
        )
        .sign(authority.key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    _store(folder / "leaf.key", _key_text(key))
    _store(folder / "leaf.pem", leaf.public_bytes(pem) + authority.certificate.public_bytes(pem))
    return leaf


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EC, now: datetime.datetime, life: datetime.timedelta
) -> x509.CertificateBuilder:
    start = now - SKEW
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, digital_signature: bool, key_cert_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _key_text(key: EC) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _store(path: Path, contents: bytes) -> None:
    """Writes a file that only its owner reads, whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
