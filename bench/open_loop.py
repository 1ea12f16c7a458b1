"""An open-loop load: every call is sent at its time, however late the others are.

A latency counts from the time at which the call was to be sent, not from the time at which the generator got to it: what keeps the
generator up, waiting answers or a busy machine, is not left out of the figures (coordinated omission).
"""
import asyncio
import dataclasses
import json
import time


@dataclasses.dataclass
class Answer:
    call: object
    status: int = 0        # 0: none came, `detail` says why
    latency: float = 0.0   # seconds since the call's arrival time
    late: float = 0.0      # seconds between its arrival time and its sending
    timing: str = ""       # Server-Timing
    invocation: str = ""
    detail: str = ""


class Connections:
    """Keep-alive connections to one port: one that is idle, or a new one."""

    def __init__(self, port):
        self.port = port
        self.idle = []

    async def post(self, path, body):
        pair = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = pair
        writer.write(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        self.idle.append(pair)
        return int(head[0].split()[1]), headers, content

    def close(self):
        for _, writer in self.idle:
            writer.close()


async def send(connections, begin, call, path):
    answer = Answer(call)
    answer.late = time.perf_counter() - begin - call.arrival
    try:
        answer.status, headers, content = await connections.post(path, json.dumps(call.event).encode())
        answer.timing, answer.invocation = headers.get("server-timing", ""), headers.get("invocation-id", "")
        if answer.status != 200:
            answer.detail = content[:300].decode(errors="replace")
    except (OSError, EOFError, asyncio.CancelledError) as error:
        answer.detail = "no answer in time" if isinstance(error, asyncio.CancelledError) else repr(error)
    answer.latency = time.perf_counter() - begin - call.arrival
    return answer


async def replay_async(port, calls, path, patience):
    connections = Connections(port)
    begin = time.perf_counter()
    tasks = []
    for call in calls:
        wait = begin + call.arrival - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(send(connections, begin, call, path(call))))
    _, pending = await asyncio.wait(tasks, timeout=patience)
    for task in pending:
        task.cancel()
    answers = await asyncio.gather(*tasks)
    connections.close()
    return answers


def replay(port, calls, path, patience):
    """The answers to calls in the order of their arrival, `patience` seconds after the last of them at most. `path(call)` is where a call goes."""
    return asyncio.run(replay_async(port, calls, path, patience))
