"""Accounts opened, funded and keyed and modes set while the exchange runs, and who may do so."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.admin import Admin, AdminRequest, Change
from krakenbox.gateway.keys import ApiKey, Keyring, Permission, decode_keys
from krakenbox.model.command import Deposit, OpenAccount, SetPairStatus, SetSystemStatus, Tier
from krakenbox.model.event import AccountOpened, Outcome
from krakenbox.model.instrument import PairStatus, SystemStatus

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
    **headers: str,
) -> Change:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"content_type": "application/json", "origin": "", "authorization": ""} | headers
    return admin.change(AdminRequest(address=address, host=host, path=f"/admin/{path}", body=raw, **told))


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


def test_a_name_is_given_once_though_its_opening_is_not_durable_yet(admin: Admin) -> None:
    assert asked(admin, "accounts", {"name": "dave"}).status == HTTPStatus.CREATED
    again = asked(admin, "accounts", {"name": "dave"})
    assert (again.status, again.commands) == (HTTPStatus.CONFLICT, ())


def test_new_keys_are_kept_or_refused(hub: Hub, keyring: Keyring) -> None:
    kept: list[bytes] = []
    admin = Admin(hub, keyring, bytes, keep_keys=lambda: kept.append(keyring.encoded()))
    assert asked(admin, "keys", {"name": "alice"}).status == HTTPStatus.CREATED
    assert [key.key_id for key in decode_keys(kept[0])][-1] == "A" * 56

    def full() -> None:
        raise OSError(28, "No space left on device")

    change = asked(Admin(hub, keyring, bytes, keep_keys=full), "keys", {"name": "alice"})
    assert change.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert change.result == {"error": "the key cannot be kept: No space left on device"}


def test_an_account_is_funded(admin: Admin) -> None:
    change = asked(admin, "deposit", {"name": "alice", "asset": "USD", "amount": "0.0001"})
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
        ("nothing", {}, 404, "there are /admin/accounts, /admin/deposit, /admin/keys, /admin/status"),
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
        ("deposit", {"name": "nobody", "asset": "USD", "amount": 1}, 404, "there is no account nobody"),
        ("deposit", {"name": "maker", "asset": "USD", "amount": 1}, 404, "there is no account maker"),
        ("deposit", {"name": "alice", "asset": "USD", "amount": 0.00001}, 400, "amount must be above 0"),
        ("deposit", {"name": "alice", "asset": "USD", "amount": "1e400"}, 400, "amount must be above 0"),
        ("status", {}, 400, "expected either system, or symbol and status"),
        ("status", {"symbol": "BTC/USD"}, 400, "expected either system, or symbol and status"),
        ("status", {"status": "online"}, 400, "expected either system, or symbol and status"),
        ("status", {"system": "online", "symbol": "BTC/USD"}, 400, "expected either system, or symbol and"),
        ("status", {"system": "online", "status": "online"}, 400, "expected either system, or symbol and"),
        ("status", {"system": "limit_only"}, 400, "Invalid enum value 'limit_only' - at `$.system`"),
        ("status", {"symbol": "BTC/USD", "status": "off"}, 400, "Invalid enum value 'off' - at `$.status`"),
        ("status", {"symbol": "XBT/USD", "status": "online"}, 404, "there is no pair XBT/USD"),
        ("snapshot", {"seq": 1}, 400, "Object contains unknown field `seq`"),
        ("keys", {"name": "nobody"}, 404, "there is no account nobody"),
        ("keys", {"name": "alice", "nonce_window": -1}, 400, "nonce_window must be 0 or more"),
    ],
)
def test_what_cannot_be_done_is_told(admin: Admin, path: str, body: Any, status: int, text: str) -> None:
    change = asked(admin, path, body)
    assert (change.status, change.commands) == (status, ())
    assert change.result["error"].startswith(text)


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        (70, Change(status=HTTPStatus.ACCEPTED, result={"sequence": 70})),
        (0, Change(status=HTTPStatus.SERVICE_UNAVAILABLE, result={"error": "EService:Unavailable"})),
        (
            None,
            Change(
                status=HTTPStatus.CONFLICT,
                result={"error": "the exchange lives in memory: nothing is kept of it"},
            ),
        ),
    ],
)
def test_a_snapshot_is_begun_where_any_are_kept(
    hub: Hub, keyring: Keyring, begun: int | None, expected: Change
) -> None:
    assert asked(Admin(hub, keyring, bytes, capture=lambda: begun), "snapshot", {}) == expected


@pytest.mark.parametrize("system", SystemStatus)
def test_the_mode_of_the_venue_is_set(admin: Admin, system: SystemStatus) -> None:
    change = asked(admin, "status", {"system": system})
    assert change == Change(commands=(SetSystemStatus(system),), result={"system": system.value})


@pytest.mark.parametrize("status", PairStatus)
def test_the_mode_of_a_pair_is_set(admin: Admin, status: PairStatus) -> None:
    change = asked(admin, "status", {"symbol": "BTC/USD", "status": status})
    assert change == Change(
        commands=(SetPairStatus("BTC/USD", status),), result={"symbol": "BTC/USD", "status": status.value}
    )


HOSTS = "Host must be one of localhost, 127.0.0.1, [::1]; was"
ELSEWHERE = "only this machine may, others with the bearer token; you are 192.0.2.1"
KEY = {"name": "alice"}


@pytest.mark.parametrize(
    ("address", "host", "origin", "text"),
    [
        ("192.0.2.1", "localhost:8080", "", ELSEWHERE),
        ("127.0.0.1", "localhost:8080", "https://example.com", "not from a page of https://example.com"),
        ("127.0.0.1", "localhost:8080", "http://localhost:3000", "not from a page of http://localhost:3000"),
        ("127.0.0.1", "localhost:8080", "http://127.0.0.1:8080", "not from a page of http://127.0.0.1:8080"),
        ("127.0.0.1", "localhost:8080", "null", "not from a page of null"),
        ("127.0.0.1", "rebound.example.com:8080", "", f"{HOSTS} rebound.example.com:8080"),
        ("127.0.0.1", "rebound.example.com:8080", "http://rebound.example.com:8080", f"{HOSTS} rebound"),
        ("127.0.0.1", "", "", HOSTS),
    ],
)
def test_only_programs_of_this_machine(admin: Admin, address: str, host: str, origin: str, text: str) -> None:
    change = asked(admin, "keys", KEY, address, host, origin=origin)
    assert (change.status, change.commands) == (HTTPStatus.FORBIDDEN, ())
    assert change.result["error"].startswith(text)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "[::1]"])
def test_names_of_this_machine(admin: Admin, host: str) -> None:
    assert asked(admin, "keys", KEY, "::1", host).status == HTTPStatus.CREATED
    assert asked(admin, "keys", KEY, "::1", host, origin=f"http://{host}").status == HTTPStatus.CREATED


TOKEN = "a token of some length"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", HTTPStatus.CREATED),
        ("", HTTPStatus.FORBIDDEN),
        ("Bearer ", HTTPStatus.FORBIDDEN),
        (f"Bearer {TOKEN}x", HTTPStatus.FORBIDDEN),
        (f"Basic {TOKEN}", HTTPStatus.FORBIDDEN),
        ("Bearer \udcff", HTTPStatus.FORBIDDEN),
    ],
)
def test_others_need_the_bearer_token(
    hub: Hub, keyring: Keyring, authorization: str, status: HTTPStatus
) -> None:
    admin = Admin(hub, keyring, bytes, TOKEN)
    headers = {"authorization": authorization}
    assert asked(admin, "keys", KEY, "192.0.2.1", "box.example.com", **headers).status == status
    # This machine's own programs never need it; a page of another site may not even with it.
    assert asked(admin, "keys", KEY).status == HTTPStatus.CREATED
    foreign = asked(admin, "keys", KEY, "192.0.2.1", "box", **headers, origin="https://example.com")
    assert foreign.status == HTTPStatus.FORBIDDEN


def test_without_a_configured_token_none_is_right(admin: Admin) -> None:
    for authorization in ("", "Bearer ", "Bearer"):
        change = asked(admin, "keys", KEY, "192.0.2.1", authorization=authorization)
        assert (change.status, change.result["error"]) == (HTTPStatus.FORBIDDEN, ELSEWHERE)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", HTTPStatus.CREATED),
        ("Application/JSON; charset=utf-8", HTTPStatus.CREATED),
        ("", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        ("text/plain", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        ("text/plain; application/json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        ("application/x-www-form-urlencoded", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        ("multipart/form-data", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    ],
)
def test_only_json_is_taken(admin: Admin, content_type: str, status: HTTPStatus) -> None:
    assert asked(admin, "keys", KEY, content_type=content_type).status == status
