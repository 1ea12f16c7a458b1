#!/usr/bin/env python3
"""Calls that hold up what they share with their mates, the event loop or the interpreter itself: the mates answer all the same."""
import unittest

import threading

import harness
from harness import python, together

MATES = 12
# One call does its deed where the others wait for a moment.
LOOP = ("import asyncio, time\nasync def handler(event):\n    if event['i'] == 5:\n        {deed}\n    await asyncio.sleep(0.05)\n    return event['i']\n"
        "async def block():\n    time.sleep(1000)\n")
THREADS = "import time\ndef handler(event):\n    if event['i'] == 5:\n        {deed}\n    time.sleep(0.05)\n    return event['i']\n"
# A regular expression that backtracks for ages, and holds the interpreter while it does.
REGEX = "import re; re.match('(a+)+$', 'a' * 60 + 'b')"


class HeldUp(harness.Case):
    def attempts(self, answers):
        return [len(self.agent.record(a.headers["invocation-id"])["steps"][0]["attempts"]) for a in answers]

    def mates_answer(self, name, code):
        """The answers: call 5 timed out, all the others are right."""
        self.agent.apply(name, [python("f", code, limit=MATES, timeout="2s")])
        answers = together(MATES, lambda i: self.agent.invoke(name, {"i": i}))
        self.failure(answers[5], "Timeout", 504, "Timeout")
        bad = [(i, answer) for i, answer in enumerate(answers) if i != 5 and (answer.status, answer.body) != (200, b"%d" % i)]
        self.assertEqual(len(bad), 0, f"mates that did not answer, such as {bad[:1]}")
        self.assertEqual(self.agent.output(name, {"i": 1}), 1)
        return answers

    def test_a_call_that_blocks_the_loop_of_its_mates(self):
        for name, deed in (("sleeps", "time.sleep(1000)"), ("spins", "\n        while True: pass"), ("in-a-task", "await asyncio.create_task(block())")):
            with self.subTest(deed=name):
                attempts = self.attempts(self.mates_answer("loop-" + name, LOOP.format(deed=deed)))
                self.assertEqual(attempts[5], 1, "it is known who blocks, so that nothing is tried again that did it")
                self.assertLessEqual(max(attempts), 2, attempts)

    def test_mates_that_have_not_begun_go_elsewhere_before_the_blocking_call_ends(self):
        code = "import asyncio, time\nasync def handler(event):\n    if event['i'] == 0:\n        time.sleep(8)\n    return event['i']\n"
        self.agent.apply("moves", [python("f", code, limit=MATES, timeout="20s")])
        self.agent.output("moves", {"i": 1})
        answers = together(MATES, lambda i: self.agent.invoke("moves", {"i": i}))
        self.assertEqual([(a.status, a.body) for a in answers], [(200, b"%d" % i) for i in range(MATES)])
        took = [float(a.headers["server-timing"].split("total;dur=")[1].split(",")[0]) for a in answers]
        self.assertGreaterEqual(took[0], 8000)
        self.assertLess(max(took[1:]), 7000, "they wait for no more than what it takes to see that the loop is held up")
        self.assertEqual(set(self.attempts(answers)), {1}, "none began twice")

    def test_calls_that_all_block_get_a_bounded_number_of_workers(self):
        agent = self.new_agent()
        agent.apply("all-block", [python("f", "import time\nasync def handler(event):\n    time.sleep(6)\n    return event\n", limit=MATES)])
        seen, end = [], threading.Event()

        def count():
            while not end.wait(0.2):
                seen.append(sum(" -S " in harness.command_line(pid) for pid in agent.workers()))

        counter = threading.Thread(target=count)
        counter.start()
        answers = together(MATES, lambda i: agent.invoke("all-block", i))
        end.set()
        counter.join()
        self.assertEqual([(a.status, a.body) for a in answers], [(200, b"%d" % i) for i in range(MATES)])
        # The one that takes calls, four that are held up, one that is just ending; the generic pod's.
        self.assertLessEqual(max(seen), 6 + 1, seen)
        self.assertGreater(max(seen), 3, "several of them at once, or it would have been one after the other")

    def test_a_call_that_holds_the_interpreter(self):
        """Nobody in its process can say so; neither a loop nor threads go on."""
        for name, code in (("loop", LOOP), ("threads", THREADS)):
            with self.subTest(kind=name):
                self.mates_answer("regex-" + name, code.format(deed=REGEX))


if __name__ == "__main__":
    harness.main()
