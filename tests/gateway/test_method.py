"""Answers: which events of an outcome make replies."""

import json
from typing import Any

from harness import CONNECTION_ID
from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.method import Refusal, answer_each, answer_once, refused
from krakenbox.gateway.replies import Replies
from krakenbox.model.event import Event, OrdersCanceled, Rejected
from krakenbox.model.order import AccountId
from screens import texts

ORIGIN = Origin(Subscriber(1), "cancel_all", None, CONNECTION_ID)
ALICE = AccountId("alice")


def count(event: Event, origin: Origin) -> str | None:
    return str(event.count) if isinstance(event, OrdersCanceled) and event.count else None


def replied(answer: Any, *events: Event) -> list[Any]:
    """What an answer makes of events: results and errors."""
    replies = Replies(lambda: 0)
    answer(replies, ORIGIN, events)
    messages = [json.loads(text) for text in texts(replies.take())]
    return [message.get("error") or message["result"] for message in messages]


NOTHING, ONE, TWO = (OrdersCanceled(0, ALICE, number) for number in range(3))
NO = Rejected(0, ALICE, "no")


def test_one_answer_is_the_first_result_or_the_refusal() -> None:
    assert replied(answer_once(count), NOTHING, ONE, TWO) == [1]
    assert replied(answer_once(count), NOTHING, NO) == ["no"]
    assert replied(answer_once(count), NOTHING) == []


def test_an_answer_to_each_result() -> None:
    assert replied(answer_each(count), ONE, NOTHING, TWO) == [1, 2]
    assert replied(answer_each(count), NO) == ["no"]


def test_no_text_is_no_refusal() -> None:
    assert refused(None) is None
    assert refused("no") == Refusal("no")
