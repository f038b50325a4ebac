"""What is listed: records as recorded, updates of what changed, a snapshot made once."""

import msgspec

from builders import ASSETS, BTC_USD, INSTRUMENTS, START_NS
from krakenbox.feeds.hub import INSTRUMENT
from krakenbox.feeds.reference import Reference
from krakenbox.model.event import AssetListed, InstrumentListed, SystemStatusChanged
from krakenbox.model.instrument import PairStatus, SystemStatus
from screens import Floor, read, texts
from wire.corpus import frame

BTC, USD = ASSETS["BTC"], ASSETS["USD"]


def listed() -> Reference:
    reference = Reference()
    for asset in (BTC, USD):
        reference.list_asset(AssetListed(START_NS, asset))
    reference.list_instrument(InstrumentListed(START_NS, BTC_USD))
    return reference


def shown(reference: Reference) -> str:
    [text] = texts(reference.snapshot())
    return text


def test_an_empty_venue() -> None:
    assert shown(Reference()) == '{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[]}}'


def test_a_recorded_asset_byte_for_byte() -> None:
    reference = Reference()
    usd = msgspec.structs.replace(USD, borrowable=True, collateral_milli=1000, margin_rate_ppm=50_000)
    reference.list_asset(AssetListed(START_NS, usd))
    row = frame("asset_usd").decode()
    assert shown(reference) == (
        f'{{"channel":"instrument","type":"snapshot","data":{{"assets":[{row}],"pairs":[]}}}}'
    )


def test_the_snapshot_is_made_once_until_something_changes() -> None:
    reference = listed()
    first = reference.snapshot()
    assert reference.snapshot() is first
    closed = msgspec.structs.replace(BTC_USD, status=PairStatus.MAINTENANCE)
    reference.list_instrument(InstrumentListed(START_NS, closed))
    assert shown(reference) == texts(first)[0].replace("online", "maintenance")


def test_a_pair_follows_the_display_decimals_of_its_quote_asset() -> None:
    reference = listed()
    assert '"cost_min":0.50,' in shown(reference)
    reference.list_asset(AssetListed(START_NS, msgspec.structs.replace(USD, display_decimals=4)))
    assert '"cost_min":0.5000,' in shown(reference)


def test_an_update_lists_only_what_changed() -> None:
    floor = Floor()
    floor.watch(1, *INSTRUMENT)
    floor.show(InstrumentListed(START_NS, msgspec.structs.replace(BTC_USD, status=PairStatus.CANCEL_ONLY)))
    [text] = floor.seen(1)
    message = read(text)
    assert (message["channel"], message["type"], message["data"]["assets"]) == ("instrument", "update", [])
    [pair] = message["data"]["pairs"]
    assert (pair["symbol"], pair["status"]) == ("BTC/USD", "cancel_only")


def test_what_changed_while_nobody_watched_is_in_the_snapshot_alone() -> None:
    floor = Floor()
    floor.show(AssetListed(START_NS, msgspec.structs.replace(BTC, display_decimals=7)))
    snapshot = read(floor.watch(1, *INSTRUMENT))
    assert [asset["precision_display"] for asset in snapshot["data"]["assets"]] == [7, 2, 2, 2, 2]
    assert [pair["symbol"] for pair in snapshot["data"]["pairs"]] == list(INSTRUMENTS)
    floor.show(InstrumentListed(START_NS, BTC_USD))
    [text] = floor.seen(1)
    assert read(text)["data"]["assets"] == []


def test_the_status_is_the_last_one() -> None:
    reference = Reference()
    assert reference.status is SystemStatus.ONLINE
    reference.change_status(SystemStatusChanged(START_NS, SystemStatus.POST_ONLY))
    assert reference.status is SystemStatus.POST_ONLY
