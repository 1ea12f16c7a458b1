#!/usr/bin/env python3
"""Not registered yet: a call that blocks the event loop its mates share. They must answer all the same: not they exceeded their time."""
import harness
from harness import python, together

CODE = "import asyncio, time\nasync def handler(event):\n    if event['i'] == 5:\n        time.sleep(1000)\n    await asyncio.sleep(0.05)\n    return event['i']\n"


class BlockedLoop(harness.Case):
    def test_a_call_that_blocks_the_loop_of_its_mates(self):
        self.agent.apply("blocks", [python("f", CODE, limit=12, timeout="2s")])
        answers = together(12, lambda i: self.agent.invoke("blocks", {"i": i}))
        self.failure(answers[5], "Timeout", 504, "Timeout")
        bad = [(i, answer) for i, answer in enumerate(answers) if i != 5 and (answer.status, answer.body) != (200, b"%d" % i)]
        self.assertEqual(len(bad), 0, f"mates that did not answer, such as {bad[:1]}")


if __name__ == "__main__":
    harness.main()
