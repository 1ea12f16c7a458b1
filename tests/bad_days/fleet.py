"""Several agents on this machine that are one another's peers."""
import json
import pathlib
import secrets
import shutil
import signal
import tempfile

import harness
from harness import BUILD, free_port


class FleetAgent(harness.Agent):
    program = (BUILD / "bin" / "faasbatch-agent",)


def placed(*replicas):
    """The status of a workflow whose steps run as `replicas` say, each a dict from step to node; every step is a group of its own."""
    steps = list(replicas[0])
    return {"placementGeneration": 1,
            "placement": [{"step": step, "group": i, "node": replicas[0][step], "store": "Cluster"} for i, step in enumerate(steps)],
            "replicas": [{"nodes": [replica[step] for step in steps]} for replica in replicas]}


class Fleet:
    """Agents by their nodes' names; `placements` by the workflow's name."""

    def __init__(self, nodes, placements, *arguments, data=False, each=lambda node: (), environment=lambda node: None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fleet-"))
        (self.folder / "secret").write_text(secrets.token_hex(16))
        (self.folder / "placements").write_text(json.dumps({f"default/{name}": status for name, status in placements.items()}))
        self.ports = {node: free_port() for node in nodes}
        self.agents = {}
        for node in nodes:
            self.agents[node] = FleetAgent(*self.options(node, data), *arguments, *each(node), env=environment(node))

    def options(self, node, data, secret="secret"):
        peers = [word for other, port in self.ports.items() if other != node for word in ("--peer", f"{other}=127.0.0.1:{port}")]
        kept = ["--data", self.folder / f"data-{node}"] if data else []
        return ["--node", node, "--peer-listen", f"127.0.0.1:{self.ports[node]}", "--peer-secret-file", self.folder / secret,
                "--placement", self.folder / "placements", "--no-generic-pods", *peers, *kept]

    def __getitem__(self, node):
        return self.agents[node]

    def apply(self, name, functions, steps=None, **spec):
        for agent in self.agents.values():
            agent.apply(name, functions, steps, **spec)

    def kill(self, node):
        self.agents[node].process.kill()
        self.agents[node].process.wait()

    def stop(self):
        for agent in self.agents.values():
            agent.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
