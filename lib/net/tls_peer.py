"""A TLS server that is not ours, for tests: Python's http.server.

    tls_peer.py CERTIFICATE KEY [CLIENT_CA [required]]

Prints "port N". Answers with a line of JSON: method, path, Host, the server name and the certificate that the client showed. "/cut" begins an
answer and drops the connection, "/hang" begins one and waits until the client has gone, "/close" answers and closes.
"""
import http.server
import json
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.do_handshake()

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path in ("/cut", "/hang"):
            self.begin()
            return
        subject = dict(pair for name in (self.connection.getpeercert() or {}).get("subject", ()) for pair in name)
        body = json.dumps({"method": self.command, "path": self.path, "host": self.headers["Host"],
                           "serverName": getattr(self.connection, "server_name", None), "peer": subject.get("commonName"),
                           "resumed": self.connection.session_reused, "version": self.connection.version()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/close":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def begin(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.wfile.flush()
        if self.path == "/hang":
            self.rfile.read(1)
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # failed handshakes are what tests are after


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if len(sys.argv) > 3:
        context.load_verify_locations(sys.argv[3])
        context.verify_mode = ssl.CERT_REQUIRED if len(sys.argv) > 4 else ssl.CERT_OPTIONAL
    context.sni_callback = lambda connection, name, _: setattr(connection, "server_name", name)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(f"port {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
