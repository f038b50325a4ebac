"""The operator's endpoint, as a function: accounts opened, funded and keyed while the exchange runs.

Only programs of this machine may use it: a request from elsewhere, or one that a web page sent (it carries an
Origin, or reached us under a name that is not this machine's), is refused.
"""

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
from krakenbox.model.command import Command, Deposit, OpenAccount, Tier
from krakenbox.model.fixed import Amount, from_decimal
from krakenbox.model.order import CLIENT_NAMES, AccountId, is_client_name

ADMIN = "/admin/"
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
    """Body of POST /admin/deposits."""

    name: str
    asset: str
    amount: Decimal


class NewKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /admin/keys."""

    name: str
    permissions: frozenset[Permission] = frozenset(Permission)
    nonce_window: int = 0


class AdminRequest(Struct, frozen=True, kw_only=True):
    """What of an HTTP request matters here."""

    address: str
    host: str
    """Header `Host`."""
    origin: str
    """Header `Origin`; empty where there is none."""
    path: str
    body: bytes


class Change(Struct, frozen=True, kw_only=True):
    """What to submit, and what to answer once that is durable."""

    status: HTTPStatus = HTTPStatus.OK
    commands: tuple[Command, ...] = ()
    result: dict[str, Any] = {}


class Admin:
    """Changes to the accounts of one exchange; `chance` gives that many random bytes."""

    def __init__(self, hub: Hub, keyring: Keyring, chance: Callable[[int], bytes]) -> None:
        self._hub = hub
        self._keyring = keyring
        self._chance = chance

    def change(self, request: AdminRequest) -> Change:
        """What a POST below `/admin/` asks for, or why not."""
        if refusal := _not_from_here(request):
            return refused(HTTPStatus.FORBIDDEN, refusal)
        kind = _BODIES.get(request.path.removeprefix(ADMIN))
        if kind is None:
            return refused(HTTPStatus.NOT_FOUND, f"there are {', '.join(ADMIN + name for name in _BODIES)}")
        try:
            body = msgspec.json.decode(request.body, type=kind)
        except msgspec.DecodeError as error:
            return refused(HTTPStatus.BAD_REQUEST, str(error))
        match body:
            case NewAccount():
                return self._open(body)
            case NewDeposit():
                return self._deposit(body)
            case NewKey():
                return self._key(body)

    def _open(self, new: NewAccount) -> Change:
        account = AccountId(new.name)
        if not is_client_name(new.name):
            return refused(HTTPStatus.BAD_REQUEST, f"name must be {CLIENT_NAMES}")
        if account in self._hub.accounts:
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
        return key


_BODIES: dict[str, type[NewAccount | NewDeposit | NewKey]] = {
    "accounts": NewAccount,
    "deposits": NewDeposit,
    "keys": NewKey,
}


def refused(status: HTTPStatus, text: str) -> Change:
    """A refusal."""
    return Change(status=status, result={"error": text})


def _not_from_here(request: AdminRequest) -> str:
    """Why a request may not come from a program of this machine; empty if it may."""
    if not is_loopback(request.address):
        return f"only this machine may; you are {request.address}"
    # A page of some site may make its visitor's browser call us: under our address it sends an Origin, and
    # under a name of its own that it pointed at us (DNS rebinding) that name is the Host.
    if request.origin:
        return "not from a web page"
    name = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
    if name.lower() not in _LOCAL_NAMES:
        return f"Host must be one of {', '.join(_LOCAL_NAMES)}; was {request.host}"
    return ""
