"""What methods of v1 share: refusals under its names, answers made of events."""

import pytest

from builders import START_NS
from krakenbox.errors import ProtocolError
from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.replies import Replies
from krakenbox.gateway.v1method import answer_each, refuse_if
from krakenbox.gateway.v1replies import V1Replies
from krakenbox.model.event import OrdersCanceled, Rejected
from krakenbox.model.instrument import InstrumentTable
from krakenbox.model.order import AccountId
from screens import texts

ALICE = AccountId("alice")
ORIGIN = Origin(Subscriber(1), "cancelAll", None, START_NS)
TWICE = [OrdersCanceled(1, ALICE, 1), OrdersCanceled(1, ALICE, 2)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("EGeneral:Invalid arguments:order_qty", "EGeneral:Invalid arguments:volume"),
        ("EGeneral:Invalid arguments:deadline", "EGeneral:Invalid arguments:deadline"),
        ("EGeneral:Invalid arguments", "EGeneral:Invalid arguments"),
        ("EOrder:order_qty", "EOrder:order_qty"),
    ],
)
def test_fields_of_v2_get_their_names_of_v1(text: str, told: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        refuse_if(text, {"order_qty": "volume"})
    assert raised.value.error == told


@pytest.mark.parametrize("text", [None, ""])
def test_nothing_is_refused_for_nothing(text: str | None) -> None:
    refuse_if(text, {})


@pytest.mark.parametrize(("once", "counts"), [(True, ["1"]), (False, ["1", "2"])])
def test_an_answer_is_a_reply_for_each_result_or_for_the_first(once: bool, counts: list[str]) -> None:
    frames = Replies(lambda: 0)
    answer = answer_each(
        lambda event, origin: {"count": str(event.count)} if isinstance(event, OrdersCanceled) else None,
        once=once,
    )
    answer(V1Replies(frames), ORIGIN, TWICE, InstrumentTable())
    told = [f'{{"count":{count},"event":"cancelAllStatus","status":"ok"}}' for count in counts]
    assert texts(frames.take()) == told
    answer(V1Replies(frames), ORIGIN, [Rejected(1, ALICE, "no"), *TWICE], InstrumentTable())
    assert texts(frames.take()) == ['{"errorMessage":"no","event":"cancelAllStatus","status":"error"}']
