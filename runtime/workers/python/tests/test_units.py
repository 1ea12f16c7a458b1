"""Parts by themselves: packets, JSON, error texts, keys of shared arguments, reading of signatures."""

import functools
import json
import os
import random
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from faasbatch_worker import capture, codec, errors, frames, share_keys, signature  # noqa: E402

SEED = 20240607


class Frames(unittest.TestCase):
    def pair(self):
        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(left.close)
        self.addCleanup(right.close)
        return left, frames.Receiver(right)

    def test_round_trip_of_all_sizes(self) -> None:
        left, receiver = self.pair()
        largest = frames.MAX_PACKET_BYTES - frames.HEADER_BYTES - 2
        open_before = len(os.listdir("/proc/self/fd"))
        for size in (0, 1, 4095, largest, largest + 1, 1 << 20):
            payload = os.urandom(size)
            frames.send(left, frames.CALL, 0xFFFFFFFF, b"{}", payload)
            frame = receiver.receive()
            self.assertEqual((frame.kind, frame.call, frame.head, frame.payload), (frames.CALL, 0xFFFFFFFF, b"{}", payload))
        self.assertEqual(len(os.listdir("/proc/self/fd")), open_before)

    def test_too_long_head_is_refused(self) -> None:
        left, _ = self.pair()
        with self.assertRaises(frames.ProtocolError):
            frames.send(left, frames.CALL, 1, b"x" * 65536)

    def test_any_bytes_are_a_frame_or_a_protocol_error(self) -> None:
        chance = random.Random(SEED)
        good = frames.pack(frames.CALL, 7, b'{"i":"x"}', b"[1,2,3]")
        refused = 0
        for _ in range(5000):
            data = bytearray(good)
            for _ in range(chance.randrange(1, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            data = data[:chance.randrange(len(data) + 1)]
            try:
                frame = frames.parse(memoryview(bytes(data) + bytes(64)), len(data), -1)
                self.assertEqual(len(data), frames.HEADER_BYTES + len(frame.head) + len(frame.payload))
            except frames.ProtocolError:
                refused += 1
        self.assertGreater(refused, 1000)

    def test_memfd_shorter_than_it_says(self) -> None:
        fd = frames.sealed_memfd(b"abc")
        packet = frames.HEADER.pack(frames.CALL, 1, 2, 1, 10) + b"{}"
        with self.assertRaises(frames.ProtocolError):
            frames.parse(memoryview(packet), len(packet), fd)

    def test_memfd_is_sealed(self) -> None:
        fd = frames.sealed_memfd(b"abc")
        self.addCleanup(os.close, fd)
        for change in (lambda: os.pwrite(fd, b"x", 0), lambda: os.ftruncate(fd, 1), lambda: os.ftruncate(fd, 9)):
            self.assertRaises(OSError, change)


class Json(unittest.TestCase):
    def random_value(self, chance: random.Random, depth: int = 0) -> object:
        kind = chance.randrange(8 if depth < 4 else 6)
        if kind == 6:
            return [self.random_value(chance, depth + 1) for _ in range(chance.randrange(4))]
        if kind == 7:
            return {chr(chance.randrange(1, 0x300)): self.random_value(chance, depth + 1) for _ in range(chance.randrange(4))}
        return (None, True, chance.randrange(-10**18, 10**18), chance.random() * 1e9,
                "".join(map(chr, chance.sample(range(0xD800), 5))), "")[kind]

    def test_agrees_with_json(self) -> None:
        chance, own = random.Random(SEED), codec.Codec()
        for _ in range(2000):
            value = self.random_value(chance)
            data = own.encode(value)
            self.assertEqual(data, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
            self.assertEqual(own.decode(data), value)
            self.assertEqual(own.decode(memoryview(b" \n" + data + b"\t")), value)

    def test_goes_on_after_a_failure(self) -> None:
        own = codec.Codec()
        inner: list = [1]
        for bad in (float("nan"), [object()], {"a": {1, 2}}, "\udc00"):
            with self.assertRaises(errors.RuntimeFailure):
                own.encode([inner, bad])
            self.assertEqual(own.encode([inner, inner]), b"[[1],[1]]")


class Errors(unittest.TestCase):
    def test_always_fits_a_head(self) -> None:
        chance = random.Random(SEED)
        for _ in range(50):
            text = "".join(chr(chance.choice((0, 1, 34, 92, 65, 0x4E16, 0xD800))) for _ in range(chance.randrange(60000)))
            data = errors.encode(errors.describe(ValueError(text)))
            self.assertLess(len(data), 60_001)
            self.assertEqual(json.loads(data)["type"], "ValueError")

    def test_cut_keeps_both_ends(self) -> None:
        text = errors._cut("a" * 1000 + "\u4e16" * 10000 + "z" * 1000, 2000)
        self.assertLessEqual(len(text.encode()), 2000)
        self.assertTrue(text.startswith("aaa") and text.endswith("zzz"))
        self.assertIn("left out", text)


class Text(unittest.TestCase):
    def test_boundary_never_splits_a_character(self) -> None:
        data = "a\u00e9\u4e16\U0001f600".encode() * 3
        for end in range(len(data) + 1):
            data[:capture._boundary(data, end)].decode()


class Keys(unittest.TestCase):
    def test_values_apart_and_alike(self) -> None:
        alike = [([1, {"a": (2,)}], [1, {"a": (2,)}]), ({"x": 1, "y": 2}, {"y": 2, "x": 1}), ({1, 2}, frozenset((2, 1)))]
        apart = [(1, True), (1, 1.0), ("1", b"1"), ([1], (1,)), (None, 0), ({"a": 1}, {"a": 2})]
        for one, other in alike:
            self.assertEqual(share_keys.freeze(one), share_keys.freeze(other))
        for one, other in apart:
            self.assertNotEqual(share_keys.freeze(one), share_keys.freeze(other))

    def test_names_and_defaults_are_filled_in(self) -> None:
        def make(a, b=2, *rest, c=3, **more):
            del a, b, rest, c, more

        key = functools.partial(share_keys.key_of, make, 0)
        self.assertEqual(key((1,), {}), key((), {"a": 1, "c": 3, "b": 2}))
        self.assertNotEqual(key((1, 2, 9), {}), key((1,), {}))
        self.assertNotEqual(key((1,), {"d": 4}), key((1,), {}))
        self.assertIsNone(key(([[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]],), {}))

    def test_names_are_those_of_what_a_decorator_wraps(self) -> None:
        def make(a, b=2):
            del a, b

        @functools.wraps(make)
        def decorated(*args, **kwargs):
            return make(*args, **kwargs)

        key = functools.partial(share_keys.key_of, decorated, 0)
        self.assertEqual(key((1,), {}), key((), {"a": 1, "b": 2}))
        self.assertNotEqual(key((1,), {}), key((2,), {}))

    def test_only_a_default_is_the_same_without_a_hash(self) -> None:
        class Retry:
            def __init__(self, times):
                self.times = times

            def __eq__(self, other):
                return self.times == other.times

        def make(a, retry=Retry(3)):
            del a, retry

        key = functools.partial(share_keys.key_of, make, 0)
        self.assertIsNotNone(key((1,), {}))
        self.assertEqual(key((1,), {}), key((), {"a": 1}))
        self.assertIsNone(key((1, Retry(3)), {}))


class Signatures(unittest.TestCase):
    def test_counts(self) -> None:
        class Thing:
            def method(self, event):
                return event

            @staticmethod
            def static(event, context):
                return event

            @classmethod
            def of(cls, event):
                return event

            async def __call__(self, event, context):
                return event

        thing = Thing()
        for handler, count in ((thing.method, 1), (thing.static, 2), (Thing.of, 1), (thing, 2), (lambda: 0, 0), (lambda *a: 0, 2),
                               (functools.partial(thing.static, 1), 1), (print, 2), (lambda a, b=1, c=2: 0, 2)):
            self.assertEqual(signature._count(handler), count, handler)
        self.assertTrue(signature.is_async(thing))
        self.assertTrue(signature.is_async(functools.partial(thing, 1)))
        self.assertFalse(signature.is_async(thing.method))


if __name__ == "__main__":
    unittest.main()
