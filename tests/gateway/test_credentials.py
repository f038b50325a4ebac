"""A token once used stays open on its connection, within a bound."""

from harness import Venue
from krakenbox.gateway.credentials import MAX_TOKENS, Credentials

MINUTE = 60_000_000_000


def test_a_used_token_outlives_its_15_minutes() -> None:
    venue = Venue()
    now, token, unused = venue.clock.now_ns(), venue.token("alice"), venue.token("alice")
    credentials = Credentials(venue.tokens)
    key = credentials.key(token, now)
    assert key is not None
    assert key.account == "alice"
    assert credentials.key(token, now + 100 * MINUTE) == key
    assert credentials.key(unused, now + 100 * MINUTE) is None
    assert Credentials(venue.tokens).key(token, now + 100 * MINUTE) is None


def test_bad_tokens_are_not_remembered() -> None:
    venue = Venue()
    credentials = Credentials(venue.tokens)
    token = venue.token("alice")
    assert credentials.key(token, venue.clock.now_ns()) is not None
    for number in range(10 * MAX_TOKENS):
        assert credentials.key(f"bad {number}", venue.clock.now_ns()) is None
    assert credentials.key(token, venue.clock.now_ns() + 16 * MINUTE) is not None


def test_the_first_used_of_too_many_is_forgotten() -> None:
    venue = Venue()
    now = venue.clock.now_ns()
    credentials = Credentials(venue.tokens)
    tokens = [venue.token("alice") for _ in range(MAX_TOKENS + 1)]
    for token in tokens:
        assert credentials.key(token, now) is not None
    late = [credentials.key(token, now + 16 * MINUTE) is not None for token in tokens]
    assert late == [False] + [True] * MAX_TOKENS
