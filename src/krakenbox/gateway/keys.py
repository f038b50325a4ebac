"""API keys, their permissions, nonces and lockouts: who may make a private REST call."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from msgspec import Struct

from krakenbox.model.order import AccountId
from krakenbox.model.reject import Reject
from krakenbox.protocol.rest import is_secret, nonce_value, verify

LOCKOUT_NS = 15 * 60 * 1_000_000_000
"""Kraken support: about 15 minutes, and a retry restarts the timer."""
MAX_FAILURES = 10
"""Bad keys or signatures in a row before a lockout; Kraken publishes no number."""
MAX_ADDRESSES = 10_000
"""Addresses whose failures are remembered; the one that failed longest ago is forgotten."""
MAX_SEEN_NONCES = 1_000
"""Nonces remembered inside a nonce window; beyond, the lowest close the window from below."""
HASH_BYTES = 6


class Permission(StrEnum):
    """What a key may do, in the words of Kraken's GetApiKeyInfo."""

    QUERY_FUNDS = "query-funds"
    ADD_FUNDS = "add-funds"
    WITHDRAW_FUNDS = "withdraw-funds"
    EARN_FUNDS = "earn-funds"
    QUERY_OPEN_TRADES = "query-open-trades"
    QUERY_CLOSED_TRADES = "query-closed-trades"
    MODIFY_TRADES = "modify-trades"
    CLOSE_TRADES = "close-trades"
    QUERY_LEDGER = "query-ledger"
    EXPORT_DATA = "export-data"
    CREATE_WS_TOKEN = "create-ws-token"
    ADD_WITHDRAW_ADDRESS = "add-withdraw-address"
    UPDATE_WITHDRAW_ADDRESS = "update-withdraw-address"


class ApiKey(Struct, frozen=True, kw_only=True):
    """One key of an account. `key_id` is its public text (the `API-Key` header)."""

    key_id: str
    secret: str
    """Base64, as the client holds it."""
    account: AccountId
    permissions: frozenset[Permission] = frozenset(Permission)
    nonce_window: int = 0
    """How far below the highest nonce an unused one is still good, in the client's own nonce units."""


class PrivateCall(Struct, frozen=True, kw_only=True):
    """What authenticates one private REST request."""

    address: str
    key_id: str
    signature: str
    path: str
    """From `/0/private` on."""
    nonce: str
    """Its text in the body; "" where there is none."""
    body: bytes
    needs: frozenset[Permission] = frozenset()
    """The key has one of these; empty: any key may."""
    needs_all: frozenset[Permission] = frozenset()
    """The key has each of these."""


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether a private call is let in. A nonce is used up as soon as its signature holds."""

    error: str = ""
    """Exact text of the refusal; "" lets the call in."""
    key: ApiKey | None = None
    nonce: int | None = None
    """The nonce now used up, to be journaled as `UseNonce`; None where none was."""
    hint: str = ""
    """For the log only."""


@dataclass(slots=True)
class _Nonces:
    """What one key has used: everything up to `floor`, and `seen` above it."""

    high: int
    floor: int
    seen: set[int] = field(default_factory=set)

    def forget(self) -> None:
        """Drop what `floor` covers; if that is not enough, the lower half, and raise `floor` to it."""
        above = sorted(nonce for nonce in self.seen if nonce > self.floor)
        if len(above) > MAX_SEEN_NONCES:
            self.floor = above[MAX_SEEN_NONCES >> 1]
            above = above[(MAX_SEEN_NONCES >> 1) + 1 :]
        self.seen = set(above)


@dataclass(slots=True)
class _Strikes:
    """Failures in a row of one address or key, and until when it is locked out."""

    failures: int = 0
    locked_until_ns: int = 0


class Keyring:
    """Every key of an exchange, by its public text."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._by_hash: dict[bytes, ApiKey] = {}
        self._nonces: dict[str, _Nonces] = {}
        self._addresses: OrderedDict[str, _Strikes] = OrderedDict()
        self._key_strikes: dict[str, _Strikes] = {}

    def add(self, key: ApiKey) -> None:
        """Put a key on the ring, or replace the one of the same text."""
        assert is_secret(key.secret), f"{key.key_id}: the secret must be base64"
        self._keys[key.key_id] = key
        self._by_hash[key_hash(key.key_id)] = key

    def get(self, key_id: str) -> ApiKey | None:
        """The key of a public text."""
        return self._keys.get(key_id)

    def by_hash(self, digest: bytes) -> ApiKey | None:
        """The key of a `key_hash`."""
        return self._by_hash.get(digest)

    def encoded(self) -> bytes:
        """Every key, secrets and all, to be kept where only the exchange reads it."""
        return msgspec.json.encode(list(self._keys.values()))

    def restore(self, high_nonces: Mapping[str, int]) -> None:
        """Take over the highest nonces the journal knows; below them nothing is good after a restart."""
        for key_id, high in high_nonces.items():
            self._nonces[key_id] = _Nonces(high=high, floor=high)

    def authenticate(self, call: PrivateCall, now_ns: int) -> Verdict:
        """Check key, lockout, signature, nonce and permission, in this order; first failure wins."""
        if self._locked_out(call, now_ns):
            return Verdict(error=Reject.LOCKOUT)
        key = self._keys.get(call.key_id)
        if key is None:
            return self._strike(call, Reject.KEY_INVALID, now_ns)
        nonce = nonce_value(call.nonce)
        if nonce is None:
            return Verdict(error=Reject.NONCE_INVALID, hint="the nonce must be an integer of 64 bits at most")
        if not verify(call.signature, key.secret, call.path, call.nonce, call.body):
            return self._strike(call, Reject.SIGNATURE_INVALID, now_ns)
        self._addresses.pop(call.address, None)
        self._key_strikes.pop(call.key_id, None)
        high = self._use_nonce(key, nonce)
        if high is not None:
            hint = f"nonce {nonce} is not above the last, {high}; give each client a key of its own"
            return Verdict(error=Reject.NONCE_INVALID, key=key, hint=hint)
        if not call.needs_all <= key.permissions or (call.needs and call.needs.isdisjoint(key.permissions)):
            return Verdict(error=Reject.PERMISSION_DENIED, key=key, nonce=nonce)
        return Verdict(key=key, nonce=nonce)

    def _use_nonce(self, key: ApiKey, nonce: int) -> int | None:
        """Use a nonce up. None if it was good, else the highest one before."""
        used = self._nonces.setdefault(key.key_id, _Nonces(high=-1, floor=-1))
        if nonce <= used.floor or nonce in used.seen:
            return used.high
        used.seen.add(nonce)
        used.high = max(used.high, nonce)
        # Kraken, API key "nonce window": an unused nonce this far below the highest is still accepted.
        used.floor = max(used.floor, used.high - key.nonce_window)
        if not key.nonce_window or len(used.seen) > MAX_SEEN_NONCES:
            used.forget()
        return None

    def _locked_out(self, call: PrivateCall, now_ns: int) -> bool:
        """Whether address or key is locked out; asking while it is restarts the timer."""
        locked = False
        for strikes in (self._addresses.get(call.address), self._key_strikes.get(call.key_id)):
            if strikes is not None and now_ns < strikes.locked_until_ns:
                strikes.locked_until_ns = now_ns + LOCKOUT_NS
                locked = True
        return locked

    def _strike(self, call: PrivateCall, reject: Reject, now_ns: int) -> Verdict:
        """Count a failure against the address, and against the key if there is one of that text."""
        struck = [self._addresses.setdefault(call.address, _Strikes())]
        self._addresses.move_to_end(call.address)
        if len(self._addresses) > MAX_ADDRESSES:
            self._addresses.popitem(last=False)
        if call.key_id in self._keys:
            struck.append(self._key_strikes.setdefault(call.key_id, _Strikes()))
        for strikes in struck:
            strikes.failures += 1
            if strikes.failures >= MAX_FAILURES:
                strikes.failures = 0
                strikes.locked_until_ns = now_ns + LOCKOUT_NS
        return Verdict(error=reject)


def decode_keys(data: bytes) -> list[ApiKey]:
    """What `Keyring.encoded` wrote."""
    return msgspec.json.decode(data, type=list[ApiKey])


def key_hash(key_id: str) -> bytes:
    """What a token carries instead of the key's text."""
    return hashlib.sha256(key_id.encode()).digest()[:HASH_BYTES]
