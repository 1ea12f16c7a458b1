"""Loads of others to replay: the experiments of FaaSBatch (ICDCS 2023), and a sample of the Azure Functions trace of 2021.

They lie beside the project, in ../shared/data, and are no part of it: `missing()` says what is not there.
"""
import csv
import dataclasses
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclasses.dataclass
class Call:
    arrival: float  # seconds after the first second of the trace
    function: str
    event: object
    ideal: float = 0.0  # seconds that it takes whatever happens: it sleeps


@dataclasses.dataclass
class Figures:
    """What came of one policy: answered calls, and milliseconds from a call's arrival to its answer."""
    answered: int
    mean: float
    p50: float
    p99: float
    pods: int


def missing():
    return "" if (DATA / "faasbatch-calls").is_dir() else f"{DATA} is not there: the load of the original's experiments is read from it"


def quantile(values, part):
    """Of sorted values."""
    return values[min(len(values) - 1, int(len(values) * part))]


def figures(latencies, pods):
    """Of milliseconds."""
    latencies = sorted(latencies)
    if not latencies:
        return Figures(0, float("nan"), float("nan"), float("nan"), pods)
    return Figures(len(latencies), sum(latencies) / len(latencies), quantile(latencies, 0.5), quantile(latencies, 0.99), pods)


def rows(*path):
    with open(DATA.joinpath(*path), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def calls(kind):
    """400 calls that build an S3 client ("io"), or 800 that compute a Fibonacci number ("cpu")."""
    return [Call(float(row["arrival_ms"]) / 1e3, "f" + row["function"][-3:], int(row["argument"]))
            for row in rows("faasbatch-calls", f"{kind}_calls.csv")]


def original(kind, policy):
    """What the original measured with a dispatch interval of 0.2 s, on its own machine."""
    found = rows("faasbatch-results", f"{kind}_{policy}_0.2.csv")
    total = [sum(float(row[column]) for column in ("schedule_time(ms)", "queue_time(ms)", "exec_time(ms)")) for row in found]
    return figures(total, len({row["container_name"] for row in found}))


def azure():
    """199 invocations of 31 functions in twenty minutes; each sleeps for as long as the original took."""
    found = []
    for row in rows("azure", "azure2021_200.csv"):
        duration = float(row["duration"])
        found.append(Call(max(0.0, float(row["end_timestamp"]) - duration), "a" + row["func"][:12], duration, duration))
    return sorted(found, key=lambda call: call.arrival)
