"""Accounts opened, funded and keyed while the exchange runs, and only from this machine."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.admin import Admin, AdminRequest, Change
from krakenbox.gateway.keys import ApiKey, Keyring, Permission
from krakenbox.model.command import Deposit, OpenAccount, Tier
from krakenbox.model.event import AccountOpened, Outcome

T0 = 1_700_000_000_000_000_000


@pytest.fixture
def admin(hub: Hub, keyring: Keyring) -> Admin:
    """An admin whose random bytes are zeros; the market's own account stands beside the clients'."""
    hub.apply(Outcome(2, T0, [AccountOpened(T0, "maker", Tier.HOUSE)]))
    return Admin(hub, keyring, bytes)


def asked(
    admin: Admin,
    path: str,
    body: Any,
    address: str = "127.0.0.1",
    host: str = "localhost:8080",
    origin: str = "",
) -> Change:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return admin.change(
        AdminRequest(address=address, host=host, origin=origin, path=f"/admin/{path}", body=raw)
    )


def test_an_account_is_opened_with_funds_and_a_key(admin: Admin, keyring: Keyring) -> None:
    change = asked(
        admin, "accounts", {"name": "dave", "tier": "starter", "balances": {"BTC": "0.5", "USD": 7}}
    )
    assert change == Change(
        status=HTTPStatus.CREATED,
        commands=(
            OpenAccount("dave", Tier.STARTER),
            Deposit("dave", "BTC", 5_000_000_000),
            Deposit("dave", "USD", 70_000),
        ),
        result={"name": "dave", "api_key": "A" * 56, "api_secret": "A" * 86 + "==", "tier": "starter"},
    )
    assert keyring.get("A" * 56) == ApiKey(key_id="A" * 56, secret="A" * 86 + "==", account="dave")


def test_an_account_is_funded(admin: Admin) -> None:
    change = asked(admin, "deposits", {"name": "alice", "asset": "USD", "amount": "0.0001"})
    assert change.status == HTTPStatus.OK
    assert change.commands == (Deposit("alice", "USD", 1),)


def test_an_account_gets_another_key(admin: Admin, keyring: Keyring) -> None:
    body = {"name": "alice", "permissions": ["query-funds"], "nonce_window": 1000}
    change = asked(admin, "keys", body)
    assert (change.status, change.commands) == (HTTPStatus.CREATED, ())
    key = keyring.get(change.result["api_key"])
    assert key is not None
    assert (key.account, key.permissions, key.nonce_window) == ("alice", {Permission.QUERY_FUNDS}, 1000)


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("nothing", {}, 404, "there are /admin/accounts, /admin/deposits, /admin/keys"),
        ("accounts", b"{", 400, "Input data was truncated"),
        ("accounts", {}, 400, "Object missing required field `name`"),
        ("accounts", {"name": "x", "teir": "pro"}, 400, "Object contains unknown field `teir`"),
        ("accounts", {"name": "x", "tier": "gold"}, 400, "Invalid enum value 'gold' - at `$.tier`"),
        ("accounts", {"name": "x", "tier": "house"}, 400, "tier must be one of starter, intermediate, pro"),
        ("accounts", {"name": ""}, 400, "name must be 1 to 64 printable characters"),
        ("accounts", {"name": "a\nb"}, 400, "name must be 1 to 64 printable characters"),
        ("accounts", {"name": "venue:fees"}, 400, "name must be 1 to 64 printable characters that begin"),
        ("accounts", {"name": "house-depth"}, 400, "name must be 1 to 64 printable characters that begin"),
        ("accounts", {"name": "alice"}, 409, "there is an account alice already"),
        ("accounts", {"name": "maker"}, 409, "there is an account maker already"),
        ("accounts", {"name": "x", "balances": {"DOT": 1}}, 400, "asset must be one of BTC, ETH, SOL,"),
        ("accounts", {"name": "x", "balances": {"USD": 0}}, 400, "amount must be above 0 with at most 4"),
        ("deposits", {"name": "nobody", "asset": "USD", "amount": 1}, 404, "there is no account nobody"),
        ("deposits", {"name": "maker", "asset": "USD", "amount": 1}, 404, "there is no account maker"),
        ("deposits", {"name": "alice", "asset": "USD", "amount": 0.00001}, 400, "amount must be above 0"),
        ("deposits", {"name": "alice", "asset": "USD", "amount": "1e400"}, 400, "amount must be above 0"),
        ("keys", {"name": "nobody"}, 404, "there is no account nobody"),
        ("keys", {"name": "alice", "nonce_window": -1}, 400, "nonce_window must be 0 or more"),
    ],
)
def test_what_cannot_be_done_is_told(admin: Admin, path: str, body: Any, status: int, text: str) -> None:
    change = asked(admin, path, body)
    assert (change.status, change.commands) == (status, ())
    assert change.result["error"].startswith(text)


@pytest.mark.parametrize(
    ("address", "host", "origin", "text"),
    [
        ("192.0.2.1", "localhost:8080", "", "only this machine may; you are 192.0.2.1"),
        ("127.0.0.1", "localhost:8080", "https://example.com", "not from a web page"),
        ("127.0.0.1", "rebound.example.com:8080", "", "Host must be one of localhost, 127.0.0.1, [::1]"),
        ("127.0.0.1", "", "", "Host must be one of localhost, 127.0.0.1, [::1]"),
    ],
)
def test_only_programs_of_this_machine(admin: Admin, address: str, host: str, origin: str, text: str) -> None:
    change = asked(admin, "keys", {"name": "alice"}, address, host, origin)
    assert (change.status, change.commands) == (HTTPStatus.FORBIDDEN, ())
    assert change.result["error"].startswith(text)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "[::1]"])
def test_names_of_this_machine(admin: Admin, host: str) -> None:
    assert asked(admin, "keys", {"name": "alice"}, "::1", host).status == HTTPStatus.CREATED
