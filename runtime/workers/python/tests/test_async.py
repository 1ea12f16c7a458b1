"""`async def` handlers: tasks of one loop."""

import time
import unittest

from supervisor import CANCEL, Worker


class Tasks(unittest.TestCase):
    def start(self, source: str, **spec: object) -> Worker:
        worker = Worker()
        self.addCleanup(worker.__exit__)
        self.assertNotIn("error", worker.load(source, **spec).head)
        return worker

    def test_many_sleep_at_once_on_one_thread(self) -> None:
        worker = self.start("import asyncio, threading\nasync def handler(event, context):\n    print('in', event)\n    await asyncio.sleep(0.2)\n"
                            "    print('out', event)\n    return [event, threading.get_ident()]\n", limit=200)
        started = time.monotonic()
        numbers = [worker.call(i) for i in range(200)]
        values = [worker.result(n).value() for n in numbers]
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual([v[0] for v in values], list(range(200)))
        self.assertEqual(len({v[1] for v in values}), 1)
        for i, number in enumerate(numbers):
            self.assertEqual(worker.log(number), "in %d\nout %d\n" % (i, i))

    def test_failures(self) -> None:
        worker = self.start("import asyncio, sys\nasync def handler(event):\n    if event == 'raise':\n        raise ValueError('x')\n"
                            "    if event == 'exit':\n        sys.exit(1)\n    if event == 'task':\n        async def bad():\n            sys.exit(2)\n"
                            "        asyncio.ensure_future(bad())\n        await asyncio.sleep(0.01)\n    if event == 'own':\n"
                            "        raise asyncio.CancelledError\n    if event == 'nan':\n        return float('nan')\n    return event\n")
        for event, kind in (("raise", "ValueError"), ("exit", "SystemExit"), ("own", "CancelledError"), ("nan", "InvalidOutput")):
            self.assertEqual(worker.run(event).head["error"]["type"], kind)
            self.assertEqual(worker.run(1).value(), 1)
        self.assertEqual(worker.run("task").value(), "task")
        self.assertEqual(worker.run(2).value(), 2)

    def test_cancel(self) -> None:
        worker = self.start("import asyncio\nasync def handler(event, context):\n    print('up')\n    try:\n        await asyncio.sleep(60)\n"
                            "    except asyncio.CancelledError:\n        print('told', context.cancelled)\n        raise\n")
        number = worker.call()
        worker.take()
        worker.send(CANCEL, number, {})
        self.assertEqual(worker.result(number).head["error"]["type"], "Cancelled")
        self.assertEqual(worker.log(number), "up\ntold True\n")
        worker.send(CANCEL, number + 1, {})
        self.assertEqual(worker.run().head["error"]["type"], "Cancelled")

    def test_work_given_to_threads_is_attributed(self) -> None:
        worker = self.start("import asyncio\nasync def handler(event, context):\n    await asyncio.to_thread(print, 'thread', event)\n"
                            "    await asyncio.get_running_loop().run_in_executor(None, print, 'executor', event)\n")
        numbers = [worker.call(i) for i in range(5)]
        for i, number in enumerate(numbers):
            self.assertNotIn("error", worker.result(number).head)
            self.assertEqual(worker.log(number), "thread %d\nexecutor %d\n" % (i, i))

    def test_async_callable_object_and_large_payloads(self) -> None:
        worker = self.start("class H:\n    async def __call__(self, event, context):\n        return event\nhandler = H()\n")
        self.assertEqual(worker.run("x" * 500000).value(), "x" * 500000)

    def test_ends_with_the_supervisor(self) -> None:
        worker = self.start("import asyncio\nasync def handler(event, context):\n    await asyncio.sleep(60)\n")
        worker.call()
        self.assertEqual(worker.end(), 0)


if __name__ == "__main__":
    unittest.main()
