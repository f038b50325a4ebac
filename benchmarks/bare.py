"""The yardstick: a picows server with nothing behind it. `python -m benchmarks.bare` prints its port and
serves until killed.

On `/echo` each frame is answered by an ack that was made beforehand. On `/publish` each frame is answered so
and makes a book update, made and framed beforehand, that is written to every client on `/feed` at once: the
simplest thing that could be called a broadcast. Both texts are as long as krakenbox's.
"""

import asyncio
import sys

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from krakenbox.protocol.framing import text_frame

REPLY = (
    b'{"method":"add_order","req_id":12345,"result":{"order_id":"OPS23M-VS41G-DDE5Z2"},"success":true,'
    b'"time_in":"2024-05-19T11:42:13.815662Z","time_out":"2024-05-19T11:42:13.824053Z"}'
)
UPDATE = text_frame(
    b'{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":50000.0,"qty":0.00100000}],'
    b'"asks":[],"checksum":2505869009,"timestamp":"2026-08-26T15:16:16.730423Z"}]}'
)

subscribers: list[WSTransport] = []


class Echo(WSListener):
    """Answers every frame."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One reply per frame."""
        if frame.msg_type is WSMsgType.TEXT:
            transport.send(WSMsgType.TEXT, REPLY)


class Feed(WSListener):
    """Receives every update."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Join the feed."""
        subscribers.append(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Leave the feed."""
        subscribers.remove(transport)


class Publish(WSListener):
    """Each frame becomes an update for every subscriber and a reply for the publisher."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Reply, then write the update to all, one write each."""
        if frame.msg_type is not WSMsgType.TEXT:
            return
        transport.send(WSMsgType.TEXT, REPLY)
        for subscriber in subscribers:
            subscriber.underlying_transport.write(UPDATE)


LISTENERS: dict[bytes, type[WSListener]] = {b"/echo": Echo, b"/feed": Feed, b"/publish": Publish}


def listener(request: WSUpgradeRequest) -> WSListener:
    """The listener of a path."""
    return LISTENERS[request.path]()


async def main() -> None:
    """Serve on a free port until the process is ended."""
    server = await ws_create_server(listener, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.platform == "win32":
        asyncio.run(main())
    else:
        import uvloop

        uvloop.run(main())
