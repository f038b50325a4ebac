"""`krakenbox accounts`: who may trade, and with which keys."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from krakenbox.cli.failure import failing
from krakenbox.cli.posting import LOCAL_URL, Url, post
from krakenbox.config import load, load_default
from krakenbox.errors import ConfigError
from krakenbox.gateway.keys import Permission
from krakenbox.model.command import Tier

accounts = typer.Typer(
    name="accounts", help="List the accounts; add, fund and key them on a running exchange."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@accounts.callback(invoke_without_command=True)
def list_accounts(
    context: typer.Context,
    as_json: AsJson = False,
    config: Annotated[Path | None, typer.Option(help="TOML file over the shipped configuration.")] = None,
) -> None:
    """Print the configured accounts, each with its first key."""
    if context.invoked_subcommand is not None:
        return
    with failing(ConfigError):
        configured = load_default() if config is None else load(config)
    told = [
        {"name": a.name, "api_key": a.api_key, "api_secret": a.api_secret, "tier": a.tier.value}
        for a in configured.accesses().values()
    ]
    if as_json:
        print(json.dumps(told))
    else:
        for account in told:
            _print(account)


@accounts.command()
def add(
    name: str,
    tier: Annotated[Tier, typer.Option(help="starter, intermediate or pro.")] = Tier.PRO,
    balance: Annotated[list[str] | None, typer.Option(help="Such as USD=1000; repeatable.")] = None,
    url: Url = LOCAL_URL,
    as_json: AsJson = False,
) -> None:
    """Open an account with a key that may do everything."""
    balances = {}
    for text in balance or ():
        asset, equals, amount = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"a balance is written ASSET=AMOUNT; was {text}")
        balances[asset] = amount
    told = post(url, "accounts", {"name": name, "tier": tier.value, "balances": balances})
    print(json.dumps(told)) if as_json else _print(told)


@accounts.command()
def fund(name: str, asset: str, amount: str, url: Url = LOCAL_URL) -> None:
    """Deposit to an account."""
    told = post(url, "deposit", {"name": name, "asset": asset, "amount": amount})
    print(f"{told['name']}: {told['amount']} {told['asset']} deposited")


@accounts.command()
def key(
    name: str,
    permission: Annotated[
        list[Permission] | None, typer.Option(help="What the key may do; repeatable. Everything if left out.")
    ] = None,
    nonce_window: Annotated[int, typer.Option(min=0, help="How far behind a nonce may arrive.")] = 0,
    url: Url = LOCAL_URL,
    as_json: AsJson = False,
) -> None:
    """Give an account another key."""
    body: dict[str, Any] = {"name": name, "nonce_window": nonce_window}
    if permission:
        body["permissions"] = [right.value for right in permission]
    told = post(url, "keys", body)
    print(json.dumps(told)) if as_json else _print(told)


def _print(account: dict[str, Any]) -> None:
    """One account as indented lines: keys are too long for columns."""
    tier = f" ({account['tier']})" if "tier" in account else ""
    print(
        f"{account['name']}{tier}\n  API key     {account['api_key']}\n  API secret  {account['api_secret']}"
    )
