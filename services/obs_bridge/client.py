"""The adapter to obsws-python, the only file that knows it: two clients that always give up in time; obs-bridge.

What the library lacks is added here: answers are matched to their request, every wait has an end, a close frame is read
as such, another thread can end a client at any moment, and the password is neither logged nor kept.
A client belongs to the thread that made it; any thread may cut its Cord.
"""

import contextlib
import itertools
import logging
import socket
import threading
from collections.abc import Callable
from typing import Final

import websocket
from msgspec import MsgspecError, json
from obsws_python.baseclient import ObsClient
from obsws_python.error import OBSSDKError, OBSSDKRequestError
from obsws_python.events import EventClient
from obsws_python.reqs import ReqClient
from obsws_python.subs import Subs

from services.obs_bridge import faults
from services.obs_bridge.account import Account
from services.obs_bridge.faults import CloseFrame
from services.obs_bridge.limits import Limits
from services.obs_bridge.procedure import Data
from shared.clock import monotonic_ns, monotonic_s
from shared.errors import ObsError

Greeted = Callable[[], None]
RPC_VERSION: Final = 1
SOCKET_OPTIONS: Final = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2),
)
"""Nothing is held back for a fuller packet; and the connection for events, on which only OBS speaks, cannot be lost
unnoticed between two computers."""
NO_CODE: Final = 1005
"""Of a close frame without one (RFC 6455)."""
GOODBYE_S: Final = 0.2
"""Time to hand a close frame to the kernel: a frozen OBS takes nothing any more."""
LIBRARY_FAULTS: Final = (
    OBSSDKError,
    websocket.WebSocketException,
    MsgspecError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
)
"""What its code raises when the other side is not what it expects, is gone or is silent."""

# It logs the password at INFO, and every refusal with a traceback.
logging.getLogger("obsws_python").setLevel(logging.CRITICAL + 1)


class Cord:
    """Ends clients from any thread without waiting: what they wait for raises, and no new one can be made on it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._is_cut = False

    def hold(self, tcp: socket.socket) -> None:
        """Have `tcp` ended by `cut`. Raises ConnectionAbortedError when it was cut."""
        with self._lock:
            if self._is_cut:
                tcp.close()
                raise ConnectionAbortedError
            self._sockets.add(tcp)

    def close(self, tcp: socket.socket) -> None:
        """Close `tcp`; under the lock, as its number may be another file's right after."""
        with self._lock:
            self._sockets.discard(tcp)
            tcp.close()

    def cut(self) -> None:
        """End all."""
        with self._lock:
            self._is_cut = True
            for tcp in self._sockets:
                with contextlib.suppress(OSError):
                    tcp.shutdown(socket.SHUT_RDWR)


class _Socket(websocket.WebSocket):
    """A websocket that reads until a deadline, tells a close frame from an empty text, and hangs on a Cord."""

    def __init__(self, cord: Cord) -> None:
        super().__init__(skip_utf8_validation=True)  # its own check takes 0.2 s of Python per MB; decoding checks, too
        self.deadline_s: float | None = None
        """When reading ends (monotonic s); None: never."""
        self.closed: CloseFrame | None = None
        self._cord = cord
        self._tcp: socket.socket | None = None

    def open(self, account: Account, limits: Limits) -> None:
        """Connect without a proxy of the environment: OBS is in the house. Raises ObsError."""
        try:
            tcp = self._tcp = socket.create_connection((account.host, account.port), timeout=limits.connect_s)
            self._cord.hold(tcp)
            for level, option, value in SOCKET_OPTIONS:
                tcp.setsockopt(level, option, value)
        except (OSError, UnicodeError) as error:
            raise faults.no_connection(error, account.host, account.port) from None
        host = f"[{account.host}]" if ":" in account.host else account.host
        url = f"ws://{host}:{account.port}"
        tcp.settimeout(limits.greet_s)
        try:
            self.connect(url, socket=tcp, timeout=limits.greet_s, redirect_limit=0)  # type: ignore[no-untyped-call]  # the library has no types
        except LIBRARY_FAULTS as error:
            raise _no_obs(error, account) from None

    def recv(self) -> str:
        """The next text; raises when OBS ends the connection; `closed` says how."""
        with self.readlock:
            opcode, data = self.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            code = int.from_bytes(data[:2], "big") if len(data) >= 2 else NO_CODE
            self.closed = CloseFrame(code, bytes(data[2:]).decode("utf-8", "replace"))
            raise websocket.WebSocketConnectionClosedException
        return bytes(data).decode()

    def _recv(self, most: int) -> bytes:
        if self.deadline_s is not None and self.sock is not None:
            self.sock.settimeout(max(0.001, self.deadline_s - monotonic_s()))
        received: bytes = super()._recv(most)  # type: ignore[no-untyped-call]  # the library has no types
        return received

    def end(self) -> None:
        """Say goodbye if that takes no time, and close."""
        if self._tcp is None:
            return
        with contextlib.suppress(*LIBRARY_FAULTS):
            self._tcp.settimeout(GOODBYE_S)
            if self.connected:
                self.send_close()
        self._cord.close(self._tcp)
        self.shutdown()  # type: ignore[no-untyped-call]  # the library has no types


class _Connection(ObsClient):  # type: ignore[misc]  # the library has no types
    """The library's connection, from OBS's greeting on; `authenticate` is its own."""

    def __init__(self, account: Account, *, subs: int, limits: Limits, cord: Cord, greeted: Greeted) -> None:
        self.logger = logging.getLogger("obsws_python.connection")
        self.host, self.port, self.subs = account.host, account.port, subs
        self.password = ""
        self.ws = _Socket(cord)
        self.sent_ns: int | None = None
        self._numbers = itertools.count(1)
        try:
            self._meet(account, limits)
            greeted()
            self._log_in(account, limits)
        except BaseException:  # whatever it is, the socket must not outlive it
            self.ws.end()
            raise

    def _meet(self, account: Account, limits: Limits) -> None:
        self.ws.open(account, limits)
        try:
            self.ws.deadline_s = monotonic_s() + limits.greet_s
            self.server_hello = json.decode(self.ws.recv())
            speaks = self.server_hello["d"]["rpcVersion"]
        except LIBRARY_FAULTS as error:
            raise _no_obs(error, account) from None
        if speaks < RPC_VERSION:
            raise faults.too_old(account.host, account.port)

    def _log_in(self, account: Account, limits: Limits) -> None:
        if "authentication" in self.server_hello["d"] and not account.password:
            raise faults.password_missing()
        try:
            self.password = account.password
            self.ws.deadline_s = monotonic_s() + limits.greet_s
            self.authenticate()
        except LIBRARY_FAULTS as error:  # `from None`: the frames of the library's error hold the password
            raise (faults.closed_by_obs(self.ws.closed) if self.ws.closed else _no_obs(error, account)) from None
        finally:
            self.password = ""
            self.ws.deadline_s = None

    def req(self, req_type: str, req_data: Data | None = None) -> Data:
        """Send a request and return the answer that has its number; any other is dropped, late or not ours."""
        number = str(next(self._numbers))
        body: Data = {"requestType": req_type, "requestId": number}
        if req_data:
            body["requestData"] = req_data
        text = json.encode({"op": 6, "d": body}).decode()
        self.sent_ns = monotonic_ns()
        self.ws.send(text)
        while True:
            message = json.decode(self.ws.recv())
            answer: Data = message["d"]
            if message["op"] == 7 and answer["requestId"] == number and answer["requestType"] == req_type:
                return answer


class RequestClient(ReqClient):  # type: ignore[misc]  # the library has no types
    """Asks OBS one request after the other. Making it connects and logs in; raises ObsError. `greeted` is called when
    OBS was there and the login begins.
    """

    def __init__(self, account: Account, *, limits: Limits, cord: Cord, greeted: Greeted = lambda: None) -> None:
        self.logger = logging.getLogger("obsws_python.requests")
        self.base_client = _Connection(account, subs=0, limits=limits, cord=cord, greeted=greeted)

    def __repr__(self) -> str:
        return f"RequestClient({self.base_client.host}:{self.base_client.port})"

    @property
    def sent_ns(self) -> int | None:
        """When the last request was handed to the kernel (monotonic ns)."""
        sent: int | None = self.base_client.sent_ns
        return sent

    def ask(self, request: str, data: Data | None, *, within_s: float) -> Data:
        """The data of the answer, {} when there is none. Raises ObsError: `obs.refused`, or what leaves this client
        unusable: `obs.no_answer`, `obs.gone`.
        """
        connection = self.base_client
        connection.sent_ns = None
        try:
            connection.ws.settimeout(within_s)
            connection.ws.deadline_s = monotonic_s() + within_s
            return self.send(request, data, raw=True) or {}
        except OBSSDKRequestError as error:
            comment = str(error).partition(" With message: ")[2]
            raise faults.refused(request, error.code, comment) from None
        except (TimeoutError, websocket.WebSocketTimeoutException):
            raise faults.not_answered(request, within_s) from None
        except LIBRARY_FAULTS:
            raise faults.lost_while(request, faults.closed_by_obs(connection.ws.closed)) from None

    @property
    def closed(self) -> CloseFrame | None:
        """The close frame that OBS ended it with."""
        closed: CloseFrame | None = self.base_client.ws.closed
        return closed

    def end(self) -> None:
        """Close it; in its own thread."""
        self.base_client.ws.end()


class Events(EventClient):  # type: ignore[misc]  # the library has no types
    """Hears OBS's events in a thread of its own: `told(name, data)` for each, and once `ended(why)`."""

    def __init__(
        self,
        account: Account,
        *,
        limits: Limits,
        cord: Cord,
        told: Callable[[str, Data], None],
        ended: Callable[[ObsError], None],
    ) -> None:
        self.logger = logging.getLogger("obsws_python.events")
        subs = int(Subs.LOW_VOLUME)
        self.base_client = _Connection(account, subs=subs, limits=limits, cord=cord, greeted=lambda: None)
        self.base_client.ws.settimeout(None)
        self.callback = _Callback(told)
        self._ended = ended
        name = f"obs-events-{account.host}:{account.port}"
        self.worker = threading.Thread(target=self._listen, name=name, daemon=True)
        self.worker.start()

    def __repr__(self) -> str:
        return f"Events({self.base_client.host}:{self.base_client.port})"

    def _listen(self) -> None:
        ws = self.base_client.ws
        try:
            with contextlib.suppress(*LIBRARY_FAULTS, AttributeError):
                self.trigger(threading.Event())
        finally:
            ws.end()
            self._ended(faults.closed_by_obs(ws.closed))


class _Callback:
    """Stands in for the library's, which makes a class of each event."""

    def __init__(self, told: Callable[[str, Data], None]) -> None:
        self._told = told

    def trigger(self, event: str | None, data: Data) -> None:
        """Take an event; anything else that OBS may send has no name."""
        if event is not None:
            self._told(event, data)


def _no_obs(error: Exception, account: Account) -> ObsError:
    """Why what accepted the connection does not behave as OBS does."""
    if isinstance(error, TimeoutError | websocket.WebSocketTimeoutException):
        return faults.silent(account.host, account.port)
    if isinstance(error, ConnectionError | websocket.WebSocketConnectionClosedException):
        return faults.hung_up(account.host, account.port)
    return faults.not_obs(account.host, account.port)
