"""The exception tree."""

import pytest

from krakenbox import errors
from krakenbox.errors import ConfigError, KrakenboxError, ProtocolError


def test_one_except_catches_all_of_ours() -> None:
    for error in (ConfigError("depth must be 10; was 9"), ProtocolError("Malformed request")):
        with pytest.raises(KrakenboxError, match=str(error)):
            raise error


def test_a_protocol_error_says_what_the_reply_says() -> None:
    error = ProtocolError("Currency pair not supported XBT/USD", "subscribe", 7, "XBT/USD")
    assert (error.error, error.method, error.req_id, error.symbol) == (
        "Currency pair not supported XBT/USD",
        "subscribe",
        7,
        "XBT/USD",
    )


def test_the_drawing_shows_every_exception() -> None:
    defined = {name for name in vars(errors) if name.endswith("Error")}
    assert {name for name in defined if name not in str(errors.__doc__)} == set()
