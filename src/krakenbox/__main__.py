"""`python -m krakenbox`: the same as the command `krakenbox`."""

from krakenbox.cli.main import app

if __name__ == "__main__":
    app(prog_name="krakenbox")
