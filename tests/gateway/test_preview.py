"""What is live on the beta hosts first: today the ticker's `volume_usd`."""

import pytest

from harness import Client, Trader, Venue, subscribe, unsubscribe
from krakenbox.gateway import preview
from krakenbox.gateway.desk import Host
from krakenbox.gateway.preview import BETA_HOSTS, Feature, Stage, is_live

VOLUME = '"change_pct":0.00,"volume_usd":'


def ticker(client: Client) -> str:
    *_, text = client.frames()
    return text


@pytest.mark.parametrize("host", list(Host))
def test_a_preview_is_on_the_beta_hosts_alone(host: Host) -> None:
    assert is_live(Feature.TICKER_VOLUME_USD, host) is (host in BETA_HOSTS)


def test_a_released_feature_is_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(preview.STAGES, Feature.TICKER_VOLUME_USD, Stage.LIVE)
    assert all(is_live(Feature.TICKER_VOLUME_USD, host) for host in Host)


@pytest.mark.parametrize("trigger", ["trades", "bbo"])
def test_the_ticker_shows_its_volume_in_usd_on_beta(trigger: str) -> None:
    venue = Venue()
    alice, bob = Trader(venue), Trader(venue, "bob")
    wanted = subscribe("ticker", "BTC/USD", event_trigger=trigger)
    beta, plain = venue.greeted("beta-ws").send(wanted), venue.greeted("ws").send(wanted)
    assert f"{VOLUME}0.00," in ticker(beta)
    assert "volume_usd" not in ticker(plain)
    alice.add(limit_price=100)
    bob.add(side="sell", limit_price=100, order_qty=1)
    # 1 at 100.0, by the last price
    assert f"{VOLUME}100.00," in ticker(beta)
    assert "volume_usd" not in ticker(plain)
    beta.send(unsubscribe("ticker", "BTC/USD", event_trigger=trigger))
    assert '"success":true' in ticker(beta)


def test_other_quotes_are_worth_their_last_price_in_usd() -> None:
    venue = Venue()
    alice, bob = Trader(venue), Trader(venue, "bob")
    beta = venue.greeted("beta-ws")
    alice.add(symbol="BTC/EUR", limit_price=100)
    bob.add(symbol="BTC/EUR", side="sell", limit_price=100)
    assert "volume_usd" not in ticker(beta.send(subscribe("ticker", "BTC/EUR")))
    alice.add(symbol="EUR/USD", limit_price=1.25, order_qty=8)
    bob.add(symbol="EUR/USD", side="sell", limit_price=1.25, order_qty=8)
    beta.send(unsubscribe("ticker", "BTC/EUR"))
    assert f"{VOLUME}125.00," in ticker(beta.send(subscribe("ticker", "BTC/EUR")))
