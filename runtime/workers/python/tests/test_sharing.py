"""Memoised constructors, with a real redis-server, boto3 and requests, and with classes of the test's own."""

import http.server
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from supervisor import SHARED, Worker
from test_zygote import forked

HAS_REDIS = importlib.util.find_spec("redis") is not None
HAS_REDIS_SERVER = shutil.which("redis-server") is not None
HAS_BOTO3 = importlib.util.find_spec("boto3") is not None
HAS_REQUESTS = importlib.util.find_spec("requests") is not None

CLIENTS = '''
import threading, time
lock = threading.Lock()
made = []
class Client:
    def __init__(self, host="h", port=1, *, options=None, slow=0):
        time.sleep(slow)
        with lock:
            made.append((host, port))
        if host == "bad":
            raise ConnectionError("no such host")
        self.host, self.options, self.open = host, options, True
    def close(self):
        self.open = False
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        self.close()
class Sub(Client):
    pass
def build(name, size=1):
    made.append(name)
    return {"name": name}
class Maker:
    @classmethod
    def of(cls, name):
        return [cls.__name__, name]
class Slots:
    __slots__ = ()
'''

SHARE = ["fn.Client", "fn.build", "fn.Maker.of"]


class Own(unittest.TestCase):
    """Names listed in `share`."""

    def value(self, body: str, **spec: object) -> object:
        with Worker() as worker:
            lines = "".join("    %s\n" % line for line in body.splitlines())
            head = worker.load(CLIENTS + "def handler(event, context):\n" + lines, **{"share": SHARE, **spec}).head
            self.assertNotIn("error", head)
            frame = worker.run(1)
            self.assertNotIn("error", frame.head, frame.head)
            return frame.value()

    def test_same_arguments_same_client(self) -> None:
        self.assertEqual(self.value(
            "a = [Client(), Client('h'), Client(port=1), Client(host='h', port=1), Client('h', 1, options=None)]\n"
            "b = [Client('i'), Client('h', True), Client('h', 1.0), Sub(), Sub()]\n"
            "return [len(set(map(id, a))), len(set(map(id, a + b))), isinstance(a[0], Client), type(a[0]) is Client]\n"),
            [1, 6, True, True])

    def test_containers_by_value_and_what_cannot_be_compared(self) -> None:
        self.assertEqual(self.value(
            "class Odd:\n    __hash__ = None\n"
            "a = Client(options={'x': [1, {2, 3}]}) is Client(options={'x': [1, {3, 2}]})\n"
            "b = Client(options={'x': [1]}) is Client(options={'x': [2]})\n"
            "c = Client(options=Odd()) is Client(options=Odd())\n"
            "odd = Odd()\nd = Client(options=odd) is Client(options=odd)\n"
            "plain = object()\ne = Client(options=plain) is Client(options=plain)\n"
            "ring = []\nring.append(ring)\nf = Client(options=ring) is Client(options=ring)\n"
            "return [a, b, c, d, e, f]\n"), [True, False, False, False, True, False])

    def test_single_flight(self) -> None:
        source = CLIENTS + ("barrier = threading.Barrier(16)\ndef handler(event, context):\n    barrier.wait(15)\n"
                            "    c = Client('one', slow=0.1)\n    return [id(c), len(made)]\n")
        with Worker() as worker:
            worker.load(source, share=SHARE, limit=16)
            values = [worker.result(n).value() for n in [worker.call() for _ in range(16)]]
            self.assertEqual(len({v[0] for v in values}), 1)
            self.assertEqual({v[1] for v in values}, {1})

    def test_failures_are_not_kept(self) -> None:
        source = CLIENTS + "def handler(event, context):\n    Client('bad', slow=0.02)\n"
        with Worker() as worker:
            worker.load(source, share=SHARE)
            for number in [worker.call() for _ in range(8)]:
                self.assertEqual(worker.result(number).head["error"]["type"], "ConnectionError")
        self.assertEqual(self.value("for _ in range(3):\n    try:\n        Client('bad')\n    except ConnectionError:\n        pass\nreturn len(made)\n"), 3)

    def test_close_and_with_leave_it_open(self) -> None:
        self.assertEqual(self.value("a = Client()\na.close()\nwith Client() as b:\n    pass\nc = Sub()\nc.close()\n"
                                    "return [a.open, b is a, c.open]\n"), [True, True, False])

    def test_unshared(self) -> None:
        self.assertEqual(self.value(
            "import faasbatch\na = Client()\nwith faasbatch.unshared():\n    b = Client()\n    c = Client()\n    c.close()\n"
            "return [a is Client(), a is b, b is c, c.open, a.open]\n"), [True, False, False, False, True])

    def test_switched_off(self) -> None:
        self.assertEqual(self.value("return [Client() is Client(), build('x') is build('x')]\n", env={"FAASBATCH_SHARE": "off"}), [False, False])

    def test_copies_and_pickles_are_plain(self) -> None:
        self.assertEqual(self.value(
            "import copy, pickle\na = Client()\nb = copy.copy(a)\nc = pickle.loads(pickle.dumps(a))\nd = copy.deepcopy(a)\nb.host = 'other'\n"
            "return [a is b, a is c, a is d, a.host, c.host, len(made), b'faasbatch' in pickle.dumps(a)]\n"),
            [False, False, False, "h", "h", 1, False])

    def test_functions_and_class_methods(self) -> None:
        self.assertEqual(self.value(
            "class Down(Maker):\n    pass\n"
            "return [build('x') is build(name='x', size=1), build('x') is build('y'), made, Maker.of(1) is Maker.of(1), Down.of(1), build.__name__]\n"),
            [True, False, ["x", "y"], True, ["Down", 1], "build"])

    def test_metaclasses_still_combine(self) -> None:
        self.assertEqual(self.value("import abc\nclass A(Client, abc.ABC):\n    pass\nreturn [A() is A(), isinstance(A(), Client)]\n"), [False, True])

    def test_what_cannot_be_shared_is_said(self) -> None:
        with Worker() as worker:
            worker.load(CLIENTS + "def handler():\n    return Slots() is not None\n", share=["fn.Slots", "fn.Nothing", "datetime.datetime"])
            self.assertIn("weak references", worker.log(0, "stderr"))
            self.assertIn("has no Nothing", worker.log(0, "stderr"))
            self.assertIs(worker.run().value(), True)

    def test_names_of_another_module_and_no_import_without_need(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(folder + "/lib")
            for name, text in (("lib/__init__.py", ""), ("lib/inner.py", "class C:\n    pass\n"), ("unused.py", "1/0\n"),
                               ("mod.py", "from lib.inner import C\nimport sys\ndef handler():\n    return [C() is C(), 'unused' in sys.modules]\n")):
                with open(os.path.join(folder, name), "w") as file:
                    file.write(text)
            with Worker() as worker:
                worker.load(None, source={"path": folder}, handler="mod.handler", share=["lib.inner.C", "unused.X"])
                self.assertEqual(worker.run().value(), [True, False])
                self.assertEqual(worker.logs, {})

    def test_number_kept_is_bounded(self) -> None:
        self.assertEqual(self.value(
            "import sys\nsharing = sys.modules['faasbatch_worker.sharing']\nfirst = Client(0)\nfor i in range(1, 300):\n    Client(i)\n"
            "r = sharing.report()\nfirst.close()\nreturn [len(sharing.entries()) <= sharing.MAX_SHARED, r[0]['made'], first.open]\n"),
            [True, 300, True])

    def test_report(self) -> None:
        with Worker() as worker:
            worker.load(CLIENTS + "def handler(event, context):\n    Client()\n", share=SHARE)
            for _ in range(10):
                worker.run()
            report = worker.wait(SHARED).head
            while report[0]["reused"] < 9:  # one may have come in the midst of the calls
                report = worker.wait(SHARED).head
            self.assertEqual([(r["constructor"], r["made"], r["reused"]) for r in report], [("fn.Client", 1, 9)])
            self.assertEqual(set(report[0]), {"constructor", "made", "reused", "savedBytes"})

    def test_forked_children_build_their_own(self) -> None:
        with Worker() as worker:
            worker.load(CLIENTS + "def handler(event, context):\n    Client('late')\n    Client('late')\n    return made\n", share=SHARE, mode="Processes")
            for _ in range(2):
                self.assertEqual(forked(worker, 1)[0].result().value(), [["late", 1]])


@unittest.skipUnless(HAS_REDIS, "python3-redis is not installed")
class Redis(unittest.TestCase):
    def setUp(self) -> None:
        if not HAS_REDIS_SERVER:
            self.skipTest("redis-server is not installed")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        server = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", folder.name],
                                  stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        self.fail("redis-server did not come up")

    def test_one_pool_for_all_calls(self) -> None:
        source = ("import redis\nfrom redis import Redis, from_url, StrictRedis\ndef handler(event, context):\n"
                  "    a = redis.Redis(host='127.0.0.1', port=%d)\n    b = Redis('127.0.0.1', %d)\n    c = StrictRedis(port=%d, host='127.0.0.1')\n"
                  "    u, v, w = from_url('redis://127.0.0.1:%d'), redis.from_url('redis://127.0.0.1:%d'), Redis.from_url('redis://127.0.0.1:%d')\n"
                  "    assert a is b is c and u is v is w and u is not a and isinstance(u, redis.Redis)\n"
                  "    with a as opened:\n        opened.incr('n')\n    u.close()\n    u.incr('n')\n    assert a.pipeline().incr('m').execute()\n"
                  "    return [id(a), id(u), a.info('stats')['total_connections_received']]\n") % ((self.port,) * 6)
        with Worker() as worker:
            self.assertNotIn("error", worker.load(source, limit=4).head)
            expected = 0
            values = []
            for _ in range(25):
                for number in [worker.call() for _ in range(4)]:
                    frame = worker.result(number)
                    self.assertNotIn("error", frame.head, frame.head)
                    values.append(frame.value())
                    expected += 1
            self.assertEqual(len({tuple(v[:2]) for v in values}), 1)
            self.assertLessEqual(max(v[2] for v in values), 12, "connections are those of two pools, not of 100 calls")
            report = worker.wait(SHARED).head
            while not all(r["savedBytes"] for r in report):
                report = worker.wait(SHARED).head
            by_name = {r["constructor"]: r for r in report}
            self.assertEqual((by_name["redis.Redis"]["made"], by_name["redis.from_url"]["made"]), (1, 1))

    def test_client_made_before_the_fork_works_in_children(self) -> None:
        source = ("import redis\nc = redis.Redis(host='127.0.0.1', port=%d)\nc.set('k', 0)\ndef handler(event, context):\n"
                  "    return [c is redis.Redis(host='127.0.0.1', port=%d), c.incr('k')]\n") % (self.port, self.port)
        with Worker() as worker:
            worker.load(source, mode="Processes")
            children = [forked(worker, 1)[0] for _ in range(5)]
            values = [c.result().value() for c in children]
            self.assertEqual({v[0] for v in values}, {True})
            self.assertEqual(sorted(v[1] for v in values), [1, 2, 3, 4, 5])

    def test_children_tell_what_they_reused(self) -> None:
        source = "import redis\nc = redis.Redis(port=%d)\ndef handler(event, context):\n" % self.port
        source += "    for _ in range(event):\n        redis.Redis(port=%d)\n    redis.Redis(db=1), redis.Redis(db=1)\n" % self.port
        with Worker() as worker:
            worker.load(source, mode="Processes")
            self.assertEqual([(r["made"], r["reused"], r["savedBytes"]) for r in worker.wait(SHARED).head], [(1, 0, 0)])
            saved = []
            for count in (1, 3):
                child = forked(worker, count)[0]
                self.assertNotIn("error", child.result().head)
                [report] = child.receive().head
                self.assertEqual((report["constructor"], report["made"], report["reused"]), ("redis.Redis", 1, count + 1))
                saved.append(report["savedBytes"])
                self.assertIsNone(child.receive())
            self.assertGreater(saved[0], 0)
            self.assertEqual(saved[1], 3 * saved[0], "the size of one, as often as what the zygote made was reused")

    def test_binding(self) -> None:
        with Worker() as worker:
            worker.load("def handler(event, context):\n    c = context.binding('cache')\n    return [id(c), c.incr('x')]\n",
                        bindings=[{"name": "cache", "kind": "Redis", "url": "redis://127.0.0.1:%d" % self.port}])
            values = [worker.run().value() for _ in range(3)]
            self.assertEqual(len({v[0] for v in values}), 1)
            self.assertEqual([v[1] for v in values], [1, 2, 3])


@unittest.skipUnless(HAS_REQUESTS, "python3-requests is not installed")
class Requests(unittest.TestCase):
    def test_session(self) -> None:
        source = ("import requests, copy\ndef handler(event, context):\n    with requests.Session() as s:\n        pass\n    t = copy.copy(s)\n"
                  "    return [s is requests.Session(), requests.session() is s, t is s, t.headers == s.headers]\n")
        with Worker() as worker:
            worker.load(source)
            self.assertEqual(worker.run().value(), [True, True, False, True])


    def test_plain_requests_keep_no_cookies(self) -> None:
        seen = []

        class Cookies(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.headers.get("Cookie"))
                self.send_response(200)
                self.send_header("Set-Cookie", "k=v")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cookies)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        source = ("import requests\nfrom requests import get\nURL = 'http://127.0.0.1:%d/'\ndef handler(event, context):\n"
                  "    requests.get(URL), get(URL), requests.request('GET', URL)\n    requests.Session().get(URL)\n"
                  "    requests.Session().get(URL)\n    requests.get(URL)\n") % server.server_address[1]
        with Worker({"NO_PROXY": "*", "no_proxy": "*"}) as worker:
            worker.load(source)
            self.assertNotIn("error", worker.run().head)
        self.assertEqual(seen, [None, None, None, None, "k=v", None])

    def test_size_is_measured_though_a_call_never_ends(self) -> None:
        source = ("import requests, time\ndef handler(event, context):\n    requests.Session()\n    if event:\n        time.sleep(60)\n")
        with Worker() as worker:
            worker.load(source)
            worker.call(1)
            worker.run()
            report = worker.wait(SHARED).head
            while not report[0]["savedBytes"] or not report[0]["reused"]:
                report = worker.wait(SHARED).head
            self.assertEqual(report[0]["reused"], 1)
            self.assertLess(report[0]["savedBytes"], 1 << 20)


@unittest.skipUnless(HAS_BOTO3, "python3-boto3 is not installed")
class Boto3(unittest.TestCase):
    SOURCE = ("import boto3, time, threading\nbarrier = threading.Barrier(10)\ndef handler(event, context):\n    barrier.wait(15)\n"
              "    began = time.perf_counter()\n    c = boto3.client('s3', region_name='eu-west-1')\n    return [id(c), time.perf_counter() - began]\n")
    ENV = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_EC2_METADATA_DISABLED": "true"}

    def test_ten_at_once_build_one(self) -> None:
        with Worker() as worker:
            self.assertNotIn("error", worker.load(self.SOURCE, env=self.ENV).head)
            for _ in range(3):
                values = [worker.result(n).value() for n in [worker.call() for _ in range(10)]]
                self.assertEqual(len({v[0] for v in values}), 1)
            report = worker.wait(SHARED).head
            while not report[0]["savedBytes"] or report[0]["reused"] < 29:
                report = worker.wait(SHARED).head
            self.assertEqual([(r["constructor"], r["made"], r["reused"]) for r in report], [("boto3.client", 1, 29)])

    def test_keys(self) -> None:
        source = ("import boto3\nfrom botocore.config import Config\ndef handler(event, context):\n    region = {'region_name': 'eu-west-1'}\n"
                  "    a = boto3.client('s3', **region)\n    a.close()\n"
                  "    same = [boto3.client(service_name='s3', **region) is a,\n"
                  "            boto3.client('s3', config=Config(retries={'max_attempts': 2}), **region) is boto3.client('s3', config=Config(retries={'max_attempts': 2}), **region),\n"
                  "            boto3.Session(**region).client('sqs') is boto3.Session(**region).client('sqs')]\n"
                  "    apart = [boto3.client('sqs', **region) is a, boto3.client('s3', region_name='us-east-1') is a,\n"
                  "             boto3.Session(aws_access_key_id='x', aws_secret_access_key='y').client('s3', **region) is a]\n"
                  "    return [same, apart]\n")
        with Worker() as worker:
            worker.load(source, env=self.ENV)
            frame = worker.run()
            self.assertNotIn("error", frame.head, frame.head)
            self.assertEqual(frame.value(), [[True] * 3, [False] * 3])


if __name__ == "__main__":
    unittest.main()
