"""JSON text of the values a template cannot take as they are."""

from msgspec import json


def quote(text: str) -> str:
    """JSON string around any text; what a client sent may hold quotes, controls or letters of any script."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return json.encode(text).decode()


def boolean(value: bool) -> str:
    """JSON boolean."""
    return "true" if value else "false"


def strings(texts: tuple[str, ...]) -> str:
    """JSON array of strings."""
    return f"[{','.join(map(quote, texts))}]"
