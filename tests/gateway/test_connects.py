"""150 connects per 10 minutes and address, then 10 minutes of nothing."""

from krakenbox.gateway.connects import BAN_NS, MAX_ADDRESSES, MAX_CONNECTS, WINDOW_NS, Connects, is_loopback

T0 = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


def test_one_too_many_is_banned_until_ten_minutes_later() -> None:
    connects = Connects(loopback_exempt=True)
    assert all(connects.admit("192.0.2.1", T0 + i) for i in range(MAX_CONNECTS))
    over = T0 + SECOND
    assert not connects.admit("192.0.2.1", over)
    assert not connects.admit("192.0.2.1", over + BAN_NS - 1)
    assert connects.admit("192.0.2.2", over)
    assert connects.admit("192.0.2.1", over + BAN_NS)


def test_the_window_rolls() -> None:
    connects = Connects(loopback_exempt=True)
    assert connects.admit("192.0.2.1", T0)
    assert all(connects.admit("192.0.2.1", T0 + 300 * SECOND) for _ in range(MAX_CONNECTS - 1))
    assert connects.admit("192.0.2.1", T0 + WINDOW_NS)
    assert not connects.admit("192.0.2.1", T0 + WINDOW_NS)


def test_loopback_is_exempt_unless_told_otherwise() -> None:
    exempt, counted = Connects(loopback_exempt=True), Connects(loopback_exempt=False)
    for address in ("127.0.0.1", "::1"):
        assert all(exempt.admit(address, T0) for _ in range(MAX_CONNECTS + 1))
        assert [counted.admit(address, T0) for _ in range(MAX_CONNECTS + 1)] == [True] * MAX_CONNECTS + [
            False
        ]


def test_addresses_remembered_are_bounded_and_the_oldest_goes() -> None:
    connects = Connects(loopback_exempt=True)
    assert all(connects.admit("192.0.2.1", T0) for _ in range(MAX_CONNECTS))
    for i in range(MAX_ADDRESSES - 1):
        connects.admit(f"2001:db8::{i:x}", T0)
    assert not connects.admit("192.0.2.1", T0)
    for i in range(MAX_ADDRESSES):
        connects.admit(f"2001:db8:1::{i:x}", T0)
    assert connects.admit("192.0.2.1", T0)


def test_what_loopback_is() -> None:
    local = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]
    assert [is_loopback(address) for address in local] == [True] * 4
    assert [is_loopback(a) for a in ("192.0.2.1", "fe80::1%eth0", "localhost", "")] == [False] * 4
