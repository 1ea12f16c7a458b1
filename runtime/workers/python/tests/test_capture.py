"""What calls print: attribution, order, bounds, back pressure."""

import time
import unittest

from supervisor import Worker


class Capture(unittest.TestCase):
    def test_lines_of_concurrent_calls_keep_apart(self) -> None:
        source = ("import time, sys\ndef handler(event, context):\n    for k in range(20):\n        print('call', event, 'line', k)\n"
                  "        time.sleep(0.001)\n    print('tail', event, end='', file=sys.stderr)\n")
        with Worker() as worker:
            worker.load(source)
            numbers = [worker.call(i) for i in range(20)]
            for i, number in enumerate(numbers):
                worker.result(number)
                self.assertEqual(worker.log(number), "".join("call %d line %d\n" % (i, k) for k in range(20)))
                self.assertEqual(worker.log(number, "stderr"), "tail %d" % i)

    def test_log_limit_drops_and_says_so(self) -> None:
        with Worker() as worker:
            worker.load("def handler(event, context):\n    for _ in range(event):\n        print('\u00e9' * 500)\n", maxLogBytes=10000)
            number = worker.call(1000)
            worker.result(number)
            self.assertLessEqual(len(worker.log(number).encode()), 10000)
            self.assertGreater(len(worker.log(number).encode()), 9990)
            self.assertIn("%d bytes" % (1000 * 1001 - len(worker.log(number).encode())), worker.log(number, "system"))
            self.assertEqual(worker.logs[number][-1].head["f"], "system")
            number = worker.call(2)
            worker.result(number)
            self.assertEqual(worker.log(number, "system"), "", "each call has a limit of its own")

    def test_zero_log_limit(self) -> None:
        with Worker() as worker:
            worker.load("def handler():\n    print('x')\n", maxLogBytes=0)
            number = worker.call()
            worker.result(number)
            self.assertEqual([f.head["f"] for f in worker.logs[number]], ["system"])

    def test_much_output_is_fast_and_small(self) -> None:
        with Worker() as worker:
            worker.load("def handler(event, context):\n    for _ in range(30000):\n        print('x' * 1023)\n    return 'ok'\n")
            before = worker.rss_bytes()
            started = worker.cpu_seconds()
            self.assertEqual(worker.run().value(), "ok")
            self.assertLess(worker.cpu_seconds() - started, 10)
            self.assertLess(worker.rss_bytes() - before, 4 << 20)

    def test_a_supervisor_that_does_not_read_holds_the_writer_up(self) -> None:
        with Worker() as worker:
            worker.load("done = []\ndef handler(event, context):\n    for _ in range(50000):\n        print('x' * 1023)\n    return 'ok'\n",
                        maxLogBytes=1 << 30)
            before = worker.rss_bytes()
            number = worker.call()
            time.sleep(0.3)  # nothing is read meanwhile: the worker can only wait or grow
            self.assertLess(worker.rss_bytes() - before, 4 << 20)
            self.assertEqual(worker.result(number).value(), "ok")
            self.assertEqual(sum(len(f.payload) for f in worker.logs[number]), 50000 * 1024)

    def test_flush_sends_an_incomplete_line(self) -> None:
        with Worker() as worker:
            worker.load("import threading\ngate = threading.Event()\ndef handler(event, context):\n    if event:\n        gate.set()\n"
                        "        return\n    print('half', end='', flush=True)\n    gate.wait(15)\n    print(' whole')\n")
            number = worker.call()
            self.assertEqual(worker.take().payload, b"half")
            worker.run(1)
            worker.result(number)
            self.assertEqual(worker.log(number), "half whole\n")

    def test_long_lines_go_out_in_pieces_of_whole_characters(self) -> None:
        text = "a" + "\u4e16" * 30000
        with Worker() as worker:
            worker.load("import sys\ndef handler(event, context):\n    for c in event[:9000]:\n        sys.stdout.write(c)\n    print(event[9000:])\n",
                        maxLogBytes=1 << 20)
            number = worker.call(text)
            worker.result(number)
            for frame in worker.logs[number]:
                frame.payload.decode()
            self.assertEqual(worker.log(number), text + "\n")

    def test_threads_and_executors_of_a_handler_are_attributed(self) -> None:
        source = '''
import threading, concurrent.futures
pool = concurrent.futures.ThreadPoolExecutor(4)
class Own(threading.Thread):
    def run(self):
        print("subclass")
def handler(event, context):
    thread = threading.Thread(target=print, args=("thread", event)); thread.start(); thread.join()
    own = Own(); own.start(); own.join()
    pool.submit(print, "pool", event).result()
    assert list(pool.map(str, [1])) == ["1"]
'''
        with Worker() as worker:
            worker.load(source)
            for i in range(5):
                number = worker.call(i)
                self.assertNotIn("error", worker.result(number).head)
                self.assertEqual(worker.log(number), "thread %d\nsubclass\npool %d\n" % (i, i))
            self.assertNotIn(0, worker.logs)

    def test_output_after_the_end_has_call_zero(self) -> None:
        source = ("import threading\ngate = threading.Event()\ndef late():\n    gate.wait(15)\n    print('late')\n"
                  "def handler(event, context):\n    if event:\n        gate.set()\n    else:\n        print('first')\n"
                  "        threading.Thread(target=late, daemon=True).start()\n")
        with Worker() as worker:
            worker.load(source)
            worker.run()
            worker.run(1)
            while 0 not in worker.logs:
                worker.take()
            self.assertEqual(worker.log(0), "late\n")

    def test_logging_and_the_contexts_logger(self) -> None:
        source = '''
import logging, warnings
logging.basicConfig(level=logging.INFO, format="%(message)s")
def handler(event, context):
    logging.info("root %s", event)
    context.logger.info("own %s", event)
    context.logger.debug("not shown")
    warnings.warn("warned")
    try:
        raise ValueError("v")
    except ValueError:
        context.logger.exception("caught")
'''
        with Worker() as worker:
            worker.load(source)
            for i in range(2):
                number = worker.call(i)
                self.assertNotIn("error", worker.result(number).head)
                text = worker.log(number, "stderr")
                self.assertIn("root %d\n" % i, text)
                self.assertIn("INFO step: own %d\n" % i, text)
                self.assertIn("Traceback", text)
                self.assertNotIn("not shown", text)
            self.assertNotIn(0, worker.logs)

    def test_stream_behaves_like_a_text_file(self) -> None:
        source = '''
import sys, subprocess
def handler(event, context):
    sys.stdout.buffer.write("b\u00e9\\n".encode())
    sys.stdout.writelines(["w1\\n", "w2\\n"])
    print("flushed", flush=True)
    sys.stdout.reconfigure(line_buffering=False)
    sys.stdout.close()
    print("\\ud800")
    try:
        sys.stdout.write(5)
    except TypeError as error:
        print("TypeError")
    return [sys.stdout.isatty(), sys.stdout.writable(), sys.stdout.encoding, sys.stdout.fileno()]
'''
        with Worker() as worker:
            worker.load(source)
            number = worker.call()
            self.assertEqual(worker.result(number).value(), [False, True, "utf-8", 1])
            self.assertEqual(worker.log(number), "b\u00e9\nw1\nw2\nflushed\n\\ud800\nTypeError\n")

    def test_multiprocessing_prints_to_its_call(self) -> None:
        source = ("import multiprocessing\nfork = multiprocessing.get_context('fork')\ndef handler(event, context):\n"
                  "    p = fork.Process(target=print, args=('from the process',))\n    p.start()\n    p.join()\n    return p.exitcode\n")
        with Worker() as worker:
            worker.load(source)
            number = worker.call()
            self.assertEqual(worker.result(number).value(), 0)
            self.assertEqual(worker.log(number), "from the process\n")


if __name__ == "__main__":
    unittest.main()
