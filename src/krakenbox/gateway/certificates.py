"""What wss:// and https:// are served with: a certificate of an own authority, or one the user brings.

tls/
  ca.pem          certificate of the authority: what clients are to trust
  authority.pem   the same with its key, to sign with; a secret
  server.pem      the server's certificate with its key; a secret

They are made at the first start and stay, so that a client is told once whom to trust.
"""

import ipaddress
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from msgspec import Struct

from krakenbox.errors import ConfigError
from krakenbox.gateway.desk import Host
from krakenbox.journal.disk import write_whole

if TYPE_CHECKING:
    import trustme
    from cryptography import x509

CA, AUTHORITY, SERVER = "ca.pem", "authority.pem", "server.pem"

NAMES = (
    "localhost",
    "127.0.0.1",
    "::1",
    "api.kraken.com",
    *(f"{host}.{domain}" for domain in ("kraken.com", "localhost") for host in Host),
)
"""What every certificate is for: this machine, and the hosts of Kraken's that may be mapped to it."""

VALID = timedelta(days=820)
"""Apple's systems refuse certificates that are valid for longer than 825 days."""
RENEWED = timedelta(days=30)
"""A start that finds less than this left makes the certificate anew."""


class Tls(Struct, frozen=True, kw_only=True):
    """Table `[tls]`: whether both ports speak TLS, and with which certificate."""

    enabled: bool = False
    cert: str = ""
    """File of an own certificate and its chain, in PEM; empty: one is made. Likewise `key`."""
    key: str = ""
    names: tuple[str, ...] = ()
    """Further names and addresses that the certificate made is for."""


class Secured(NamedTuple):
    """How to serve over TLS."""

    context: ssl.SSLContext
    ca: Path | None
    """File that clients are to trust; of an own certificate its owner knows."""


def secured(tls: Tls, folder: Path, hosts: Iterable[str], now_ns: int) -> Secured:
    """What a table `[tls]` asks for; raises ConfigError. `hosts` are the addresses listened on."""
    if tls.cert:
        return Secured(_context(Path(tls.cert), Path(tls.key)), None)
    names = frozenset(_spelled(name) for name in (*NAMES, *hosts, *tls.names)) - {"0.0.0.0", "::"}
    _sign(folder, names, datetime.fromtimestamp(now_ns // 1_000_000_000, UTC))
    return Secured(_context(folder / SERVER), (folder / CA).resolve())


def _context(cert: Path, key: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    # RFC 7301: without an answer some clients would try HTTP/2, which is not served.
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(cert, key, _no_password)
    except ssl.SSLError as error:
        raise ConfigError(f"{cert}: is no certificate for the key {key or cert}: {error.reason}") from None
    except OSError as error:
        missing = " or ".join(str(file) for file in (cert, key) if file)
        raise ConfigError(f"{missing}: cannot be read: {error.strerror}") from None
    return context


def _no_password() -> NoReturn:
    # OpenSSL would ask on the terminal, in the midst of a start.
    raise ConfigError("the key of the certificate must not need a password")


def _spelled(name: str) -> str:
    """A name as certificates say it: addresses have many spellings."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()


def _sign(folder: Path, names: frozenset[str], now: datetime) -> None:
    """Make what is missing in the folder, and a server certificate that ends soon or lacks a name."""
    try:
        folder.mkdir(exist_ok=True)
        authority = _authority(folder)
        if not _is_good(folder / SERVER, authority, names, now):
            issued = authority.issue_cert(
                *sorted(names),
                organization_name="krakenbox",
                not_before=now - timedelta(days=1),
                not_after=now + VALID,
            )
            write_whole(folder / SERVER, issued.private_key_and_cert_chain_pem.bytes())
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be used: {error.strerror}") from None


def _authority(folder: Path) -> "trustme.CA":
    import trustme  # noqa: PLC0415 - who does without TLS does without ten megabytes of it

    file = folder / AUTHORITY
    if not file.exists():
        made = trustme.CA(organization_name="krakenbox", organization_unit_name="of this machine alone")
        write_whole(file, made.private_key_pem.bytes() + made.cert_pem.bytes())
    kept = file.read_bytes()
    try:
        authority = trustme.CA.from_pem(kept, kept)
    except ValueError as error:
        raise ConfigError(f"{file}: is damaged, remove it for a new authority: {error}") from None
    public = folder / CA
    if not public.exists() or public.read_bytes() != authority.cert_pem.bytes():
        write_whole(public, authority.cert_pem.bytes())
        public.chmod(0o644)
    return authority


def _is_good(file: Path, authority: "trustme.CA", names: frozenset[str], now: datetime) -> bool:
    from cryptography import x509  # noqa: PLC0415 - as above
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    if not file.exists():
        return False
    try:
        kept = x509.load_pem_x509_certificate(file.read_bytes())
        kept.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.cert_pem.bytes()))
    except (ValueError, InvalidSignature):
        return False
    return _names_of(kept) >= names and now + RENEWED < kept.not_valid_after_utc


def _names_of(certificate: "x509.Certificate") -> frozenset[str]:
    from cryptography import x509  # noqa: PLC0415 - as above

    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = named.get_values_for_type(x509.IPAddress)
    return frozenset((*named.get_values_for_type(x509.DNSName), *map(str, addresses)))
