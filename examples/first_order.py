"""Sixty seconds with krakenbox: buy 0.01 BTC at the market and print what the venue says.

Start `make serve` first. Against the real venue only the two addresses and the key would differ.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time

import aiohttp

REST = os.environ.get("KRAKEN_REST_URL", "http://127.0.0.1:8080")
WS_AUTH = os.environ.get("KRAKEN_WS_AUTH_URL", "ws://127.0.0.1:8081/ws-auth/v2")


def sign(secret: str, path: str, nonce: str, body: str) -> str:
    """Kraken's REST signature."""
    message = path.encode() + hashlib.sha256((nonce + body).encode()).digest()
    return base64.b64encode(hmac.digest(base64.b64decode(secret), message, "sha512")).decode()


async def main(alice: dict[str, str]) -> None:
    """Fetch a token, subscribe to executions, buy, and stop at the fill."""
    path, nonce = "/0/private/GetWebSocketsToken", str(time.time_ns())
    body = f"nonce={nonce}"
    headers = {
        "API-Key": alice["api_key"],
        "API-Sign": sign(alice["api_secret"], path, nonce, body),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    async with aiohttp.ClientSession() as http:
        reply = await (await http.post(REST + path, data=body, headers=headers)).json()
        token = reply["result"]["token"]
        async with http.ws_connect(WS_AUTH) as socket:
            executions = {"channel": "executions", "snap_orders": False, "token": token}
            await socket.send_json({"method": "subscribe", "params": executions})
            order = {
                "symbol": "BTC/USD",
                "side": "buy",
                "order_type": "market",
                "order_qty": 0.01,
                "token": token,
            }
            await socket.send_json({"method": "add_order", "params": order, "req_id": 1})
            async for message in socket:
                print(message.data)
                if '"exec_type":"filled"' in message.data:
                    break


if __name__ == "__main__":
    accounts = json.loads(subprocess.check_output([sys.executable, "-m", "krakenbox", "accounts", "--json"]))
    asyncio.run(main(accounts[0]))
