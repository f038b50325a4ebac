"""The tokens one connection has used.

Kraken, authentication guide: a token must be used within 15 minutes and is then good for as long as the
connection lives.
"""

from krakenbox.gateway.keys import ApiKey
from krakenbox.gateway.tokens import Tokens

MAX_TOKENS = 16
"""Tokens remembered per connection, each from a REST call of its own; the one used first is forgotten."""


class Credentials:
    """Opens tokens, and keeps those opened open."""

    __slots__ = ("_opened", "_tokens")

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._opened: dict[str, ApiKey] = {}

    def key(self, token: str, now_ns: int) -> ApiKey | None:
        """The key behind a token, if the token is or was good here."""
        key = self._opened.get(token)
        if key is None:
            key = self._tokens.open(token, now_ns)
            if key is not None:
                if len(self._opened) >= MAX_TOKENS:
                    del self._opened[next(iter(self._opened))]
                self._opened[token] = key
        return key
