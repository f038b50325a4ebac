"""WebSocket tokens. They are self-contained: any process that holds the secret can check a token it never
issued, and a restart revokes none.

32 bytes, printed as 43 characters of base64 like Kraken's:

    key hash 6 | issue time in ms 6 | salt 4 | HMAC-SHA256 of the 16 bytes before, truncated to 16
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable

from krakenbox.gateway.keys import HASH_BYTES, ApiKey, Keyring, key_hash

TOKEN_LIFETIME_S = 900
"""Kraken, GetWebSocketsToken: use it within 15 minutes; `expires` is 900."""
SALT_BYTES = 4

_TOKEN_BYTES = 32
_TOKEN_CHARACTERS = 43
_TIME_BYTES = 6
_BODY_BYTES = HASH_BYTES + _TIME_BYTES + SALT_BYTES
_MS_NS = 1_000_000


class Tokens:
    """Issues and opens the tokens of one exchange.

    `secret` is kept with the exchange's data; `salt` gives `SALT_BYTES` random bytes.
    """

    def __init__(self, keyring: Keyring, secret: bytes, salt: Callable[[], bytes]) -> None:
        self._keyring = keyring
        self._secret = secret
        self._salt = salt

    def issue(self, key: ApiKey, now_ns: int) -> str:
        """A new token of a key; those issued before stay good."""
        salt = self._salt()
        assert len(salt) == SALT_BYTES, f"salt must be {SALT_BYTES} bytes; was {len(salt)}"
        body = key_hash(key.key_id) + (now_ns // _MS_NS).to_bytes(_TIME_BYTES, "big") + salt
        return b64encode(body + self._mac(body)).decode().rstrip("=")

    def open(self, token: str, now_ns: int) -> ApiKey | None:
        """The key a token was issued to, if the token is genuine and still good to be first used."""
        raw = _decoded(token + "=") if len(token) == _TOKEN_CHARACTERS else b""
        if len(raw) != _TOKEN_BYTES:
            return None
        body = raw[:_BODY_BYTES]
        if not hmac.compare_digest(raw[_BODY_BYTES:], self._mac(body)):
            return None
        issued_ms = int.from_bytes(body[HASH_BYTES : HASH_BYTES + _TIME_BYTES], "big")
        if now_ns // _MS_NS - issued_ms > TOKEN_LIFETIME_S * 1_000:
            return None
        return self._keyring.by_hash(body[:HASH_BYTES])

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256")[: _TOKEN_BYTES - _BODY_BYTES]


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""
