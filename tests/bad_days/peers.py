"""The real stores of the tests: redis-server, and npm's pouchdb-server, which speaks CouchDB's protocol."""
import json
import pathlib
import shutil
import signal
import socket
import tempfile
import urllib.request

import harness


class Peer:
    """A server on a port of its own; `missing` says why there is none."""
    missing = ""

    def start(self):
        self.process = harness.start_process(self.argv, cwd=self.folder, stdout=harness.subprocess.DEVNULL, stderr=harness.subprocess.DEVNULL)
        harness.until(self.answers, f"{self.argv[0]} does not answer")

    def answers(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def make(self):
        self.port = harness.free_port()
        self.folder = tempfile.mkdtemp(prefix="bad-days-")
        harness.atexit.register(shutil.rmtree, self.folder, ignore_errors=True)


class Redis(Peer):
    def __init__(self):
        self.make()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.argv = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        if not shutil.which("redis-server"):
            self.missing = "redis-server is not installed"
        else:
            self.start()

    def command(self, *words):
        """The raw first line of the answer to a command."""
        with socket.create_connection(("127.0.0.1", self.port), 20) as s:
            s.sendall(f"*{len(words)}\r\n".encode() + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in (str(word).encode() for word in words)))
            return s.makefile("rb").readline().strip()

    def keys(self):
        return int(self.command("DBSIZE")[1:])


class CouchDB(Peer):
    def __init__(self):
        self.make()
        self.url = f"http://127.0.0.1:{self.port}/faasbatch"
        program = harness.ROOT / "build/peers/node_modules/.bin/pouchdb-server"
        config = pathlib.Path(self.folder) / "config.json"
        config.write_text("{}\n")
        self.argv = [str(program), "--in-memory", "--host", "127.0.0.1", "--port", str(self.port), "--dir", self.folder, "--config", str(config)]
        if not program.exists() or not shutil.which("node"):
            self.missing = "pouchdb-server is not installed (npm install --ignore-scripts --prefix build/peers pouchdb-server)"
        else:
            self.start()

    def documents(self):
        with urllib.request.urlopen(f"{self.url}/_all_docs", timeout=20) as answer:
            return json.load(answer)["total_rows"]
