"""Latent prices: one path per asset, crosses agree, nothing drifts away, and the past ends at 0."""

import math

import pytest

from krakenbox.sim.prices import Prices, exp_ppb, log_ppb, minute_deviation, pair_deviation

MINUTE_MILLI = 60_000
DAY_MILLI = 1_440 * MINUTE_MILLI
ASSETS = ("BTC", "ETH", "EUR", "USDT", "USD")


@pytest.mark.parametrize("x", [-200_000_000, -1_234_567, -1, 0, 1, 55_555_555, 200_000_000])
def test_the_exponential_is_exact_to_a_millionth(x: int) -> None:
    expected = math.exp(x / 1e9) * 1e9
    assert abs(exp_ppb(x) - expected) <= expected / 1e6


@pytest.mark.parametrize("price", [840_000, 840_001, 777_777, 900_000, 1, 10**9])
def test_a_logarithm_leads_back_to_its_price_or_to_the_furthest(price: int) -> None:
    log = log_ppb(price, 840_000)
    expected = max(-0.2, min(0.2, math.log(price / 840_000)))
    assert abs(log - expected * 1e9) < 2_000
    assert log_ppb(840_000, 840_000) == 0


def test_paths_go_on_from_where_they_stood() -> None:
    prices = Prices(ASSETS, 7, {"BTC": 30_000_000, "EUR": -4_000_000, "ELSEWHERE": 5})
    assert prices.log_ppb("BTC", "USD", 0) == 30_000_000
    assert prices.log_ppb("BTC", "EUR", 0) == 34_000_000
    assert prices.log_ppb("ETH", "USD", 0) == 0
    past = prices.past((30, 60))
    assert (past["BTC"][0], past["ETH"][0]) == (30_000_000, 0)
    assert abs(prices.log_ppb("BTC", "USD", MINUTE_MILLI) - 30_000_000) < 4 * minute_deviation("BTC")


def test_paths_begin_at_0_and_move_little_within_a_second() -> None:
    prices = Prices(ASSETS, 7)
    assert prices.log_ppb("BTC", "USD", 0) == 0
    moves = []
    before = 0
    for second in range(1, 600):
        now = prices.log_ppb("BTC", "USD", second * 1_000)
        moves.append(abs(now - before))
        before = now
    assert 0 < max(moves) <= minute_deviation("BTC") * 4 // 60


def test_the_path_is_that_of_the_seed_and_other_assets_do_not_bend_it() -> None:
    def path(seed: int, *assets: str) -> list[int]:
        prices = Prices(assets, seed)
        return [prices.log_ppb("BTC", "USD", minute * MINUTE_MILLI) for minute in range(50)]

    assert path(7, "BTC", "USD") == path(7, "USD", "XRP", "BTC", "BTC", "EUR")
    assert path(7, "BTC", "USD") != path(8, "BTC", "USD")


def test_a_cross_is_the_difference_of_its_legs_at_every_moment() -> None:
    prices = Prices(ASSETS, 3)
    for milli in range(0, 20 * MINUTE_MILLI, 7_350):
        btc, eur = prices.log_ppb("BTC", "USD", milli), prices.log_ppb("EUR", "USD", milli)
        # Each is rounded down by itself.
        assert abs(prices.log_ppb("BTC", "EUR", milli) - (btc - eur)) <= 1


def test_looking_seldom_or_often_shows_the_same_path() -> None:
    often, seldom = Prices(ASSETS, 7), Prices(ASSETS, 7)
    for minute in range(500):
        often.log_ppb("ETH", "USD", minute * MINUTE_MILLI + 17)
    at = 500 * MINUTE_MILLI + 4_321
    assert often.log_ppb("ETH", "USD", at) == seldom.log_ppb("ETH", "USD", at)


@pytest.mark.parametrize("seed", range(5))
def test_no_price_drifts_away_in_a_month(seed: int) -> None:
    prices = Prices(ASSETS, seed)
    deviation = minute_deviation("BTC") * 38
    path = [prices.log_ppb("BTC", "USD", hour * 60 * MINUTE_MILLI) for hour in range(24 * 30)]
    assert max(map(abs, path)) < 5 * deviation
    assert max(path) - min(path) > deviation, "it does move"


def test_a_stable_coin_stays_within_a_few_ticks() -> None:
    prices = Prices(ASSETS, 7)
    path = [prices.log_ppb("USDT", "USD", hour * 60 * MINUTE_MILLI) for hour in range(24 * 30)]
    assert max(map(abs, path)) < 500_000


def test_the_dollar_never_moves() -> None:
    assert Prices(ASSETS, 7).log_ppb("USD", "USD", DAY_MILLI) == 0


def test_more_than_a_week_asleep_is_not_walked_after() -> None:
    prices = Prices(ASSETS, 7)
    far = prices.log_ppb("BTC", "USD", 10**9 * DAY_MILLI)
    assert far == Prices(ASSETS, 7).log_ppb("BTC", "USD", 7 * DAY_MILLI)


def test_time_never_goes_back() -> None:
    prices = Prices(ASSETS, 7)
    prices.log_ppb("BTC", "USD", 5 * MINUTE_MILLI)
    with pytest.raises(AssertionError, match="time never goes back"):
        prices.log_ppb("BTC", "USD", MINUTE_MILLI)


def test_the_past_is_walked_back_from_0_and_leaves_the_future_alone() -> None:
    prices = Prices(ASSETS, 7)
    past = prices.past([20] + [60] * 100 + [3_600] * 10)
    assert {len(path) for path in past.values()} == {112}
    assert {path[0] for path in past.values()} == {0}
    assert past["USD"] == [0] * 112
    assert abs(past["BTC"][1]) < 3 * minute_deviation("BTC")
    assert past["BTC"] != past["ETH"]
    fresh = Prices(ASSETS, 7)
    assert prices.log_ppb("BTC", "USD", DAY_MILLI) == fresh.log_ppb("BTC", "USD", DAY_MILLI)


def test_crypto_assets_follow_the_crowd() -> None:
    past = Prices(ASSETS, 7).past([60] * 2_000)
    btc, eth = past["BTC"], past["ETH"]
    together = sum((btc[i + 1] > btc[i]) == (eth[i + 1] > eth[i]) for i in range(2_000))
    assert together > 1_200


def test_a_pair_is_as_restless_as_both_legs_together() -> None:
    assert pair_deviation("BTC", "USD") == minute_deviation("BTC")
    assert pair_deviation("ETH", "BTC") > minute_deviation("ETH")
    assert minute_deviation("WHATEVER") > 0
