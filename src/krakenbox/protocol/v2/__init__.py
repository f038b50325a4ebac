"""WebSocket API v2."""
