"""Answers: what leaves once the commands of one are durable."""

import pytest

from gateway.conftest import T0
from krakenbox.gateway.restmethod import Answer, Events, answered, first_refusal, refused
from krakenbox.model.command import Tick
from krakenbox.model.event import NonceUsed, Rejected
from krakenbox.model.order import AccountId
from krakenbox.model.reject import Reject

USED = NonceUsed(T0, "ALICE", 1)
NO = Rejected(T0, AccountId("alice"), Reject.FUNDS)
UNAVAILABLE = Rejected(T0, AccountId(""), Reject.UNAVAILABLE)


def test_envelopes() -> None:
    assert answered({"count": 1}) == Answer(body=b'{"error":[],"result":{"count":1}}')
    assert refused("EGeneral:Permission denied", "why") == Answer(
        body=b'{"error":["EGeneral:Permission denied"]}', log="why"
    )


def test_the_first_refusal() -> None:
    assert first_refusal([]) is None
    assert first_refusal([[USED], []]) is None
    assert first_refusal([[USED], [USED, NO], [UNAVAILABLE]]) == NO


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ([[USED], [USED]], b"done"),
        ([[UNAVAILABLE], [USED]], b'{"error":["EService:Unavailable"]}'),
        ([[USED], [NO]], b'{"error":["EOrder:Insufficient funds"]}'),
    ],
)
def test_a_body_that_is_known_before(ends: list[Events], told: bytes) -> None:
    assert Answer(body=b"done", commands=(Tick(), Tick())).told(ends) == told


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ([[USED], [NO, USED]], b"2"),
        ([[USED], []], b"0"),
        ([[UNAVAILABLE], [USED]], b'{"error":["EService:Unavailable"]}'),
    ],
)
def test_a_body_made_of_what_the_last_command_did(ends: list[Events], told: bytes) -> None:
    answer = Answer(commands=(Tick(), Tick()), reply=lambda events: str(len(events)).encode())
    assert answer.told(ends) == told


def test_an_end_that_is_missing() -> None:
    with pytest.raises(AssertionError, match="1 ends of 2 commands"):
        Answer(commands=(Tick(), Tick())).told([[]])
