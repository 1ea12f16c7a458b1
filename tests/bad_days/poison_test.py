#!/usr/bin/env python3
"""A poison that takes its whole pod along. Its mates must answer, as those of a crashed worker do."""
import harness
from crashes_test import MODES, POISON
from harness import python, together


class DeeperPoison(harness.Case):
    def test_64_calls_of_which_one_kills_what_is_above_its_worker(self):
        for name, deed in (("supervisor", "os.kill(os.getppid(), 9); time.sleep(5)"), ("group", "os.killpg(0, 9); time.sleep(5)")):
            for mode in MODES:
                for policy in ("Adaptive", "FixedWindow"):
                    with self.subTest(poison=name, mode=mode, policy=policy):
                        wf = f"{name}-{mode}-{policy}".lower()
                        self.agent.apply(wf, [python("f", POISON.format(deed=deed), mode, 64 if mode == "Threads" else 16, batching={"policy": policy})])
                        answers = together(64, lambda i: self.agent.invoke(wf, {"i": i}))
                        bad = [(i, answer) for i, answer in enumerate(answers) if i != 13 and (answer.status, answer.body) != (200, b"%d" % i)]
                        self.assertEqual(len(bad), 0, f"{wf}: mates that did not answer, such as {bad[:1]}")
                        self.assertIn(answers[13].json()["error"]["type"], ("WorkerCrashed", "PodLost"), answers[13])


if __name__ == "__main__":
    harness.main()
