#!/usr/bin/env python3
"""Runs one example as its README says and holds the output against its expected.json.

    examples/run_example.py BUILD_DIR EXAMPLE

An object in expected.json must be contained in the output, anything else must be equal. Exit code 77: skipped, with the reason.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

DEADLINE = 60


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def contains(output, expected):
    if isinstance(expected, dict) and isinstance(output, dict):
        return all(key in output and contains(output[key], value) for key, value in expected.items())
    return output == expected


class Example:
    def __init__(self, build, name):
        self.bin = pathlib.Path(build) / "bin"
        self.build = pathlib.Path(build)
        self.folder = pathlib.Path(__file__).resolve().parent / name
        self.input = json.loads((self.folder / "input.json").read_text())
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="faasbatch-example-"))
        self.processes = []

    def start(self, argv):
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def redis(self):
        """A Redis of the example's own, in place of the one its input names."""
        if not shutil.which("redis-server"):
            skip("redis-server is not installed")
        if subprocess.run(["/usr/bin/python3", "-c", "import redis"], capture_output=True).returncode:
            skip("python3-redis is not installed")
        port = free_port()
        self.start(["redis-server", "--port", str(port), "--save", "", "--dir", str(self.scratch)])
        end = time.monotonic() + DEADLINE
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            assert time.monotonic() < end, "redis-server does not answer"
            time.sleep(0.01)
        self.input["redis"] = f"redis://127.0.0.1:{port}"
        return ["--redis", self.input["redis"]]

    def manifest(self):
        text = (self.folder / "workflow.yaml").read_text()
        text = text.replace("@PRIMES@", str(self.build / "examples" / "libprimes.so"))
        file = self.scratch / "workflow.yaml"
        file.write_text(text)
        return str(file), re.search(r"metadata: \{name: ([a-z-]+)\}", text).group(1)

    def run(self):
        options = self.redis() if "redis" in self.input else []
        manifest, workflow = self.manifest()
        agent = self.start([self.bin / "faasbatch", "dev", "--listen", "127.0.0.1:0", "--workflow", manifest, *options])
        ready = agent.stdout.readline()
        server = re.search(r"http://\S+", ready)
        assert server, f"the agent said {ready!r}"
        data = json.dumps(self.input)
        done = subprocess.run([self.bin / "faasbatch", "invoke", workflow, "-d", data, "--server", server.group()],
                              capture_output=True, text=True, timeout=DEADLINE)
        assert done.returncode == 0, done.stderr
        output = json.loads(done.stdout)
        expected = json.loads((self.folder / "expected.json").read_text())
        assert contains(output, expected), f"expected {expected}, got {output}"
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(DEADLINE) == 0, "the agent did not end well"
        print(f"{workflow}: {done.stdout.strip()[:200]}")

    def clean(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)


def main():
    example = Example(os.path.abspath(sys.argv[1]), sys.argv[2])
    try:
        example.run()
    finally:
        example.clean()


if __name__ == "__main__":
    main()
