"""What one connection is sent in answer, as framed messages in order."""

from collections.abc import Callable

from krakenbox.gateway.desk import Origin
from krakenbox.model.reject import Reject
from krakenbox.protocol.framing import text_frame
from krakenbox.protocol.v2 import codec


class Replies:
    """Frames of one connection that have not left yet. A reply's `time_out` is when it is written here."""

    __slots__ = ("_frames", "_now_ns")

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._frames: list[bytes] = []
        self._now_ns = now_ns

    def ack(self, origin: Origin, result: str) -> None:
        """A success; `result` is JSON text."""
        now_ns = self._now_ns()
        self.message(codec.encode_ack(origin.method, result, origin.req_id, origin.time_in_ns, now_ns))

    def ack_batch_cancel(self, origin: Origin, count: int) -> None:
        """The success of batch_cancel, which has its count in two places."""
        now_ns = self._now_ns()
        self.message(codec.encode_batch_canceled(count, origin.req_id, origin.time_in_ns, now_ns))

    def refuse(self, origin: Origin, error: str, symbol: str = "") -> None:
        """A refusal; with a symbol where it concerns one."""
        now_ns = self._now_ns()
        self.message(
            codec.encode_error(origin.method, error, origin.req_id, origin.time_in_ns, now_ns, symbol)
        )

    def refuse_pair(self, origin: Origin, symbol: str) -> None:
        """The refusal of a symbol that is not listed, or is none."""
        reject = Reject.PAIR_UNSUPPORTED if "/" in symbol else Reject.PAIR_FORMAT
        self.refuse(origin, reject.text(symbol=symbol), symbol)

    def refuse_session(self, origin: Origin, channel: str) -> None:
        """The refusal of a private channel for its token."""
        now_ns = self._now_ns()
        self.message(codec.encode_session_refusal(channel, origin.req_id, origin.time_in_ns, now_ns))

    def pong(self, origin: Origin) -> None:
        """The answer to a ping."""
        self.message(codec.encode_pong(origin.req_id, origin.time_in_ns, self._now_ns()))

    def message(self, text: bytes) -> None:
        """Any message."""
        self._frames.append(text_frame(text))

    def framed(self, frames: bytes) -> None:
        """Messages that are framed already."""
        if frames:
            self._frames.append(frames)

    def take(self) -> bytes:
        """Everything, joined; leaves nothing."""
        frames = self._frames
        if len(frames) == 1:
            return frames.pop()
        joined = b"".join(frames)
        frames.clear()
        return joined
