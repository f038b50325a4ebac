"""Certificates of an own authority: made once, kept, made anew when they have to be; and brought ones."""

import stat
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from krakenbox.errors import ConfigError
from krakenbox.gateway.certificates import AUTHORITY, CA, NAMES, RENEWED, SERVER, VALID, Tls, secured

NOW_NS = 1_790_000_000_000_000_000
DAY_NS = 86_400_000_000_000
MADE = Tls(enabled=True)


def files(folder: Path) -> dict[str, bytes]:
    """What lies in a folder."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def names(folder: Path) -> set[str]:
    """What the server's certificate is for."""
    certificate = x509.load_pem_x509_certificate((folder / SERVER).read_bytes())
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*named.get_values_for_type(x509.DNSName), *map(str, named.get_values_for_type(x509.IPAddress))}


def test_it_is_for_this_machine_and_for_the_hosts_that_may_be_mapped_to_it(tmp_path: Path) -> None:
    told = secured(
        Tls(enabled=True, names=("Box",)), tmp_path / "tls", ["127.0.0.1", "0:0::7", "0.0.0.0"], NOW_NS
    )
    assert told.ca == tmp_path / "tls" / CA
    assert {"localhost", "127.0.0.1", "::1", "api.kraken.com", "ws.kraken.com", "ws-auth.kraken.com"} <= set(
        NAMES
    )
    assert {"ws-l3.kraken.com", "beta-ws.kraken.com", "beta-ws-auth.kraken.com"} <= set(NAMES)
    assert names(tmp_path / "tls") == {*NAMES, "box", "::7"}


def test_keys_are_for_their_owner_and_the_authority_is_for_everyone(tmp_path: Path) -> None:
    secured(MADE, tmp_path / "tls", (), NOW_NS)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "tls").iterdir()}
    assert modes == {CA: 0o644, AUTHORITY: 0o600, SERVER: 0o600}
    assert b"PRIVATE" not in (tmp_path / "tls" / CA).read_bytes()


def test_a_later_start_finds_what_an_earlier_one_made(tmp_path: Path) -> None:
    secured(MADE, tmp_path, (), NOW_NS)
    made = files(tmp_path)
    secured(MADE, tmp_path, ("127.0.0.1",), NOW_NS + (VALID - RENEWED).days * DAY_NS - DAY_NS)
    assert files(tmp_path) == made


@pytest.mark.parametrize(
    ("hosts", "later_ns"), [(("10.0.0.1",), 0), ((), (VALID - RENEWED).days * DAY_NS + DAY_NS)]
)
def test_a_name_it_lacks_or_its_end_makes_another_one_of_the_same_authority(
    tmp_path: Path, hosts: tuple[str, ...], later_ns: int
) -> None:
    secured(MADE, tmp_path, (), NOW_NS)
    before = files(tmp_path)
    secured(MADE, tmp_path, hosts, NOW_NS + later_ns)
    after = files(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {SERVER}
    assert names(tmp_path) == {*NAMES, *hosts}


@pytest.mark.parametrize("left", [b"", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_certificate_that_is_damaged_is_made_anew(tmp_path: Path, left: bytes) -> None:
    secured(MADE, tmp_path, (), NOW_NS)
    (tmp_path / SERVER).write_bytes(left)
    (tmp_path / CA).write_bytes(left)
    secured(MADE, tmp_path, (), NOW_NS)
    assert names(tmp_path) == set(NAMES)
    assert (tmp_path / CA).read_bytes() in (tmp_path / AUTHORITY).read_bytes()


def test_one_of_another_authority_is_replaced(tmp_path: Path) -> None:
    secured(MADE, tmp_path / "a", (), NOW_NS)
    secured(MADE, tmp_path / "b", (), NOW_NS)
    foreign = (tmp_path / "b" / SERVER).read_bytes()
    (tmp_path / "a" / SERVER).write_bytes(foreign)
    secured(MADE, tmp_path / "a", (), NOW_NS)
    assert (tmp_path / "a" / SERVER).read_bytes() != foreign


def test_a_damaged_authority_is_told_of_and_not_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / AUTHORITY).write_bytes(b"torn")
    with pytest.raises(ConfigError, match=r"authority\.pem: is damaged, remove it for a new authority"):
        secured(MADE, tmp_path, (), NOW_NS)
    assert files(tmp_path) == {AUTHORITY: b"torn"}


def test_a_brought_certificate_is_used_as_it_is(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("box.example")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(cert)
    issued.private_key_pem.write_to_path(key)
    told = secured(Tls(enabled=True, cert=str(cert), key=str(key)), tmp_path / "tls", (), NOW_NS)
    assert told.ca is None
    assert not (tmp_path / "tls").exists()

    trustme.CA().issue_cert("box.example").private_key_pem.write_to_path(key)
    with pytest.raises(ConfigError, match=r"cert\.pem: is no certificate for the key .*key\.pem"):
        secured(Tls(enabled=True, cert=str(cert), key=str(key)), tmp_path, (), NOW_NS)

    locked = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(
        locked.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    with pytest.raises(ConfigError, match="must not need a password"):
        secured(Tls(enabled=True, cert=str(cert), key=str(key)), tmp_path, (), NOW_NS)

    key.unlink()
    with pytest.raises(ConfigError, match=r"cert\.pem or .*key\.pem: cannot be read: No such file"):
        secured(Tls(enabled=True, cert=str(cert), key=str(key)), tmp_path, (), NOW_NS)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("in the way")
    with pytest.raises(ConfigError, match="tls: cannot be used"):
        secured(MADE, tmp_path / "tls", (), NOW_NS)
