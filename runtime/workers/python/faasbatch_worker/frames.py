"""Frames of the worker protocol: packing, unpacking, and large payloads in memfds.

Guarantees: one frame is one packet, sent by one system call, so frames of several threads never mix; `send`
blocks while the supervisor is slow (back pressure) and raises OSError when it is gone. Everything here may be
called from any thread. Only C modules are imported, as this is part of the generic worker.
"""

import _socket
import fcntl
import os
from _struct import Struct

(HELLO, LOAD, LOADED, CALL, RESULT, LOG, CANCEL, ABANDONED, FORK, FORKED, EXITED, KILL, SHARED, HELD_UP, RETURNED,
 PING, LOWER) = range(1, 18)

PROTOCOL_VERSION = 1
MAX_PACKET_BYTES = 128 * 1024
MAX_HEAD_BYTES = 0xFFFF
FLAG_MEMFD = 1

HEADER = Struct("<BBHII")  # type, flags, headSize, call, payloadSize
HEADER_BYTES = HEADER.size
FD_SPACE = _socket.CMSG_SPACE(4)
MSG_CMSG_CLOEXEC = getattr(_socket, "MSG_CMSG_CLOEXEC", 0x40000000)

_PRIVATE_FD_FLOOR = 500  # out of the way of handlers that close the descriptors they can guess
_MFD_CLOEXEC_AND_SEALING = 3
_F_ADD_SEALS = 1033
_SEAL_SHRINK_GROW_WRITE = 2 | 4 | 8


class ProtocolError(Exception):
    """The peer broke the rules of the protocol; the worker cannot go on."""


class Frame:
    """One received frame. `payload` is bytes of its own; `fd` is a descriptor the receiver must close, or -1."""

    __slots__ = ("kind", "call", "head", "payload", "fd")

    def __init__(self, kind: int, call: int, head: bytes, payload: bytes, fd: int = -1) -> None:
        self.kind = kind
        self.call = call
        self.head = head
        self.payload = payload
        self.fd = fd


def take_private(fd: int) -> _socket.socket:
    """Moves a worker's socket to a descriptor nobody guesses; `fd` becomes free."""
    try:
        private = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _PRIVATE_FD_FLOOR)
    except OSError:  # the limit of open files is below the floor
        private = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 4)
    os.close(fd)
    return _socket.socket(fileno=private)


def pack(kind: int, call: int, head: bytes, payload: bytes = b"") -> bytes:
    """The bytes of an inline frame; the caller has seen to its size."""
    return HEADER.pack(kind, 0, len(head), call, len(payload)) + head + payload


def send(sock: _socket.socket, kind: int, call: int, head: bytes, payload: bytes = b"") -> None:
    """Sends a frame, its payload in a memfd where the packet would be too large."""
    if len(head) > MAX_HEAD_BYTES:
        raise ProtocolError("head of %d bytes" % len(head))
    if HEADER_BYTES + len(head) + len(payload) <= MAX_PACKET_BYTES:
        sock.send(HEADER.pack(kind, 0, len(head), call, len(payload)) + head + payload)
        return
    fd = sealed_memfd(payload)
    try:
        fixed = HEADER.pack(kind, FLAG_MEMFD, len(head), call, len(payload))
        rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, fd.to_bytes(4, "little"))]
        sock.sendmsg([fixed + head], rights)
    finally:
        os.close(fd)


def sealed_memfd(payload: bytes) -> int:
    """A memfd that holds `payload` and can no longer change. The caller closes it."""
    fd = os.memfd_create("faasbatch", _MFD_CLOEXEC_AND_SEALING)
    try:
        left = memoryview(payload)
        while left:
            left = left[os.write(fd, left):]
        fcntl.fcntl(fd, _F_ADD_SEALS, _SEAL_SHRINK_GROW_WRITE)
    except BaseException:
        os.close(fd)
        raise
    return fd


def read_memfd(fd: int, size: int) -> bytes:
    """The first `size` bytes of a memfd, which is closed."""
    try:
        parts = []
        done = 0
        while done < size:
            part = os.pread(fd, size - done, done)
            if not part:
                raise ProtocolError("memfd holds %d of %d bytes" % (done, size))
            parts.append(part)
            done += len(part)
    finally:
        os.close(fd)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def passed_fd(ancillary: list) -> int:
    """The descriptor that came with a packet, or -1; surplus ones are closed."""
    found = -1
    for level, kind, data in ancillary:
        if level != _socket.SOL_SOCKET or kind != _socket.SCM_RIGHTS:
            continue
        for at in range(0, len(data) - 3, 4):
            fd = int.from_bytes(data[at:at + 4], "little")
            if found < 0:
                found = fd
            else:
                os.close(fd)
    return found


def parse(view: memoryview, size: int, fd: int) -> Frame:
    """The frame in the first `size` bytes of `view`."""
    if size < HEADER_BYTES:
        raise ProtocolError("packet of %d bytes" % size)
    kind, flags, head_size, call, payload_size = HEADER.unpack_from(view)
    body = HEADER_BYTES + head_size
    head = bytes(view[HEADER_BYTES:body])
    if flags & FLAG_MEMFD:
        if fd < 0 or body != size:
            raise ProtocolError("frame %d of call %d lacks its memfd" % (kind, call))
        return Frame(kind, call, head, read_memfd(fd, payload_size))
    if body + payload_size != size:
        raise ProtocolError("frame %d of call %d says %d bytes, has %d" % (kind, call, body + payload_size, size))
    return Frame(kind, call, head, bytes(view[body:size]), fd)


def receive_buffer() -> memoryview:
    """Room for any packet. Pages are taken as packets touch them; a bytearray's may all be cleared at once."""
    import mmap

    return memoryview(mmap.mmap(-1, MAX_PACKET_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


class Receiver:
    """Receives whole frames into one buffer of its own; one thread at a time may use it."""

    __slots__ = ("_sock", "_view")

    def __init__(self, sock: _socket.socket, buffer: "memoryview | None" = None) -> None:
        self._sock = sock
        self._view = buffer or memoryview(bytearray(MAX_PACKET_BYTES))

    def receive(self, flags: int = 0) -> "Frame | None":
        """The next frame; None when the peer has closed. BlockingIOError with MSG_DONTWAIT and none there."""
        size, ancillary, _, _ = self._sock.recvmsg_into((self._view,), FD_SPACE, flags | MSG_CMSG_CLOEXEC)
        if not size:
            return None
        return parse(self._view, size, passed_fd(ancillary) if ancillary else -1)
