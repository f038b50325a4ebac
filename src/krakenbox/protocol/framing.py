"""RFC 6455 frames from server to client, made once so that all subscribers of a view share the bytes."""

_TEXT = 0x81
# RFC 6455, 5.2: a length to 125 stands in one byte, to 65,535 in two behind the mark 126, above in eight
# behind 127.
_ONE_BYTE_MAX = 125
_TWO_BYTES_MAX = 0xFFFF
_TWO_BYTES = 126
_EIGHT_BYTES = 127


def text_frame(payload: bytes) -> bytes:
    """One unfragmented, unmasked text frame around UTF-8 `payload`."""
    length = len(payload)
    if length <= _ONE_BYTE_MAX:
        return b"%c%c%b" % (_TEXT, length, payload)
    if length <= _TWO_BYTES_MAX:
        return b"%c%c%b%b" % (_TEXT, _TWO_BYTES, length.to_bytes(2, "big"), payload)
    return b"%c%c%b%b" % (_TEXT, _EIGHT_BYTES, length.to_bytes(8, "big"), payload)
