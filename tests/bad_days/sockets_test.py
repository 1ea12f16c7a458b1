#!/usr/bin/env python3
"""A killed agent leaves its directories of sockets in TMPDIR, and the next one clears them away."""
import pathlib
import unittest

import harness
from harness import ECHO, python, until


class Sockets(unittest.TestCase):
    folder, new_agent = harness.Case.folder, harness.Case.new_agent

    def test_nothing_of_a_killed_agent_lies_about(self):
        """Its directories of sockets are cleared away by the next agent at the latest."""
        directory = pathlib.Path(self.folder())
        agent = self.new_agent(env={**harness.os.environ, "TMPDIR": str(directory)})
        agent.apply("well", [python("f", ECHO)])
        self.assertEqual(agent.output("well", 1), 1)
        agent.process.kill()
        agent.process.wait()
        agent.start()
        self.assertEqual(agent.stop(), 0)
        until(lambda: not list(directory.iterdir()), lambda: f"left behind: {list(directory.iterdir())}", 20)


if __name__ == "__main__":
    harness.main()
