"""Text of the data frames of `balances`: as `channels`, for one account."""

from collections.abc import Iterable

from msgspec import Struct


def balances(kind: str, rows: Iterable[str], sequence: int) -> str:
    """Rows of one account; `sequence` as in `executions`, counted apart from it.

    {"channel":"balances","type":"snapshot","data":[...],"sequence":1}
    """
    return f'{{"channel":"balances","type":"{kind}","data":[{",".join(rows)}],"sequence":{sequence}}}'


def balance_row(asset: str, asset_class: str, balance: str) -> str:
    """One asset held, all of it in the spot wallet.

    {"asset":"USD","asset_class":"currency","balance":160.2405,
    "wallets":[{"type":"spot","id":"main","balance":160.2405}]}
    """
    return (
        f'{{"asset":"{asset}","asset_class":"{asset_class}","balance":{balance},'
        f'"wallets":[{{"type":"spot","id":"main","balance":{balance}}}]}}'
    )


class LedgerText(Struct, frozen=True, kw_only=True, gc=False):
    """One ledger entry."""

    ledger_id: str
    ref_id: str
    timestamp: str
    kind: str
    """`trade`, `deposit`: both `type` and `category`."""
    asset: str
    asset_class: str
    amount: str
    """Signed change without the fee."""
    fee: str
    balance: str


def ledger_row(entry: LedgerText) -> str:
    """One ledger entry.

    {"ledger_id":"DATKX6-PEHL1-HZKND8","ref_id":"LKAKN2-N0N12-VKQNLN","timestamp":"2024-05-24T14:01:53.526524Z",
    "type":"trade","asset":"USD","asset_class":"currency","category":"trade","wallet_type":"spot",
    "wallet_id":"main","amount":-19.9743,"fee":0.0499,"balance":118.0677}
    """
    return (
        f'{{"ledger_id":"{entry.ledger_id}","ref_id":"{entry.ref_id}","timestamp":"{entry.timestamp}",'
        f'"type":"{entry.kind}","asset":"{entry.asset}","asset_class":"{entry.asset_class}",'
        f'"category":"{entry.kind}","wallet_type":"spot","wallet_id":"main","amount":{entry.amount},'
        f'"fee":{entry.fee},"balance":{entry.balance}}}'
    )
