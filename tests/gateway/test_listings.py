"""`Assets` and `AssetPairs` as recorded, under every name a request may use."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from krakenbox.config import load_default
from krakenbox.errors import ProtocolError
from krakenbox.gateway.listings import asset_pairs, assets
from krakenbox.model.instrument import AssetStatus, InstrumentTable, PairStatus

CONFIG = load_default()


@pytest.fixture
def table() -> InstrumentTable:
    listed = InstrumentTable()
    for asset in CONFIG.assets:
        listed.add_asset(asset)
    for instrument in CONFIG.instruments:
        listed.add(instrument)
    return listed


def pairs(table: InstrumentTable, **query: str) -> dict[str, Any]:
    return asset_pairs(table, CONFIG.fee_schedules, query)


def text(rows: dict[str, Any]) -> str:
    return msgspec.json.encode(rows).decode()


def test_a_pair_is_the_recorded_object() -> None:
    listed = InstrumentTable()
    for asset in CONFIG.assets:
        listed.add_asset(asset)
    listed.add(CONFIG.instruments[0])
    # Recorded in July 2026, key order included.
    assert text(pairs(listed)) == (
        '{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","aclass_base":"currency","base":"XXBT",'
        '"aclass_quote":"currency","quote":"ZUSD","lot":"unit","cost_decimals":5,"pair_decimals":1,'
        '"lot_decimals":8,"lot_multiplier":1,"leverage_buy":[2,3,4,5,6,7,8,9,10],'
        '"leverage_sell":[2,3,4,5,6,7,8,9,10],"fees":[[0,0.4],[10000,0.35],[50000,0.24],[100000,0.22],'
        "[250000,0.2],[500000,0.18],[1000000,0.16],[2500000,0.14],[5000000,0.12],[10000000,0.1],"
        '[100000000,0.08],[500000000,0.05]],"fees_maker":[[0,0.25],[10000,0.2],[50000,0.14],[100000,0.12],'
        "[250000,0.1],[500000,0.08],[1000000,0.06],[2500000,0.04],[5000000,0.02],[10000000,0.0],"
        '[100000000,0.0],[500000000,0.0]],"fee_volume_currency":"ZUSD","margin_call":80,"margin_stop":40,'
        '"ordermin":"0.00005","costmin":"0.5","tick_size":"0.1","status":"online",'
        '"execution_venue":"international","long_position_limit":350,"short_position_limit":250}}'
    )


def test_all_pairs_by_their_ids(table: InstrumentTable) -> None:
    rows = pairs(table)
    assert list(rows)[:5] == ["XXBTZUSD", "XETHZUSD", "SOLUSD", "XXRPZUSD", "XDGUSD"]
    assert len(rows) == 15
    assert rows["XDGUSD"]["ordermin"] == "50"
    assert rows["XETHXXBT"]["costmin"] == "0.00002"
    assert rows["LTCUSD" if "LTCUSD" in rows else "XLTCZUSD"]["leverage_buy"] == []
    assert "long_position_limit" not in rows["XLTCZUSD"]


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("XXBTZUSD", "XXBTZUSD"),
        ("XBTUSD", "XXBTZUSD"),
        ("BTC/USD", "BTC/USD"),
        ("DOGE/USD", "DOGE/USD"),
        ("ETH/USD", "ETH/USD"),
        ("XBTUSD,ETH/BTC", "XXBTZUSD ETH/BTC"),
    ],
)
def test_the_key_of_a_result(table: InstrumentTable, asked: str, key: str) -> None:
    rows = pairs(table, pair=asked)
    assert " ".join(rows) == key


def test_the_name_inside_never_changes(table: InstrumentTable) -> None:
    assert pairs(table, pair="BTC/USD")["BTC/USD"]["wsname"] == "XBT/USD"


@pytest.mark.parametrize("asked", ["XBT/USD", "XDG/USD", "btc/usd", "DOTUSD", "XBTUSD,DOTUSD", "XBTUSD,"])
def test_unknown_pairs(table: InstrumentTable, asked: str) -> None:
    with pytest.raises(ProtocolError, match=r"^EQuery:Unknown asset pair$"):
        pairs(table, pair=asked)


def test_parts_of_a_pair(table: InstrumentTable) -> None:
    leverage = pairs(table, pair="ETHXBT", info="leverage")
    assert leverage == {"XETHXXBT": {"leverage_buy": [2, 3, 4, 5], "leverage_sell": [2, 3, 4, 5]}}
    margin = pairs(table, pair="EURUSD", info="margin")
    assert margin == {"ZEURZUSD": {"margin_call": 80, "margin_stop": 40}}
    fees = pairs(table, pair="USDCUSD", info="fees")["USDCUSD"]
    assert list(fees) == ["fees", "fees_maker", "fee_volume_currency"]
    assert text(fees["fees"]).startswith("[[0,0.2],[50000,0.16]")
    assert text(fees["fees"]).endswith("[10000000,0.001]]")
    with pytest.raises(ProtocolError, match=r"^EGeneral:Invalid arguments:info$"):
        pairs(table, info="everything")


def test_other_classes_and_venues_are_empty(table: InstrumentTable) -> None:
    # nautilus_trader asks for tokenized assets at start.
    assert pairs(table, aclass_base="tokenized_asset") == {}
    assert pairs(table, execution_venue="bitnomial_exchange") == {}
    assert len(pairs(table, execution_venue="bitnomial_exchange,international")) == 15
    assert assets(table, {"aclass": "tokenized_asset"}) == {}


@pytest.mark.parametrize("value", ["forex", "Currency"])
def test_a_class_nobody_knows_is_refused(table: InstrumentTable, value: str) -> None:
    with pytest.raises(ProtocolError, match=r"^EGeneral:Invalid arguments:aclass_base$"):
        pairs(table, aclass_base=value)
    with pytest.raises(ProtocolError, match=r"^EGeneral:Invalid arguments:aclass$"):
        assets(table, {"aclass": value})


def test_a_delisted_pair_is_found_by_name_only(table: InstrumentTable) -> None:
    table.add(replace(table.instruments["SOL/EUR"], status=PairStatus.DELISTED))
    assert "SOLEUR" not in pairs(table)
    assert pairs(table, pair="SOL/EUR")["SOL/EUR"]["status"] == "delisted"


def test_assets_by_their_ids(table: InstrumentTable) -> None:
    rows = assets(table, {})
    assert " ".join(rows) == "XXBT XETH SOL XXRP XXDG ADA XLTC LINK USDT USDC ZUSD ZEUR"
    assert text({"XXBT": rows["XXBT"]}) == (
        '{"XXBT":{"aclass":"currency","altname":"XBT","decimals":10,"display_decimals":5,'
        '"collateral_value":1.0,"status":"enabled","margin_rate":0.01}}'
    )


def test_assets_by_any_name(table: InstrumentTable) -> None:
    assert list(assets(table, {"asset": "XBT,ZUSD,DOGE,ADA"})) == ["XXBT", "ZUSD", "DOGE", "ADA"]
    with pytest.raises(ProtocolError, match=r"^EQuery:Unknown asset$"):
        assets(table, {"asset": "XBT,DOT"})


def test_an_asset_without_collateral_or_margin(table: InstrumentTable) -> None:
    plain = replace(
        table.assets["ADA"], borrowable=False, collateral_milli=0, status=AssetStatus.FUNDING_DISABLED
    )
    table.add_asset(plain)
    assert assets(table, {"asset": "ADA"})["ADA"] == {
        "aclass": "currency",
        "altname": "ADA",
        "decimals": 8,
        "display_decimals": 6,
        "status": "funding_temporarily_disabled",
    }
