#!/usr/bin/env python3
"""Supervisors, workers and agents that are killed or told to end while they work."""
import contextlib
import json
import os
import pathlib
import signal
import threading
import time
import unittest

import harness
from harness import ECHO, SLEEP, python, running, together, until

MODES = ("Threads", "Processes")
POISON = "import os, time\ndef handler(event):\n    time.sleep(0.05)\n    if event['i'] == 13:\n        {deed}\n    return event['i']\n"
# Says that it runs by a file, then returns when another file is there.
GATE = ("import os, time\ndef handler(event):\n    open(event['folder'] + '/began-%d-%d' % (event['i'], os.getpid()), 'w').close()\n"
        "    while not os.path.exists(event['folder'] + '/go'):\n        time.sleep(0.01)\n    return event['i']\n")
# Leaves a daemon behind that has a session of its own, and writes down its id.
DAEMON = ("import os, time\ndef handler(event):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork():\n            os._exit(0)\n"
          "        with open(event['file'] + '.new', 'w') as f:\n            f.write(str(os.getpid()))\n        os.rename(event['file'] + '.new', event['file'])\n"
          "        time.sleep(1000)\n        os._exit(0)\n"
          "    while not os.path.exists(event['file']):  # in a process of its own, what is left of the call's group ends with it\n        time.sleep(0.001)\n"
          "    return 'parent'\n")


class Poison(harness.Case):
    def test_64_calls_of_which_one_is_poison(self):
        for mode in MODES:
            for policy in ("Adaptive", "FixedWindow"):
                with self.subTest(mode=mode, policy=policy):
                    wf = f"poison-{mode}-{policy}".lower()
                    self.agent.apply(wf, [python("f", POISON.format(deed="os._exit(1)"), mode, 64 if mode == "Threads" else 16, batching={"policy": policy})])
                    answers = together(64, lambda i: self.agent.invoke(wf, {"i": i}))
                    bad = [(i, answer) for i, answer in enumerate(answers) if i != 13 and (answer.status, answer.body) != (200, b"%d" % i)]
                    self.assertEqual(len(bad), 0, f"{wf}: mates that did not answer, such as {bad[:1]}")
                    self.failure(answers[13], "WorkerCrashed")

    def test_many_poisons_at_once(self):
        code = POISON.format(deed="pass").replace("event['i'] == 13", "event['i'] % 4 == 1").replace("pass", "os._exit(1)")
        self.agent.apply("poisons", [python("f", code)])
        answers = together(40, lambda i: self.agent.invoke("poisons", {"i": i}))
        for i, answer in enumerate(answers):
            if i % 4 == 1:
                self.failure(answer, "WorkerCrashed")
            else:
                self.assertEqual((answer.status, answer.body), (200, b"%d" % i), answer)


class Killed(harness.Case):
    def batch_under_way(self, name, mode, count=16):
        """Starts calls that wait for a file; gives their folder, and a thread that collects the answers."""
        folder = pathlib.Path(self.folder())
        self.agent.apply(name, [python("f", GATE, mode, 32)])
        answers = []
        thread = threading.Thread(target=lambda: answers.extend(together(count, lambda i: self.agent.invoke(name, {"i": i, "folder": str(folder)}))))
        thread.start()
        until(lambda: len({f.name.split("-")[1] for f in folder.glob("began-*")}) == count, "the calls do not begin")
        return folder, thread, answers

    def finish(self, folder, thread, answers, count=16):
        (folder / "go").touch()
        thread.join(harness.PATIENCE)
        self.assertFalse(thread.is_alive(), "calls do not answer")
        self.assertEqual([(a.status, a.body) for a in answers], [(200, b"%d" % i) for i in range(count)])
        records = [self.agent.record(a.headers["invocation-id"]) for a in answers]
        self.assertTrue(all(len(r["steps"][0]["attempts"]) >= 2 for r in records), records[0])

    def workers_of(self, folder):
        return {int(f.name.split("-")[2]) for f in folder.glob("began-*")}

    def parents(self, pids):
        return {int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in pids}

    def test_supervisor_killed_during_a_batch(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                folder, thread, answers = self.batch_under_way("supervisor-" + mode.lower(), mode)
                family = self.workers_of(folder)
                # All in one moment as the agent sees it: else a call is tried again, alone, in a pod that is killed a moment later.
                pods = self.agent.pods()
                self.agent.process.send_signal(signal.SIGSTOP)
                for pod in pods:
                    os.kill(pod, signal.SIGKILL)
                self.agent.process.send_signal(signal.SIGCONT)
                harness.gone(family)
                self.finish(folder, thread, answers)

    def test_worker_killed_during_a_batch(self):
        folder, thread, answers = self.batch_under_way("worker", "Threads")
        for pid in self.workers_of(folder):
            os.kill(pid, signal.SIGKILL)
        self.finish(folder, thread, answers)

    def test_supervisor_stopped_for_a_while(self):
        """SIGSTOP and SIGCONT: nothing is lost, and nothing answers twice."""
        self.agent.apply("stopped", [python("f", SLEEP)])
        self.agent.output("stopped", {})
        pods = self.agent.pods()
        for pod in pods:
            os.kill(pod, signal.SIGSTOP)
        answers = []
        thread = threading.Thread(target=lambda: answers.extend(together(16, lambda i: self.agent.invoke("stopped", {"i": i}))))
        thread.start()
        until(lambda: self.agent.metric("faasbatch_runs_active") >= 16, "the runs do not come")
        for pod in pods:
            os.kill(pod, signal.SIGCONT)
        thread.join(harness.PATIENCE)
        self.assertEqual([(a.status, a.json()) for a in answers], [(200, {"i": i}) for i in range(16)])

    def test_pods_killed_again_and_again_under_load(self):
        self.hail("hail", lambda answered: [pid for pid in self.agent.pods() if pid in answered])

    def test_workers_killed_again_and_again_under_load(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                self.hail("hail-workers-" + mode.lower(), lambda answered: [pid for pid in self.agent.workers() if pid in answered], mode)

    def hail(self, name, victims, mode="Threads"):
        """Some of victims(those that have answered) are killed again and again while calls run: one that is killed while it loads is a
        function that does not load."""
        code = "import os, time\ndef handler(event):\n    time.sleep(event['sleep'])\n    return [event['i'], os.getpid(), os.getppid()]\n"
        self.agent.apply(name, [python("f", code, mode, limit=8)])
        end = threading.Event()
        answered = set()

        def call(i):
            answer = self.agent.invoke(name, {"sleep": 0.02, "i": i})
            if answer.status == 200:
                answered.update(answer.json()[1:])  # the parent of a worker is its pod; of a forked one, the zygote
            return answer

        def kill():
            killed = 0
            while not end.wait(0.3) and killed < 10:
                for pid in victims(answered)[:2]:
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
                        killed += 1

        killer = threading.Thread(target=kill)
        killer.start()
        answers = together(400, call, threads=16)
        end.set()
        killer.join()
        good = [i for i, a in enumerate(answers) if a.status == 200]
        self.assertTrue(all(answers[i].json()[0] == i for i in good))
        for answer in answers:
            if answer.status != 200:  # four attempts that each met a kill: an honest error
                self.assertIn(answer.json()["error"]["type"], ("PodLost", "WorkerCrashed"), answer)
        self.assertGreater(len(good), 380, f"{400 - len(good)} of 400 failed")


class Ends(unittest.TestCase):
    folder = harness.Case.folder
    new_agent = harness.Case.new_agent

    def start_daemon(self, agent, code=DAEMON, mode="Threads", **more):
        file = pathlib.Path(self.folder()) / "pid"
        agent.apply("daemon", [python("f", code, mode, **more)])
        self.assertEqual(agent.output("daemon", {"file": str(file)}), "parent")
        pid = int(until(lambda: file.exists() and file.read_text(), "the daemon does not come"))
        self.addCleanup(lambda: running(pid) and os.kill(pid, signal.SIGKILL))
        return pid

    def test_a_daemon_of_a_killed_pod_goes_with_it(self):
        """User code that kills its own supervisor, or stops it so that the agent has to end it by force."""
        for deed, more in (("SIGKILL", {}), ("SIGSTOP", {"timeout": "1s"})):
            for mode in MODES:
                with self.subTest(deed=deed, mode=mode):
                    agent = self.new_agent()
                    code = DAEMON + ("import signal\ndaemon = handler\ndef handler(event):\n    if 'file' in event:\n        return daemon(event)\n"
                                     "    pid = os.getppid()\n    while 'faasbatch-runtime' not in os.readlink('/proc/%d/exe' % pid):\n"
                                     "        pid = int(open('/proc/%d/stat' % pid).read().rsplit(')', 1)[1].split()[1])\n"
                                     f"    os.kill(pid, signal.{deed})\n    time.sleep(100)\n")
                    daemon = self.start_daemon(agent, code, mode, **more)
                    self.assertTrue(running(daemon))
                    answer = agent.invoke("daemon", {})
                    self.assertIn(answer.json()["error"]["type"], ("WorkerCrashed", "Timeout"), answer)
                    harness.gone([daemon], 20)
                    self.assertEqual(agent.stop(), 0)

    def test_sigterm_under_load(self):
        agent = self.new_agent()
        daemon = self.start_daemon(agent)
        agent.apply("work", [python("f", SLEEP)])
        agent.output("work", {})
        answers, refused = [], []

        def load(worker):
            for i in range(1000):
                try:
                    answer = agent.invoke("work", {"sleep": 0.05, "i": [worker, i]})
                except OSError:
                    return  # no longer listening
                if answer.status == 503:
                    refused.append(answer.json()["reason"])
                    return
                answers.append((answer.status, answer.json(), [worker, i]))

        threads = [threading.Thread(target=load, args=(w,)) for w in range(16)]
        for thread in threads:
            thread.start()
        until(lambda: len(answers) > 100, "no answers")
        self.assertEqual(agent.stop(), 0)
        for thread in threads:
            thread.join(harness.PATIENCE)
        wrong = [a for a in answers if a[0] != 200 or a[1]["i"] != a[2]]
        self.assertFalse(wrong, wrong[:3])
        self.assertLessEqual(set(refused), {"Draining"})
        harness.gone([daemon], 20)

    def test_sigterm_leaves_waiting_runs_to_the_next_agent(self):
        agent = self.new_agent("--drain-seconds", "1", "--data", self.folder())
        agent.apply("work", [python("f", ECHO)], [{"name": "pause", "wait": "5s"}, {"name": "two", "function": "f", "after": ["pause"]}])
        runs = [agent.accept("work", i) for i in range(20)]
        self.assertEqual(agent.stop(), 0)
        agent.start()
        for i, run in enumerate(runs):
            record = agent.ended(run)
            self.assertEqual((record["status"], record["output"]), ("Succeeded", i), record)
        self.assertEqual(agent.stop(), 0)

    def test_sigterm_twice_ends_at_once(self):
        for _ in range(4):
            self.sigterm_twice()

    def sigterm_twice(self):
        agent = self.new_agent()
        agent.apply("work", [python("f", SLEEP, timeout="100s")])
        agent.output("work", {})
        thread = threading.Thread(target=lambda: contextlib.suppress(Exception) and self.ignore(agent))
        thread.start()
        until(lambda: agent.metric("faasbatch_runs_active") >= 1, "the run does not begin")
        began = time.monotonic()
        agent.process.send_signal(signal.SIGTERM)
        until(lambda: "draining" in agent.log(), "it does not drain")
        agent.stop()
        self.assertLess(time.monotonic() - began, 25)
        thread.join(harness.PATIENCE)

    @staticmethod
    def ignore(agent):
        with contextlib.suppress(Exception):
            agent.invoke("work", {"sleep": 90})

    def test_agent_killed_under_load_leaves_no_process(self):
        agent = self.new_agent()
        daemon = self.start_daemon(agent)
        for mode in MODES:
            agent.apply("work-" + mode.lower(), [python("f", SLEEP, mode, 8)])
            for _ in range(16):
                agent.accept("work-" + mode.lower(), {"sleep": 20})
        until(lambda: len(agent.workers()) >= 10, "the workers do not come")
        family = harness.descendants(agent.process.pid)
        agent.process.kill()
        agent.process.wait()
        harness.gone(family + [daemon], 20)

    def test_agent_stopped_and_continued(self):
        agent = self.new_agent()
        agent.apply("work", [python("f", SLEEP)])
        run = agent.accept("work", {"sleep": 0.5})
        until(lambda: agent.record(run)["status"] == "Running", "the run does not begin")
        agent.process.send_signal(signal.SIGSTOP)
        until(lambda: pathlib.Path(f"/proc/{agent.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T", "it does not stop")
        agent.process.send_signal(signal.SIGCONT)
        self.assertEqual(agent.ended(run)["status"], "Succeeded")
        self.assertEqual(agent.stop(), 0)

    def test_agent_and_pods_killed_and_started_again_under_load(self):
        data = self.folder()
        agent = self.new_agent("--data", data)
        agent.apply("work", [python("f", SLEEP, limit=16)],
                    [{"name": "one", "function": "f"}, {"name": "pause", "wait": "300ms", "after": ["one"]},
                     {"name": "two", "function": "f", "after": ["pause"], "input": {"again": "${steps.one.output.i}"}}])
        accepted = {}
        for turn in range(3):
            end = threading.Event()

            def load(worker):
                for i in range(10_000):
                    if end.is_set():
                        return
                    try:
                        answer = agent.invoke("work", {"i": [turn, worker, i], "sleep": 0.01}, Prefer="respond-async")
                    except (OSError, harness.http.client.HTTPException):
                        return
                    if answer.status == 202:
                        accepted[answer.headers["invocation-id"]] = [turn, worker, i]

            before = len(accepted)
            threads = [threading.Thread(target=load, args=(w,)) for w in range(4)]
            for thread in threads:
                thread.start()
            until(lambda: len(accepted) >= before + 60, "nothing is accepted")
            family = harness.descendants(agent.process.pid)
            if turn == 1:  # a bad day for all: pods and workers too
                for pid in family:
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
            agent.process.kill()
            agent.process.wait()
            end.set()
            for thread in threads:
                thread.join(harness.PATIENCE)
            harness.gone(family, 20)
            agent.start()
        for run, i in accepted.items():
            record = agent.ended(run)
            self.assertEqual((record["status"], record["output"]), ("Succeeded", {"again": i}), record)
        self.assertEqual(agent.stop(), 0)


if __name__ == "__main__":
    harness.main()
