"""The command `krakenbox`: which subcommands there are."""

from typing import Annotated

import typer

from krakenbox import __version__
from krakenbox.cli.accounts import accounts
from krakenbox.cli.instruments import instruments
from krakenbox.cli.journal import journal
from krakenbox.cli.serve import serve
from krakenbox.cli.simulate import simulate

app = typer.Typer(
    name="krakenbox",
    help="Kraken's Spot WebSocket exchange on your own machine. Not affiliated with Kraken.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(simulate)
app.add_typer(accounts)
app.add_typer(journal)
app.add_typer(instruments)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Kraken's Spot WebSocket exchange on your own machine. Not affiliated with Kraken."""
