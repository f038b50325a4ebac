"""API keys: the exact refusals in order, nonces and their window, lockouts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.gateway import keys
from krakenbox.gateway.keys import ApiKey, Keyring, Permission, PrivateCall, Verdict
from krakenbox.model.order import AccountId
from krakenbox.protocol.rest import sign

SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
PATH = "/0/private/GetWebSocketsToken"
SECOND = 1_000_000_000
NOW = 1_790_000_000 * SECOND
MINUTE = 60 * SECOND


def key(text: str = "alice-key", **changes: object) -> ApiKey:
    fields: dict[str, object] = {"key_id": text, "secret": SECRET, "account": AccountId("alice"), **changes}
    return ApiKey(**fields)  # type: ignore[arg-type]


def ring(*ring_keys: ApiKey) -> Keyring:
    made = Keyring()
    for each in ring_keys or (key(),):
        made.add(each)
    return made


def call(nonce: str = "100", **changes: object) -> PrivateCall:
    body = f"nonce={nonce}".encode()
    fields: dict[str, object] = {
        "address": "127.0.0.1",
        "key_id": "alice-key",
        "signature": sign(SECRET, PATH, nonce, body),
        "path": PATH,
        "nonce": nonce,
        "body": body,
        **changes,
    }
    return PrivateCall(**fields)  # type: ignore[arg-type]


def error(keyring: Keyring, private_call: PrivateCall, now_ns: int = NOW) -> str:
    return keyring.authenticate(private_call, now_ns).error


# --- refusals, in order of precedence


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"key_id": "nobody", "signature": "", "nonce": ""}, "EAPI:Invalid key"),
        ({"nonce": "", "signature": ""}, "EAPI:Invalid nonce"),
        ({"nonce": "12a", "signature": ""}, "EAPI:Invalid nonce"),
        ({"nonce": "-1", "signature": ""}, "EAPI:Invalid nonce"),
        ({"nonce": "1.5", "signature": ""}, "EAPI:Invalid nonce"),
        ({"nonce": str(2**64), "signature": ""}, "EAPI:Invalid nonce"),
        ({"nonce": "9" * 5_000, "signature": ""}, "EAPI:Invalid nonce"),
        ({"nonce": "١٢", "signature": ""}, "EAPI:Invalid nonce"),
        ({"signature": ""}, "EAPI:Invalid signature"),
        ({"signature": "not base64 \u00e9"}, "EAPI:Invalid signature"),
        ({"body": b"nonce=100&x=1", "needs": frozenset([Permission.EARN_FUNDS])}, "EAPI:Invalid signature"),
        ({"path": "/0/private/Balance"}, "EAPI:Invalid signature"),
        ({"needs": frozenset([Permission.EARN_FUNDS])}, "EGeneral:Permission denied"),
        ({"needs": frozenset([Permission.CREATE_WS_TOKEN])}, ""),
        (
            {"needs_all": frozenset([Permission.CREATE_WS_TOKEN, Permission.EARN_FUNDS])},
            "EGeneral:Permission denied",
        ),
        ({"needs_all": frozenset([Permission.CREATE_WS_TOKEN])}, ""),
        ({}, ""),
    ],
)
def test_refusals_in_order(changes: dict[str, object], expected: str) -> None:
    keyring = ring(key(permissions=frozenset([Permission.CREATE_WS_TOKEN])))
    assert error(keyring, call(**changes)) == expected


def test_a_used_nonce_comes_before_a_missing_permission() -> None:
    keyring = ring(key(permissions=frozenset()))
    assert (
        error(keyring, call("7", needs=frozenset([Permission.QUERY_FUNDS]))) == "EGeneral:Permission denied"
    )
    assert error(keyring, call("7", needs=frozenset([Permission.QUERY_FUNDS]))) == "EAPI:Invalid nonce"


def test_the_largest_nonce_is_good() -> None:
    assert ring().authenticate(call(str(2**64 - 1)), NOW) == Verdict(key=key(), nonce=2**64 - 1)


# --- nonces


def accepted(keyring: Keyring, *nonces: int) -> list[bool]:
    return [not error(keyring, call(str(nonce))) for nonce in nonces]


def test_nonces_rise() -> None:
    assert accepted(ring(), 0, 5, 5, 4, 6) == [True, True, False, False, True]


def test_a_refused_nonce_names_both_and_the_way_out() -> None:
    keyring = ring()
    accepted(keyring, 9)
    verdict = keyring.authenticate(call("8"), NOW)
    assert verdict.hint == "nonce 8 is not above the last, 9; give each client a key of its own"
    assert verdict.nonce is None


def test_a_window_lets_each_nonce_in_it_pass_once() -> None:
    keyring = ring(key(nonce_window=10))
    assert accepted(keyring, 100, 95, 95, 91, 90, 89, 101, 91) == [
        True,
        True,
        False,
        True,
        False,
        False,
        True,
        False,
    ]


def test_keys_count_apart() -> None:
    keyring = ring(key(), key("other"))
    assert accepted(keyring, 50) == [True]
    assert error(keyring, call("40", key_id="other")) == ""


def test_a_forged_call_uses_no_nonce_up() -> None:
    keyring = ring()
    assert error(keyring, call("500", signature="x")) == "EAPI:Invalid signature"
    assert accepted(keyring, 100) == [True]


def test_restored_nonces_close_the_window_below_them() -> None:
    keyring = ring(key(nonce_window=10))
    keyring.restore({"alice-key": 100})
    assert accepted(keyring, 95, 100, 101, 100) == [False, False, True, False]


def test_a_wide_window_remembers_a_bounded_number() -> None:
    keyring = ring(key(nonce_window=2**60))
    count = keys.MAX_SEEN_NONCES + 1
    assert all(accepted(keyring, *range(1_000, 1_000 + count)))
    assert accepted(keyring, 999, 1_500, 1_999) == [False, False, False]
    assert accepted(keyring, 1_000 + count) == [True]


@given(
    window=st.integers(0, 12),
    nonces=st.lists(st.integers(0, 40), max_size=40),
)
def test_a_window_agrees_with_its_definition(window: int, nonces: list[int]) -> None:
    keyring = ring(key(nonce_window=window))
    used: set[int] = set()
    for nonce in nonces:
        good = nonce not in used and (not used or nonce > max(used) - window)
        assert accepted(keyring, nonce) == [good]
        used |= {nonce} if good else set()


# --- lockout


def strikes(keyring: Keyring, count: int, now_ns: int = NOW, **changes: object) -> list[str]:
    return [error(keyring, call(**{"key_id": "nobody", **changes}), now_ns) for _ in range(count)]


def test_bad_keys_in_a_row_lock_the_address_out() -> None:
    keyring = ring()
    assert set(strikes(keyring, keys.MAX_FAILURES)) == {"EAPI:Invalid key"}
    assert error(keyring, call()) == "EGeneral:Temporary lockout"
    assert error(keyring, call(address="127.0.0.2")) == ""


def test_a_retry_restarts_the_timer() -> None:
    keyring = ring()
    strikes(keyring, keys.MAX_FAILURES)
    assert error(keyring, call(), NOW + 14 * MINUTE) == "EGeneral:Temporary lockout"
    assert error(keyring, call(), NOW + 28 * MINUTE) == "EGeneral:Temporary lockout"
    assert error(keyring, call(), NOW + 43 * MINUTE) == ""


def test_a_good_call_ends_the_row() -> None:
    keyring = ring()
    strikes(keyring, keys.MAX_FAILURES - 1)
    assert accepted(keyring, 1) == [True]
    strikes(keyring, keys.MAX_FAILURES - 1)
    assert accepted(keyring, 2) == [True]


def test_bad_signatures_lock_the_key_out_from_every_address() -> None:
    keyring = ring(key(), key("other"))
    for index in range(keys.MAX_FAILURES):
        assert error(keyring, call(signature="", address=f"10.0.0.{index}")) == "EAPI:Invalid signature"
    assert error(keyring, call(address="10.0.1.1")) == "EGeneral:Temporary lockout"
    assert error(keyring, call(address="10.0.1.1", key_id="other")) == ""


def test_remembered_addresses_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MAX_ADDRESSES", 2)
    keyring = ring()
    for address in ("a", "b", "c"):
        strikes(keyring, keys.MAX_FAILURES, address=address)
    assert [error(keyring, call(str(n), address=a)) for n, a in enumerate("abc")] == [
        "",
        "EGeneral:Temporary lockout",
        "EGeneral:Temporary lockout",
    ]


def test_a_secret_must_be_base64() -> None:
    with pytest.raises(AssertionError, match="base64"):
        ring(key(secret="not base64!"))
