"""Saved replies become a file that lists what they list, in Kraken's own values."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.kraken_lists import PAIRS, Rows, replies, saved, shipped
from krakenbox.config import Config, load, load_default
from krakenbox.config.importing import read_replies, toml
from krakenbox.errors import ConfigError
from krakenbox.gateway import listings
from krakenbox.model.fixed import to_text
from krakenbox.model.instrument import InstrumentTable

Row = dict[str, Any]


def imported(folder: Path, pairs: Rows, assets: Rows, **more: Rows) -> Config:
    """What a start is told by the file that an import of these replies writes."""
    found = read_replies(saved(folder, pairs=pairs, assets=assets, **more))
    file = folder / "imported.toml"
    file.write_text("\n".join(toml(found, load_default())), encoding="utf-8")
    return load(file)


def told(config: Config) -> tuple[Rows, Rows]:
    """`AssetPairs` and `Assets` as an exchange of this configuration answers them."""
    table = InstrumentTable()
    for asset in config.assets:
        table.add_asset(asset)
    for instrument in config.instruments:
        table.add(instrument)
    rows = listings.asset_pairs(table, config.fee_schedules, {}), listings.assets(table, {})
    return tuple(json.loads(json.dumps(each, default=lambda raw: float(bytes(raw)))) for each in rows)  # type: ignore[return-value]


def start(config: Config, symbol: str) -> str:
    """An instrument's start price."""
    (instrument,) = (each for each in config.instruments if each.symbol == symbol)
    return to_text(config.start_prices[symbol], instrument.price_decimals)


def one(**changed: Any) -> tuple[Rows, Rows]:
    """A pair that is not shipped, DOT/USD, and its assets."""
    pairs, assets = shipped()
    pair = {
        **pairs["SOLUSD"],
        "altname": "DOTUSD",
        "wsname": "DOT/USD",
        "base": "DOT",
        "pair_decimals": 4,
        "tick_size": "0.0001",
        "ordermin": "3.9",
        **changed,
    }
    dot = {"aclass": "currency", "altname": "DOT", "decimals": 10, "display_decimals": 8, "status": "enabled"}
    return {"DOTUSD": pair}, {"DOT": dot, "ZUSD": assets["ZUSD"]}


def test_what_is_shipped_comes_back_as_it_is(tmp_path: Path) -> None:
    assert imported(tmp_path, *shipped()) == load_default()


def test_an_exchange_answers_with_the_rows_that_were_imported(tmp_path: Path) -> None:
    pairs, assets = replies()
    config = imported(tmp_path, pairs, assets)
    listed, known = told(config)
    assert len(listed) == PAIRS
    assert {key: row for key, row in listed.items() if row != pairs[key]} == {}
    assert {key: row for key, row in known.items() if row != assets[key]} == {}
    assert config.traded == load_default().traded
    assert config.fee_schedules == load_default().fee_schedules


def test_the_two_assets_that_v2_calls_otherwise(tmp_path: Path) -> None:
    pairs, assets = shipped()
    config = imported(tmp_path, {key: pairs[key] for key in ("XXBTZUSD", "XDGUSD", "XETHXXBT")}, assets)
    assert {"BTC/USD", "DOGE/USD", "ETH/BTC"} <= {each.symbol for each in config.instruments}
    assert {"BTC", "DOGE"} <= {each.asset for each in config.assets}


def test_a_bare_result_and_numbers_as_texts_will_do_too(tmp_path: Path) -> None:
    pairs, assets = one()
    files = saved(tmp_path, pairs=pairs, assets=assets)
    for file in files:
        file.write_text(json.dumps(json.loads(file.read_text())["result"]))
    assert set(read_replies(files).pairs) == {"DOTUSD"}


def test_a_pair_of_its_own_gets_no_agents_and_no_index(tmp_path: Path) -> None:
    config = imported(tmp_path, *one())
    (dot,) = (each for each in config.instruments if each.symbol == "DOT/USD")
    assert ("DOT/USD" in config.traded, dot.has_index, dot.marginable) == (False, False, True)


@pytest.mark.parametrize(
    ("wsname", "fields", "price"),
    [
        # Ten cost minima over the least order.
        ("DOT/USD", {"costmin": "0.5"}, "1.2821"),
        ("DOT/USD", {"costmin": "0.5", "ordermin": "1000000"}, "0.0001"),
        # In bitcoin, whose worth is not asked here.
        ("DOT/XBT", {"quote": "XXBT", "costmin": "0.00002", "tick_size": None}, "0.0001"),
        # A multiple of the tick.
        ("DOT/USD", {"costmin": "0.5", "tick_size": "0.0005"}, "1.2820"),
    ],
)  # fmt: skip
def test_without_a_ticker_a_start_price_is_guessed(
    tmp_path: Path, wsname: str, fields: Row, price: str
) -> None:
    pairs, assets = one(wsname=wsname, **fields)
    assets |= {"XXBT": shipped()[1]["XXBT"]}
    config = imported(tmp_path, pairs, assets)
    assert start(config, wsname.replace("XBT", "BTC")) == price


def test_guessed_prices_agree_across_crosses(tmp_path: Path) -> None:
    config = imported(tmp_path, *replies())
    dollars, bitcoin = Decimal(start(config, "A007X/USD")), Decimal(start(config, "A007X/BTC"))
    assert abs(bitcoin * Decimal(start(config, "BTC/USD")) - dollars) < Decimal("0.0001")


@pytest.mark.parametrize("name", ["DOTUSD", "DOT/USD"])
def test_the_last_price_of_a_ticker_goes_before(tmp_path: Path, name: str) -> None:
    ticker = {"a": ["4.1", "1", "1.000"], "c": ["4.02340", "7.1"], "o": "4.0"}
    assert start(imported(tmp_path, *one(), ticker={name: ticker}), "DOT/USD") == "4.0234"


def test_fees_that_are_not_shipped_become_a_schedule(tmp_path: Path) -> None:
    fees = {"fees": [[0, 0.3], [1000, 0.2]], "fees_maker": [[0, 0.1], [500, 0.0555]]}
    config = imported(tmp_path, *one(**fees))
    (dot,) = (each for each in config.instruments if each.symbol == "DOT/USD")
    steps = [(each.volume_usd, each.taker_ppm, each.maker_ppm) for each in config.fee_schedules["imported-1"]]
    assert dot.fee_schedule == "imported-1"
    assert steps == [(0, 3000, 1000), (500, 3000, 555), (1000, 2000, 555)]


def test_a_reply_without_fees_leaves_what_is_shipped(tmp_path: Path) -> None:
    config = imported(tmp_path, *one(fees=[], fees_maker=[]))
    (dot,) = (each for each in config.instruments if each.symbol == "DOT/USD")
    assert (dot.fee_schedule, set(config.fee_schedules)) == ("spot", {"spot", "stable"})


@pytest.mark.parametrize("most", [2, 3, 4, 5, 6, 7, 10])
def test_leverage_is_listed_again_as_it_was(tmp_path: Path, most: int) -> None:
    leverage = list(range(2, most + 1))
    pairs, _ = told(imported(tmp_path, *one(leverage_buy=leverage, leverage_sell=leverage)))
    assert pairs["DOTUSD"]["leverage_buy"] == leverage


@pytest.mark.parametrize(
    "other",
    [{"wsname": ""}, {"aclass_base": "tokenized_asset"}, {"execution_venue": "bitnomial_exchange"}],
)
def test_what_krakenbox_does_not_have_is_left_out(tmp_path: Path, other: Row) -> None:
    assert imported(tmp_path, *one(**other)) == load_default()


PAIR, ASSET = one()


@pytest.mark.parametrize(
    ("contents", "complaint"),
    [
        ({"a": "{"}, "a.json: is no JSON"),
        ({"a": [1]}, "a.json: must be a reply of AssetPairs, Assets or Ticker"),
        ({"a": {"error": [], "result": {}}}, "a.json: must be a reply of AssetPairs, Assets or Ticker"),
        (
            {"a": {"error": ["EGeneral:Internal error"]}},
            "a.json: holds the error ['EGeneral:Internal error']",
        ),
        ({"a": PAIR}, "a reply of Assets is missing"),
        ({"a": ASSET}, "a reply of AssetPairs is missing"),
        (
            {"a": {"DOTUSD": {**PAIR["DOTUSD"], "cost_decimals": "x"}}, "b": ASSET},
            "a.json: DOTUSD: Expected `int`, got `str` - at `$.cost_decimals`",
        ),
        (
            {"a": PAIR, "b": {"DOT": ASSET["DOT"]}},
            "the asset ZUSD is in the reply of AssetPairs, not in that of Assets",
        ),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, contents: Row, complaint: str) -> None:
    files = [tmp_path / f"{name}.json" for name in contents]
    for file, content in zip(files, contents.values(), strict=True):
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ConfigError) as caught:
        list(toml(read_replies(files), load_default()))
    assert complaint in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.json: cannot be read: No such file"):
        read_replies([tmp_path / "none.json"])
