"""`krakenbox instruments`: what an exchange lists, from what Kraken lists."""

from pathlib import Path
from typing import Annotated

import typer

from krakenbox.cli.failure import failing
from krakenbox.config import load_default
from krakenbox.config.importing import read_replies, toml
from krakenbox.errors import ConfigError

instruments = typer.Typer(name="instruments", help="Take over what Kraken lists.", no_args_is_help=True)

HEAD = """\
# Assets and instruments of saved replies, for `krakenbox serve --config`. The seeded market trades the pairs
# that krakenbox ships; `market = true` in the table of another one makes it trade there too.
"""


@instruments.callback()
def main() -> None:
    """Take over what Kraken lists."""


@instruments.command("import")
def import_replies(
    files: Annotated[
        list[Path],
        typer.Argument(help="Saved replies of AssetPairs and Assets, and of Ticker for start prices."),
    ],
    output: Annotated[Path | None, typer.Option(help="TOML file to write. Default stdout.")] = None,
) -> None:
    """Turn saved replies of Kraken's public REST into a configuration that lists all of their pairs."""
    with failing(ConfigError):
        replies = read_replies(files)
        text = HEAD + "\n" + "\n".join(toml(replies, load_default())) + "\n"
    if output is None:
        print(text, end="")
    else:
        output.write_text(text, encoding="utf-8")
    listed = sum(pair.listed for pair in replies.pairs.values())
    left_out = len(replies.pairs) - listed
    without = f"; {left_out} left out that are no currency pairs of the international venue"
    typer.echo(f"{listed:,} pairs{without if left_out else ''}", err=True)
