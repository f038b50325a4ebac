"""What all sessions share: without limits there is no level3 counter."""

from harness import Venue, subscribe
from krakenbox.gateway.desk import Desk
from krakenbox.gateway.session import Session


def test_limits_can_be_off() -> None:
    venue = Venue()
    venue.desk = Desk(venue.hub, venue.tokens, venue.sequencer.submit, venue.clock.now_ns, limited=False)
    client, token = venue.greeted("ws-l3"), venue.token("carol")
    symbols = ("BTC/USD", "ETH/BTC", "BTC/EUR", "EUR/USD", "DOGE/USD")
    client.send(subscribe("level3", *symbols, depth=1000, snapshot=False, token=token))
    assert [message["success"] for message in client.messages()] == [True] * 5


def test_every_session_sees_the_same_desk() -> None:
    venue = Venue()
    first, second = venue.greeted(), venue.greeted()
    assert isinstance(first.session, Session)
    first.send(subscribe("trade", "BTC/USD"))
    assert second.frames() == []
    assert venue.hub.subscribed(second.who) == frozenset()
    assert len(venue.hub.subscribed(first.who)) == 1
