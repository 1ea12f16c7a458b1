"""`async def` handlers: tasks of one loop."""

import unittest

from supervisor import CANCEL, HELD_UP, PING, RETURNED, Worker


class Case(unittest.TestCase):
    def start(self, source: str, **spec: object) -> Worker:
        worker = Worker()
        self.addCleanup(worker.__exit__)
        self.assertNotIn("error", worker.load(source, **spec).head)
        return worker


class Tasks(Case):
    def test_many_sleep_at_once_on_one_thread(self) -> None:
        worker = self.start("import asyncio, threading\nasync def handler(event, context):\n    print('in', event)\n    here.append(event)\n    while len(here) < 200:\n        await asyncio.sleep(0.01)\n"
                            "    print('out', event)\n    return [event, threading.get_ident()]\nhere = []\n", limit=200)
        numbers = [worker.call(i) for i in range(200)]
        values = [worker.result(n).value() for n in numbers]
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

    def test_cancelled_in_the_turn_in_which_it_came(self) -> None:
        worker = self.start("import asyncio, time\nasync def handler(event, context):\n    time.sleep(event)\n")
        worker.call(0.3)  # so that the next two frames are read in one turn
        number = worker.call(0)
        worker.send(CANCEL, number, {})
        self.assertEqual(worker.result(number).head["error"]["type"], "Cancelled")

    def test_answers_a_ping_while_calls_wait(self) -> None:
        worker = self.start("import asyncio\nasync def handler(event, context):\n    await asyncio.sleep(60)\n")
        worker.call()
        worker.send(PING)
        self.assertEqual(worker.wait(PING).call, 0)

    def test_ends_with_the_supervisor(self) -> None:
        worker = self.start("import asyncio\nasync def handler(event, context):\n    await asyncio.sleep(60)\n")
        worker.call()
        self.assertEqual(worker.end(), 0)


class HeldUp(Case):
    """A blocked loop. The time of the blocking call is short, so that it is found out soon: in half of it."""

    SOURCE = ("import asyncio, time\nasync def inner():\n    time.sleep(60)\nasync def handler(event, context):\n    print('in', event)\n"
              "    if event == 'block':\n        time.sleep(60)\n    if event == 'task':\n        await asyncio.gather(asyncio.sleep(0), inner())\n"
              "    if event == 'callback':\n        asyncio.get_running_loop().call_later(0.01, time.sleep, 60)\n        await asyncio.sleep(9)\n"
              "    if event == 'leave':\n        asyncio.get_running_loop().call_later(0.01, time.sleep, 60)\n"
              "    if event == 'pause':\n        time.sleep(0.2)\n    if event == 'cancelled':\n        while not context.cancelled: time.sleep(0.01)\n"
              "    if event == 'wait':\n        await asyncio.sleep(0.3)\n    return event\n")

    def setUp(self) -> None:
        self.worker = self.start(self.SOURCE)

    def test_says_who_blocks_and_gives_back_what_has_not_begun(self) -> None:
        for event in ("block", "task", "callback"):
            self.worker = worker = self.start(self.SOURCE)
            number = worker.call(event, timeout=1)
            held = worker.wait(HELD_UP)
            self.assertEqual((held.call, held.head), (number, {"heldUp": 1}), event)
            later = worker.call(1)
            self.assertEqual(worker.wait(RETURNED).call, later)
            self.assertEqual(worker.log(later), "")

    def test_what_came_in_the_same_turn_goes_back_too(self) -> None:
        worker = self.worker
        worker.call("pause")  # so that the next frames are read in one turn
        first = worker.call("cancelled", timeout=1)
        second = worker.call(2)
        self.assertEqual(worker.wait(HELD_UP).call, first)
        third = worker.call(3)
        self.assertEqual([worker.wait(RETURNED).call, worker.wait(RETURNED).call], [second, third])
        worker.send(CANCEL, first, {})
        self.assertEqual(worker.result(first).value(), "cancelled")
        self.assertEqual(worker.wait(HELD_UP).head, {"heldUp": 0})
        self.assertEqual(worker.run(4).value(), 4)
        self.assertFalse({second, third} & set(worker.results))

    def test_what_has_begun_goes_on_when_the_loop_does(self) -> None:
        worker = self.worker
        waits = worker.call("wait")
        while worker.log(waits) != "in wait\n":
            worker.take()
        blocks = worker.call("cancelled", timeout=1)
        worker.wait(HELD_UP)
        worker.send(CANCEL, blocks, {})
        self.assertEqual(worker.result(waits).value(), "wait")

    def test_a_cancel_reaches_the_one_that_blocks(self) -> None:
        number = self.worker.call("cancelled", timeout=1)
        self.worker.wait(HELD_UP)
        self.worker.send(CANCEL, number, {})
        self.assertEqual(self.worker.result(number).value(), "cancelled")

    def test_a_call_that_has_ended_is_not_named(self) -> None:
        self.assertEqual(self.worker.run("leave").value(), "leave")
        self.worker.call("wait", timeout=1)
        self.assertEqual(self.worker.wait(HELD_UP).call, 0)


if __name__ == "__main__":
    unittest.main()
