"""The supervisor's side of the worker protocol, for tests and benchmarks: a real worker over a real socketpair."""

import array
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
START = os.path.join(os.path.dirname(HERE), "faasbatch_worker", "__main__.py")
PYTHON = sys.executable

(HELLO, LOAD, LOADED, CALL, RESULT, LOG, CANCEL, ABANDONED, FORK, FORKED, EXITED, KILL, SHARED, HELD_UP, RETURNED,
 PING, LOWER) = range(1, 18)
HEADER = struct.Struct("<BBHII")
MAX_PACKET_BYTES = 128 * 1024
WAIT_SECONDS = 60.0


class Frame:
    """A received frame, its head parsed and its payload read."""

    def __init__(self, kind: int, call: int, head: object, payload: bytes, in_memfd: bool) -> None:
        self.kind, self.call, self.head, self.payload, self.in_memfd = kind, call, head, payload, in_memfd

    def value(self) -> object:
        return json.loads(self.payload)

    def __repr__(self) -> str:
        return "Frame(%d, call=%d, head=%r, payload=%r)" % (self.kind, self.call, self.head, self.payload[:200])


class Channel:
    """One end of a SEQPACKET pair that speaks frames."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(WAIT_SECONDS)

    def send(self, kind: int, call: int = 0, head: object = None, payload: bytes = b"", fds: "list[int] | None" = None,
             memfd: bool = False) -> None:
        text = b"" if head is None else json.dumps(head, separators=(",", ":")).encode()
        if memfd or len(text) + len(payload) + HEADER.size > MAX_PACKET_BYTES:
            fd = os.memfd_create("test", os.MFD_ALLOW_SEALING)
            with os.fdopen(fd, "r+b") as file:
                file.write(payload)
                file.flush()
                fcntl.fcntl(fd, 1033, 2 | 4 | 8)
                socket.send_fds(self.sock, [HEADER.pack(kind, 1, len(text), call, len(payload)) + text], [fd])
            return
        packet = HEADER.pack(kind, 0, len(text), call, len(payload)) + text + payload
        if fds:
            socket.send_fds(self.sock, [packet], fds)
        else:
            self.sock.send(packet)

    def receive(self, timeout: float = WAIT_SECONDS) -> "Frame | None":
        self.sock.settimeout(timeout)
        try:
            data, ancillary, _, _ = self.sock.recvmsg(MAX_PACKET_BYTES, socket.CMSG_SPACE(4 * 4))
        except ConnectionResetError:
            return None
        if not data:
            return None
        kind, flags, head_size, call, payload_size = HEADER.unpack_from(data)
        head = data[HEADER.size:HEADER.size + head_size]
        payload = data[HEADER.size + head_size:]
        fds = array.array("i")
        for _level, _type, content in ancillary:
            fds.frombytes(content)
        if flags & 1:
            payload = os.pread(fds[0], payload_size, 0)
            os.close(fds[0])
        assert len(payload) == payload_size, (len(payload), payload_size)
        return Frame(kind, call, json.loads(head) if head else None, payload, bool(flags & 1))

    def close(self) -> None:
        self.sock.close()


class Worker(Channel):
    """A worker process and the supervisor's end of its socket."""

    def __init__(self, env: "dict[str, str] | None" = None, python: str = PYTHON) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fd = theirs.detach()

        def place() -> None:
            os.dup2(fd, 3)

        self.process = subprocess.Popen([python, "-S", START], close_fds=True, pass_fds=[3] if fd == 3 else [3, fd],
                                        preexec_fn=place, env={**os.environ, **(env or {})}) \
            if fd != 3 else subprocess.Popen([python, "-S", START], pass_fds=[3], env={**os.environ, **(env or {})})
        os.close(fd)
        super().__init__(ours)
        self._next = 0
        self.results: dict[int, Frame] = {}
        self.logs: dict[int, list[Frame]] = {}
        self.others: list[Frame] = []
        self.children: list[Channel] = []
        self.hello = self.receive()

    def load(self, text: "str | None" = None, handler: str = "fn.handler", **spec: object) -> Frame:
        """Loads inline source (or spec's own `source`) and returns the Loaded frame."""
        body = {"function": "default/wf/fn", "digest": "d", "handler": handler, "mode": "Threads", "limit": 32,
                "env": {}, "share": [], "bindings": [], "maxOutputBytes": 6291456, "maxLogBytes": 262144, **spec}
        if text is not None:
            body["source"] = {"inline": text}
        data = json.dumps(body).encode()
        if len(data) < 60000:
            self.send(LOAD, 0, body)
        else:
            self.send(LOAD, 0, None, data)
        return self.wait(LOADED)

    def call(self, event: object = None, timeout: float = 30, memfd: bool = False, **head: object) -> int:
        """Sends a call and returns its number."""
        self._next += 1
        full = {"i": "inv-%d" % self._next, "r": "run-1", "s": "step", "x": [], "a": 1, "t": timeout, **head}
        self.send(CALL, self._next, full, json.dumps(event).encode(), memfd=memfd)
        return self._next

    def take(self, timeout: float = WAIT_SECONDS) -> Frame:
        """Receives one frame and files it."""
        frame = self.receive(timeout)
        if frame is None:
            raise EOFError("the worker has gone: %s" % self.process.wait(WAIT_SECONDS))
        if frame.kind == RESULT:
            assert frame.call not in self.results, "two results of call %d" % frame.call
            self.results[frame.call] = frame
        elif frame.kind == LOG:
            assert len(frame.payload) <= 16384
            assert frame.call == 0 or frame.call not in self.results, "log of call %d after its result" % frame.call
            self.logs.setdefault(frame.call, []).append(frame)
        else:
            self.others.append(frame)
        return frame

    def wait(self, kind: int) -> Frame:
        """The next frame of a kind that is neither Result nor Log."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            for at, frame in enumerate(self.others):
                if frame.kind == kind:
                    return self.others.pop(at)
            assert time.monotonic() < deadline, "no frame %d" % kind
            self.take()

    def result(self, number: int) -> Frame:
        """The result of a call; fails when nothing at all comes for WAIT_SECONDS."""
        while number not in self.results:
            self.take()
        return self.results[number]

    def run(self, event: object = None, **head: object) -> Frame:
        """Calls and waits."""
        return self.result(self.call(event, **head))

    def log(self, number: int, stream: str = "stdout") -> str:
        """What a call has logged so far."""
        return b"".join(f.payload for f in self.logs.get(number, []) if f.head["f"] == stream).decode()

    def rss_bytes(self) -> int:
        with open("/proc/%d/statm" % self.process.pid) as file:
            return int(file.read().split()[1]) * 4096

    def cpu_seconds(self) -> float:
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> int:
        """Closes the socket and waits for the worker to end by itself."""
        self.close()
        try:
            return self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_exc: object) -> None:
        for child in self.children:
            child.close()
        self.sock.close()
        if self.process.poll() is None:
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
