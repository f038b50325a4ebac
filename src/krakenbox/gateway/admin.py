"""The operator's endpoint, as a function: accounts opened, funded and keyed, modes set, snapshots begun.

What it changes in the exchange enters as a journaled command like any other; keys are secrets and no part of
the journal. Programs of this machine may use it, others only with the configured bearer token. A request that
a web page sent (it carries a foreign Origin, is no JSON, or reached us under a name that is not this
machine's) is refused.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.connects import is_loopback
from krakenbox.gateway.keys import ApiKey, Keyring, Permission
from krakenbox.model.command import (
    Command,
    Deposit,
    OpenAccount,
    SetPairStatus,
    SetSystemStatus,
    Tier,
)
from krakenbox.model.fixed import Amount, from_decimal
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import CLIENT_NAMES, AccountId, is_client_name
from krakenbox.model.reject import Reject

ADMIN = "/admin/"
JSON = "application/json"
KEY_BYTES = 42
"""An API key is 56 characters of base64."""
SECRET_BYTES = 64

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_CLIENT_TIERS = (Tier.STARTER, Tier.INTERMEDIATE, Tier.PRO)


class NewAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /admin/accounts."""

    name: str
    tier: Tier = Tier.PRO
    balances: dict[str, Decimal] = {}


class NewDeposit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /admin/deposit."""

    name: str
    asset: str
    amount: Decimal


class NewKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /admin/keys."""

    name: str
    permissions: frozenset[Permission] = frozenset(Permission)
    nonce_window: int = 0


class NewStatus(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /admin/status: the mode of the venue, or of one pair."""

    system: SystemStatus | None = None
    symbol: str | None = None
    status: PairStatus | None = None


class NewSnapshot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /admin/snapshot."""


class AdminRequest(Struct, frozen=True, kw_only=True):
    """What of an HTTP request matters here."""

    address: str
    host: str
    """Header `Host`."""
    origin: str
    """Header `Origin`; empty where there is none."""
    content_type: str
    authorization: str
    """Header `Authorization`; empty where there is none."""
    path: str
    body: bytes


class Change(Struct, frozen=True, kw_only=True):
    """What to submit, and what to answer once that is durable."""

    status: HTTPStatus = HTTPStatus.OK
    commands: tuple[Command, ...] = ()
    result: dict[str, Any] = {}


class Admin:
    """What the operator may change of one exchange."""

    def __init__(
        self,
        hub: Hub,
        keyring: Keyring,
        chance: Callable[[int], bytes],
        bearer_token: str = "",
        keep_keys: Callable[[], None] = lambda: None,
        capture: Callable[[], int | None] = lambda: None,
    ) -> None:
        """`chance` gives that many random bytes. Without a token only this machine's own programs may.
        `keep_keys` makes the keyring outlive the process where the exchange does, or raises OSError.
        `capture` begins a snapshot: of which command, 0 if it cannot, None where none are kept."""
        self._hub = hub
        self._keyring = keyring
        self._keep_keys = keep_keys
        self._capture = capture
        self._chance = chance
        self._opening: set[AccountId] = set()
        """Accounts asked for whose opening is not durable yet."""
        self._bearer = f"Bearer {bearer_token}".encode() if bearer_token else b""

    def change(self, request: AdminRequest) -> Change:
        """What a POST below `/admin/` asks for, or why not."""
        if refusal := self._forbidden(request):
            return refused(HTTPStatus.FORBIDDEN, refusal)
        if request.content_type.partition(";")[0].strip().lower() != JSON:
            # A form of a web page can send other types to any site without asking; JSON it cannot.
            text = f"Content-Type must be {JSON}; was {request.content_type or 'none'}"
            return refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, text)
        kind = _BODIES.get(request.path.removeprefix(ADMIN))
        if kind is None:
            return refused(HTTPStatus.NOT_FOUND, f"there are {', '.join(ADMIN + name for name in _BODIES)}")
        try:
            body = msgspec.json.decode(request.body, type=kind)
        except msgspec.DecodeError as error:
            return refused(HTTPStatus.BAD_REQUEST, str(error))
        try:
            return self._changed(body)
        except OSError as error:
            return refused(HTTPStatus.SERVICE_UNAVAILABLE, f"the key cannot be kept: {error.strerror}")

    def _changed(self, body: "Body") -> Change:
        match body:
            case NewAccount():
                return self._open(body)
            case NewDeposit():
                return self._deposit(body)
            case NewKey():
                return self._key(body)
            case NewStatus():
                return self._status(body)
            case NewSnapshot():
                return self._snapshot()

    def _forbidden(self, request: AdminRequest) -> str:
        """Why whoever sent a request may not; empty if he may."""
        if not is_loopback(request.address):
            # Whoever knows the token may come under any name. How long comparing takes tells nothing of it.
            given = request.authorization.encode(errors="surrogateescape")
            if not self._bearer or not hmac.compare_digest(given, self._bearer):
                return f"only this machine may, others with the bearer token; you are {request.address}"
        elif _name(request.host) not in _LOCAL_NAMES:
            # A page may reach this machine under a name of its own that it pointed here (DNS rebinding).
            return f"Host must be one of {', '.join(_LOCAL_NAMES)}; was {request.host}"
        # A page of another site makes its visitor's browser call us: that sends its Origin.
        if request.origin and request.origin.partition("://")[2] != request.host:
            return f"not from a page of {request.origin}"
        return ""

    def _open(self, new: NewAccount) -> Change:
        account = AccountId(new.name)
        if not is_client_name(new.name):
            return refused(HTTPStatus.BAD_REQUEST, f"name must be {CLIENT_NAMES}")
        self._opening -= self._hub.accounts.keys()
        if account in self._hub.accounts or account in self._opening:
            return refused(HTTPStatus.CONFLICT, f"there is an account {new.name} already")
        if new.tier not in _CLIENT_TIERS:
            return refused(HTTPStatus.BAD_REQUEST, f"tier must be one of {', '.join(_CLIENT_TIERS)}")
        deposits = []
        for asset, amount in new.balances.items():
            deposit = self._credit(account, asset, amount)
            if isinstance(deposit, str):
                return refused(HTTPStatus.BAD_REQUEST, deposit)
            deposits.append(deposit)
        key = self._new_key(account, frozenset(Permission), 0)
        self._opening.add(account)
        return Change(
            status=HTTPStatus.CREATED,
            commands=(OpenAccount(account, new.tier), *deposits),
            result={
                "name": new.name,
                "api_key": key.key_id,
                "api_secret": key.secret,
                "tier": new.tier.value,
            },
        )

    def _deposit(self, new: NewDeposit) -> Change:
        account = AccountId(new.name)
        if refusal := self._no_client(account):
            return refusal
        deposit = self._credit(account, new.asset, new.amount)
        if isinstance(deposit, str):
            return refused(HTTPStatus.BAD_REQUEST, deposit)
        return Change(
            commands=(deposit,), result={"name": new.name, "asset": new.asset, "amount": str(new.amount)}
        )

    def _key(self, new: NewKey) -> Change:
        account = AccountId(new.name)
        if refusal := self._no_client(account):
            return refusal
        if new.nonce_window < 0:
            return refused(HTTPStatus.BAD_REQUEST, "nonce_window must be 0 or more")
        key = self._new_key(account, new.permissions, new.nonce_window)
        return Change(
            status=HTTPStatus.CREATED,
            result={"name": new.name, "api_key": key.key_id, "api_secret": key.secret},
        )

    def _status(self, new: NewStatus) -> Change:
        if new.system is not None and new.symbol is None and new.status is None:
            return Change(commands=(SetSystemStatus(new.system),), result={"system": new.system.value})
        if new.system is not None or new.symbol is None or new.status is None:
            return refused(HTTPStatus.BAD_REQUEST, "expected either system, or symbol and status")
        if self._hub.reference.table.get(new.symbol) is None:
            return refused(HTTPStatus.NOT_FOUND, f"there is no pair {new.symbol}")
        return Change(
            commands=(SetPairStatus(new.symbol, new.status),),
            result={"symbol": new.symbol, "status": new.status.value},
        )

    def _snapshot(self) -> Change:
        seq = self._capture()
        if seq is None:
            return refused(HTTPStatus.CONFLICT, "the exchange lives in memory: nothing is kept of it")
        return Change(status=HTTPStatus.ACCEPTED, result={"sequence": seq}) if seq else unavailable()

    def _credit(self, account: AccountId, asset: str, amount: Decimal) -> Deposit | str:
        """The deposit, or what is wrong with it."""
        listed = self._hub.reference.table.assets.get(asset)
        if listed is None:
            return f"asset must be one of {', '.join(self._hub.reference.table.assets)}; was {asset}"
        units = from_decimal(amount, listed.decimals)
        if units is None or units <= 0:
            return f"amount must be above 0 with at most {listed.decimals} decimals; was {amount}"
        return Deposit(account, asset, Amount(units))

    def _no_client(self, account: AccountId) -> Change | None:
        """The refusal for an account that is none, or the market's."""
        if self._hub.accounts.get(account) in _CLIENT_TIERS:
            return None
        return refused(HTTPStatus.NOT_FOUND, f"there is no account {account}")

    def _new_key(self, account: AccountId, permissions: frozenset[Permission], nonce_window: int) -> ApiKey:
        key = ApiKey(
            key_id=b64encode(self._chance(KEY_BYTES)).decode(),
            secret=b64encode(self._chance(SECRET_BYTES)).decode(),
            account=account,
            permissions=permissions,
            nonce_window=nonce_window,
        )
        self._keyring.add(key)
        self._keep_keys()
        return key


Body = NewAccount | NewDeposit | NewKey | NewStatus | NewSnapshot
_BODIES: dict[str, type[Body]] = {
    "accounts": NewAccount,
    "deposit": NewDeposit,
    "keys": NewKey,
    "status": NewStatus,
    "snapshot": NewSnapshot,
}


def refused(status: HTTPStatus, text: str) -> Change:
    """A refusal."""
    return Change(status=status, result={"error": text})


def unavailable() -> Change:
    """The refusal of an exchange that takes nothing in."""
    return refused(HTTPStatus.SERVICE_UNAVAILABLE, Reject.UNAVAILABLE)


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    name, _, port = host.rpartition(":")
    return (name if port.isdigit() else host).lower()
