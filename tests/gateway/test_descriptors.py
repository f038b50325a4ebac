"""How many sockets may be open follows the system's limit."""

import resource
from collections.abc import Iterator

import pytest

from krakenbox.gateway.descriptors import RESERVED, WANTED, raise_limit, room

NOFILE = resource.RLIMIT_NOFILE


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave the limit of this process as it was."""
    before = resource.getrlimit(NOFILE)
    yield
    resource.setrlimit(NOFILE, before)


def limit(soft: int) -> None:
    resource.setrlimit(NOFILE, (soft, resource.getrlimit(NOFILE)[1]))


def test_room_is_what_the_system_allows_less_a_reserve() -> None:
    limit(1_024)
    assert room() == 1_024 - RESERVED


def test_there_is_always_room_for_one() -> None:
    limit(150)
    assert room() == 1


def test_the_limit_is_raised_as_far_as_it_goes() -> None:
    limit(1_024)
    raise_limit()
    soft, hard = resource.getrlimit(NOFILE)
    assert soft == (WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard))


def test_a_higher_limit_stays() -> None:
    hard = resource.getrlimit(NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard <= WANTED:
        pytest.skip("this machine grants no more")
    limit(WANTED + 1)
    raise_limit()
    assert resource.getrlimit(NOFILE)[0] == WANTED + 1
