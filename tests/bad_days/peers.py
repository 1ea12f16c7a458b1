"""The real stores of the tests: redis-server, and npm's pouchdb-server, which speaks CouchDB's protocol."""
import http.server
import json
import pathlib
import shutil
import signal
import socket
import tempfile
import threading
import time
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


class Between:
    """A wire to a peer that can be made bad: `mode` is "good", "slow" (16 KiB at a time, 10 ms apart), "dead" (takes bytes and gives none: half open)
    or "cut" (the connection ends after 1 000 bytes of answers)."""

    def __init__(self, port):
        self.to, self.mode = port, "good"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.to), 20)
            except OSError:
                client.close()
                continue
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.carry, args=(source, sink, answers), daemon=True).start()

    def carry(self, source, sink, answers):
        carried = 0
        try:
            while data := source.recv(16_384):
                mode = self.mode
                if mode == "dead":
                    continue
                if mode == "slow":
                    time.sleep(0.01)
                if mode == "cut" and answers:
                    data = data[:max(0, 1000 - carried)]
                sink.sendall(data)
                carried += len(data)
                if mode == "cut" and answers and carried >= 1000:
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


class FullCouchDB:
    """Speaks just enough of CouchDB's protocol to have no room: every document is answered 507."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body):
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def write(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.command == "PUT" and self.path.strip("/").count("/") == 0:
                    return self.answer(412, {"error": "file_exists", "reason": "The database could not be created, the file already exists."})
                FullCouchDB.refused += 1
                return self.answer(507, {"error": "insufficient_storage", "reason": "no room on the disk"})

            def do_GET(self):
                if self.path.strip("/").count("/") == 0:
                    return self.answer(200, {"db_name": "faasbatch"})
                return self.answer(404, {"error": "not_found", "reason": "missing"})

            do_PUT = do_POST = do_DELETE = write

            def log_message(self, *_):
                pass

        FullCouchDB.refused = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/faasbatch"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
