"""One port on every address the machine has, or a reason that names the port."""

import socket
from collections.abc import Iterator

import pytest

from krakenbox.errors import ConfigError
from krakenbox.gateway.sockets import Addresses, listen, port_of

ELSEWHERE = "192.0.2.1"
"""Documentation address: no machine has it."""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of 127.0.0.1 somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_both_families_share_the_free_port() -> None:
    sockets = listen(("127.0.0.1", "::1"), 0)
    port = port_of(sockets)
    assert port > 0
    for sock in sockets:
        with socket.create_connection((sock.getsockname()[0], port), timeout=5):
            pass
        sock.close()


def test_an_address_the_machine_lacks_is_left_out() -> None:
    (only,) = listen((ELSEWHERE, "127.0.0.1"), 0)
    assert only.getsockname()[0] == "127.0.0.1"
    only.close()


def test_none_of_the_addresses() -> None:
    with pytest.raises(ConfigError, match=r"this machine has none of the addresses 192\.0\.2\.1"):
        listen((ELSEWHERE,), 0)


def test_a_port_in_use_is_named(taken: int) -> None:
    with pytest.raises(ConfigError) as caught:
        listen(("127.0.0.1",), taken)
    assert str(caught.value) == f"port {taken} of 127.0.0.1 is in use by another program"


def test_a_name_that_is_no_address() -> None:
    with pytest.raises(ConfigError, match=r"port 8081 of nowhere\.invalid cannot be listened on: "):
        listen(("nowhere.invalid",), 8081)


def test_addresses_are_those_a_client_of_this_machine_uses() -> None:
    anywhere = Addresses(("0.0.0.0", "::"), 80, 81)
    assert (anywhere.http_url, anywhere.ws_url) == ("http://127.0.0.1:80", "ws://127.0.0.1:81/v2")
    six = Addresses(("::1",), 80, 81)
    assert (six.ws_auth_url, six.ws_l3_url) == ("ws://[::1]:81/ws-auth/v2", "ws://[::1]:81/ws-l3/v2")
