"""How a command fails: one line on stderr and the exit code 1, no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def failing(*expected: type[Exception]) -> Iterator[None]:
    """End the command with the message of an expected exception."""
    try:
        yield
    except expected as error:
        typer.echo(f"krakenbox: {error}", err=True)
        raise typer.Exit(1) from None
