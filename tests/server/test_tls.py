"""Certificates: made once, kept while they serve, renewed when they must be, and the operator's checked."""

from __future__ import annotations

import datetime
import ipaddress
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from causerie.errors import ConfigError
from causerie.server import tls

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
NAMES = ("localhost", "atelier", "atelier.local")
ADDRESSES = tuple(map(ipaddress.ip_address, ("127.0.0.1", "::1", "192.168.1.20")))


def prepared(
    folder: Path, *, names: tuple[str, ...] = NAMES, after: datetime.timedelta | None = None
) -> tls.Tls:
    return tls.prepare(folder, names, ADDRESSES, NOW + (after or datetime.timedelta()))


def leaf(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates((folder / "leaf.pem").read_bytes())[0]


def test_first_start_makes_an_authority_for_ten_years_and_a_leaf_for_all_names(tmp_path: Path) -> None:
    result = prepared(tmp_path / "tls")
    authority = x509.load_der_x509_certificate(result.authority or b"")
    certificate = leaf(tmp_path / "tls")
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    certificate.verify_directly_issued_by(authority)
    assert named.get_values_for_type(x509.DNSName) == list(NAMES)
    assert named.get_values_for_type(x509.IPAddress) == list(ADDRESSES)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= datetime.timedelta(days=397)
    assert authority.not_valid_after_utc.year == 2036
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert isinstance(authority.public_key(), ec.EllipticCurvePublicKey)
    assert result.fingerprint == tls.fingerprint(certificate)


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    prepared(tmp_path / "tls")

    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()} == {0o600}


def test_leaf_is_kept_while_it_serves_even_when_a_name_goes(tmp_path: Path) -> None:
    first = prepared(tmp_path)

    assert prepared(tmp_path, after=datetime.timedelta(days=365)).fingerprint == first.fingerprint
    assert prepared(tmp_path, names=NAMES[:1]).fingerprint == first.fingerprint


@pytest.mark.parametrize(
    ("names", "days"),
    [((*NAMES, "neuf"), 0), (NAMES, 368), (NAMES, 400)],
    ids=["new name", "30 days", "expired"],
)
def test_leaf_is_renewed_under_the_same_authority(tmp_path: Path, names: tuple[str, ...], days: int) -> None:
    first = prepared(tmp_path)
    second = prepared(tmp_path, names=names, after=datetime.timedelta(days=days))

    assert second.fingerprint != first.fingerprint
    assert second.authority == first.authority


def test_old_authority_is_replaced_before_it_expires_and_its_leaf_with_it(tmp_path: Path) -> None:
    first = prepared(tmp_path)
    second = prepared(tmp_path, after=datetime.timedelta(days=3_640))

    assert second.authority != first.authority
    leaf(tmp_path).verify_directly_issued_by(x509.load_der_x509_certificate(second.authority or b""))


def test_leaf_left_without_its_key_by_an_interrupted_start_is_made_anew(tmp_path: Path) -> None:
    first = prepared(tmp_path)
    prepared(tmp_path / "other")
    (tmp_path / "leaf.key").write_bytes((tmp_path / "other" / "leaf.key").read_bytes())

    assert prepared(tmp_path).fingerprint != first.fingerprint


@pytest.mark.parametrize("name", ["ca.pem", "ca.key", "leaf.pem", "leaf.key"])
def test_damaged_file_is_a_sentence_that_says_what_to_delete(tmp_path: Path, name: str) -> None:
    prepared(tmp_path)
    (tmp_path / name).write_text("damaged")

    with pytest.raises(ConfigError, match=r"^data-dir: a certificate in .* is damaged; delete that folder$"):
        prepared(tmp_path)


def test_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("")

    with pytest.raises(ConfigError, match=r"^data-dir: .* cannot be used"):
        prepared(tmp_path / "tls")


def test_context_refuses_old_versions_and_weak_ciphers(tmp_path: Path) -> None:
    context = prepared(tmp_path).context

    assert context.minimum_version.name == "TLSv1_2"
    ciphers = [cipher["name"] for cipher in context.get_ciphers()]
    assert all("GCM" in name or "CHACHA20" in name for name in ciphers)
    assert all(name.startswith(("ECDHE", "TLS_")) for name in ciphers)


def test_own_certificate_is_presented_and_offers_no_authority(tmp_path: Path) -> None:
    prepared(tmp_path)
    result = tls.own(tmp_path / "leaf.pem", tmp_path / "leaf.key", NOW)

    assert result.authority is None
    assert result.fingerprint == tls.fingerprint(leaf(tmp_path))


def test_own_certificate_that_cannot_serve_is_a_sentence(tmp_path: Path) -> None:
    prepared(tmp_path)
    good, key, none = tmp_path / "leaf.pem", tmp_path / "leaf.key", tmp_path / "none"
    other, locked, junk = tmp_path / "other.key", tmp_path / "locked.key", tmp_path / "junk"
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = rsa.generate_private_key(65_537, 2_048)
    other.write_bytes(private.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    locked.write_bytes(private.private_bytes(pem, pkcs8, serialization.BestAvailableEncryption(b"secret")))
    junk.write_text("junk")

    for certificate, private_key, sentence in (
        (none, key, "cert: .* cannot be read: No such file or directory"),
        (junk, key, "cert: .* holds no certificate in PEM form"),
        (good, none, "key: .* cannot be read"),
        (good, junk, "key: .* holds no private key in PEM form"),
        (good, locked, "key: .* needs a password"),
        (good, other, "key: .* is not the key of the certificate"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            tls.own(certificate, private_key, NOW)
    with pytest.raises(ConfigError, match=r"cert: .* expired on 2027-12-25"):
        tls.own(good, key, NOW + datetime.timedelta(days=500))
