"""Exceptions of krakenbox.

    KrakenboxError
    ├── ConfigError      a setting: what was expected, what was found, where
    ├── HistoryError     what was asked of the history cannot be answered now
    └── ProtocolError    a peer's misuse: what the reply says

A refusal of the venue is no exception but an event; a bug of ours is an `assert`.
"""


class KrakenboxError(Exception):
    """Anything krakenbox raises on purpose."""


class ConfigError(KrakenboxError):
    """A setting that cannot be used."""


class HistoryError(KrakenboxError):
    """The history cannot answer: its database is away, or it has not caught up."""


class ProtocolError(KrakenboxError):
    """A peer broke the protocol; `error` is the text the venue answers with, the rest goes beside it."""

    def __init__(
        self, error: str, method: str = "error", req_id: int | None = None, symbol: str = ""
    ) -> None:
        super().__init__(error)
        self.error = error
        self.method = method
        """What the reply names as its method; `error` where none could be read."""
        self.req_id = req_id
        self.symbol = symbol
        """Only of refusals that concern one symbol; empty otherwise."""
