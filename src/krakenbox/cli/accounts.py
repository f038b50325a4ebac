"""`krakenbox accounts`: who may trade, and with which keys."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from krakenbox.config import load, load_default
from krakenbox.errors import ConfigError

accounts = typer.Typer(
    name="accounts", help="List the accounts; add, fund and key them on a running exchange."
)


@accounts.callback(invoke_without_command=True)
def list_accounts(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, secrets included.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file over the shipped configuration.")] = None,
) -> None:
    """Print every configured account with its first key."""
    if context.invoked_subcommand is not None:
        return
    try:
        configured = load_default() if config is None else load(config)
    except ConfigError as error:
        Console(stderr=True, highlight=False).print(f"krakenbox: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    listed = configured.accesses().values()
    if as_json:
        print(
            json.dumps(
                [
                    {"name": a.name, "api_key": a.api_key, "api_secret": a.api_secret, "tier": a.tier.value}
                    for a in listed
                ]
            )
        )
        return
    table = Table("name", "tier", "API key", "API secret")
    for a in listed:
        table.add_row(a.name, a.tier.value, a.api_key, a.api_secret)
    Console(soft_wrap=True, highlight=False).print(table)
