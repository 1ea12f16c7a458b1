#!/usr/bin/env python3
"""Requests that are malformed, too large, too deep, too slow, cut off, or for what is not there."""
import json
import socket
import time
import unittest

import harness
from harness import ECHO, python

INVOKE = "/v1/namespaces/default/workflows/well/invocations"
HEAD = f"POST {INVOKE} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


class Requests(harness.Case):
    def raw(self, data, timeout=30):
        """The first answer to these bytes, which are all that comes; nothing where the agent closes."""
        with socket.create_connection(("127.0.0.1", self.agent.port), timeout) as s:
            s.sendall(data.encode() if isinstance(data, str) else data)
            s.shutdown(socket.SHUT_WR)
            return self.read_answer(s)

    @staticmethod
    def read_answer(s):
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = s.recv(65536)
            if not part:
                break
            answer += part
        return answer

    def post(self, body, **headers):
        return self.agent.call("POST", INVOKE, body, headers={"Content-Type": "application/json", **headers})

    def test_malformed_json(self):
        bodies = ["{", "[1,]", "{\"a\":1,}", "{'a':1}", "nul", "NaN", "Infinity", "-", "01", "1.", ".5", "1e", "+1", "\"\t\"", "\"\\x\"", "\"\\u12\"",
                  "{\"a\" 1}", "{1:2}", "[1 2]", "1 2", "\"a", "//c\n1", "\ufeff1", " ", "\0", "\"\\ud800\"", b"\xff", b"\"\xc0\xaf\"", b"\"\xed\xa0\x80\"",
                  b"\"\xf5\x80\x80\x80\"", b"1\0"]
        for body in bodies:
            with self.subTest(body=body):
                answer = self.post(body.encode() if isinstance(body, str) else body)
                self.problem(answer, 400, "InvalidJson")

    def test_a_fault_names_its_place(self):
        answer = self.post("[1, 2,\n3, nope]")
        self.assertRegex(self.problem(answer, 400, "InvalidJson")["detail"], r"\d")

    def test_deep_json(self):
        for body in ("[" * 100_000, "[" * 100_000 + "]" * 100_000, "{\"a\":" * 50_000 + "1" + "}" * 50_000):
            self.problem(self.post(body), 400, "InvalidJson")
        depth = 30
        body = "[" * depth + "]" * depth
        self.assertEqual(self.post(body).json(), json.loads(body))

    def test_huge_json(self):
        self.problem(self.post("\"" + "x" * (6 << 20) + "\""), 413, "BodyTooLarge")
        just = "\"" + "x" * ((6 << 20) - 2) + "\""
        answer = self.post(just)
        self.assertEqual((answer.status, len(answer.body)), (200, len(just)), answer)
        many = "[" + ",".join("0" for _ in range(2_000_000)) + "]"
        self.assertEqual(len(self.post(many).json()), 2_000_000)
        digits = "9" * 100_000
        answer = self.post(digits)  # Python refuses more than 4300 digits: an answer all the same
        self.assertIn(answer.status, (200, 400, 500), answer)
        self.assertIn(self.post("1e999999").status, (200, 400, 500))

    def test_numbers_and_text_come_back_as_they_were(self):
        for body in ("9007199254740993", "-0", "1.5", "\"\\u0000\\u2028\\ud83d\\ude00\"", "{\"\":{\"\":[]}}", "{\"a\":1,\"a\":2}", "18446744073709551615"):
            with self.subTest(body=body):
                self.assertEqual(self.post(body).json(), json.loads(body))

    def test_no_body_is_null(self):
        self.assertEqual(self.agent.call("POST", INVOKE).json(), None)

    def test_what_is_not_there(self):
        call = self.agent.call
        self.problem(call("POST", "/v1/namespaces/default/workflows/nosuch/invocations", "{}"), 404, "WorkflowNotFound")
        self.problem(call("POST", "/v1/namespaces/other/workflows/well/invocations", "{}"), 404, "WorkflowNotFound")
        self.problem(call("POST", "/v1/namespaces/default/workflows/well/functions/g/invocations", "{}"), 404, "FunctionNotFound")
        self.problem(call("DELETE", "/v1/namespaces/default/workflows/nosuch"), 404, "WorkflowNotFound")
        self.problem(call("DELETE", "/v1/namespaces/default/invocations/nosuch"), 404, "InvocationNotFound")
        self.problem(call("GET", "/v1/namespaces/default/invocations/nosuch/logs"), 404, "InvocationNotFound")
        self.problem(call("GET", "/v1/namespaces/default/invocations/nosuch?wait=1"), 404, "InvocationNotFound")
        for path in ("/", "/v1", "/v1/namespaces", "/v2/namespaces/default/workflows", "/v1/namespaces//workflows", INVOKE + "/x/y", "/%00", "/..%2f..%2fetc",
                     "/" + "a" * 8000):
            with self.subTest(path=path[:40]):
                self.problem(call("GET", path), 404, "NotFound")
        self.problem(call("PATCH", INVOKE, "{}"), 405, "MethodNotAllowed")
        self.problem(call("TRACE", "/healthz"), 405, "MethodNotAllowed")

    def test_pages_of_others_in_a_browser(self):
        for headers in ({"Origin": "https://evil.example", "Content-Type": "text/plain"}, {"Origin": "null"}, {"Host": f"evil.example:{self.agent.port}"},
                        {"Host": f"evil.example:{self.agent.port}", "Origin": f"http://evil.example:{self.agent.port}"}):
            with self.subTest(headers=headers):
                self.problem(self.post("1", **headers), 403, "Forbidden")
                self.problem(self.agent.call("PUT", "/v1/namespaces/default/workflows/well", "{}", headers=headers), 403, "Forbidden")
        self.assertEqual(self.post("1", Origin="http://localhost:5173").status, 200)
        self.assertEqual(self.post("1", Host=f"localhost:{self.agent.port}").status, 200)

    def test_bad_headers_and_queries(self):
        self.problem(self.post("{}", **{"Content-Type": "text/html"}), 415, "UnsupportedMediaType")
        self.problem(self.post("{}", **{"Content-Encoding": "gzip"}), 415, "UnsupportedMediaType")
        self.problem(self.post("{}", **{"Idempotency-Key": "k" * 5000}), 400, "InvalidRequest")
        several = self.raw(HEAD + "Idempotency-Key: a\r\nidempotency-key: b\r\nContent-Length: 2\r\n\r\n{}")
        self.assertIn(b" 400 ", several.split(b"\r\n")[0])
        self.problem(self.agent.call("GET", "/healthz", headers={"X-Long": "a" * 100_000}), 431, "HeadersTooLarge")
        for query in ("limit=0", "limit=-1", "limit=x", "limit=99999999999999999999", "status=Done"):
            with self.subTest(query=query):
                self.problem(self.agent.call("GET", f"/v1/namespaces/default/invocations?{query}"), 400, "InvalidRequest")
        run = self.post("1").headers["invocation-id"]
        for wait in ("x", "-1", "1e9", "nan"):
            with self.subTest(wait=wait):
                answer = self.agent.call("GET", f"/v1/namespaces/default/invocations/{run}?wait={wait}")
                self.assertIn(answer.status, (200, 400), answer)
        for prefer in ("respond-async, wait=x", "wait=-5", ",,,", "=", "respond-async;x=\"", "wait=99999999999999999999"):
            with self.subTest(prefer=prefer):
                self.assertIn(self.post("1", Prefer=prefer).status, (200, 202, 400))

    def test_bytes_that_are_not_http(self):
        for data in ("\r\n\r\n\r\n", "hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0" * 1000 + "\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
                     HEAD + "Content-Length: x\r\n\r\n", HEAD + "Content-Length: -1\r\n\r\n", HEAD + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n11",
                     HEAD + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", HEAD + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HEAD + ": x\r\n\r\n"):
            with self.subTest(data=data[-40:]):
                answer = self.raw(data)
                self.assertTrue(answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 5")), answer[:200])

    def test_oversized_bodies_are_refused_by_their_announcement(self):
        answer = self.raw(HEAD + "Content-Length: 99999999999\r\n\r\n")
        self.assertIn(b" 413 ", answer.split(b"\r\n")[0], answer[:200])
        answer = self.raw(HEAD + "Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n")
        self.assertIn(b" 413 ", answer.split(b"\r\n")[0], answer[:200])
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        with socket.create_connection(("127.0.0.1", self.agent.port), 30) as s:
            s.sendall((HEAD + "Transfer-Encoding: chunked\r\n\r\n").encode())
            try:
                for _ in range(200):  # 12.5 MB without an end
                    s.sendall(chunk)
            except OSError:
                return  # cut off while sending is an answer too
            self.assertIn(b" 413 ", self.read_answer(s).split(b"\r\n")[0])

    def test_chunked_body_and_pipelining(self):
        body = HEAD + "Transfer-Encoding: chunked\r\n\r\n1\r\n4\r\n1\r\n2\r\n0\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.agent.port), 30) as s:
            s.sendall((body * 5 + "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").encode())
            answer = b""
            while part := s.recv(65536):
                answer += part
        self.assertEqual(answer.count(b"\r\n\r\n42"), 5, answer[:1000])
        self.assertIn(b'{"status":"ok"}', answer)

    def test_slow_and_half_open_clients_harm_nobody(self):
        slow = []
        self.addCleanup(lambda: [s.close() for s in slow])
        for start in ("", "P", HEAD, HEAD + "Content-Length: 100\r\n\r\n{", HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"):
            for _ in range(40):
                s = socket.create_connection(("127.0.0.1", self.agent.port), 30)
                s.sendall(start.encode())
                slow.append(s)
        took = time.monotonic()
        for i in range(20):
            self.assertEqual(self.agent.output("well", i), i)
        self.assertLess(time.monotonic() - took, 20)
        for s in slow[::2]:
            s.close()
        for s in slow[1::2]:
            s.shutdown(socket.SHUT_WR)

    def test_a_header_that_never_ends_is_given_up(self):
        with socket.create_connection(("127.0.0.1", self.agent.port), 40) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
            answer = self.read_answer(s)  # ends: the agent gives up after ten seconds
        self.assertTrue(answer == b"" or b" 408 " in answer.split(b"\r\n")[0], answer[:200])

    def test_clients_that_go_before_the_answer(self):
        self.agent.apply("slow-answer", [python("f", harness.SLEEP)])
        self.agent.output("slow-answer", {})
        body = json.dumps({"sleep": 0.5})
        before = self.agent.metric("faasbatch_runs_ended_total")
        for _ in range(30):
            s = socket.create_connection(("127.0.0.1", self.agent.port), 30)
            head = f"POST /v1/namespaces/default/workflows/slow-answer/invocations HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}"
            s.sendall(f"{head}\r\n\r\n{body}".encode())
            s.close()
        harness.until(lambda: self.agent.metric("faasbatch_runs_active") == 0, "runs whose callers have gone do not end")
        self.assertGreaterEqual(self.agent.metric("faasbatch_runs_ended_total"), before)

    def test_unicode_names(self):
        for name in ("größe", "步骤", "emoji😀", "a b"):
            manifest = harness.workflow("uni", [python("f", ECHO)], [{"name": name, "function": "f"}])
            problem = self.problem(self.agent.put(manifest), 422, "InvalidWorkflow")
            self.assertTrue(any("spec.steps[0].name" in e["path"] for e in problem["errors"]), problem)
        for name in ("%E6%AD%A5", "gr%C3%B6%C3%9Fe", "a%20b", "%ff"):
            self.assertEqual(self.agent.call("POST", f"/v1/namespaces/default/workflows/{name}/invocations", "1").status, 404)
        code = "def handler(ereignis):\n    größe = {'größe': ereignis['größe'], '键': '值😀'}\n    print('größe 步骤 😀')\n    return größe\n"
        self.agent.apply("uni", [python("f", code)])
        answer = self.agent.invoke("uni", {"größe": "ß\u2028\U0001f600"})
        self.assertEqual(answer.json(), {"größe": "ß\u2028\U0001f600", "键": "值😀"})
        logs = self.agent.call("GET", f"/v1/namespaces/default/invocations/{answer.headers['invocation-id']}/logs")
        self.assertIn("größe 步骤 😀", logs.body.decode())


if __name__ == "__main__":
    harness.main()
