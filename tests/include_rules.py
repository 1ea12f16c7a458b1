#!/usr/bin/env python3
"""Guards the arrows of the house: who may include whom, and where third-party headers may appear.

The rules are those of docs/architecture.md. Run with the project's root as the argument; prints every breach.
"""
import pathlib
import re
import sys

PROGRAMS = ("operator", "node-agent", "runtime", "cli")

# Each part of lib and the parts it may use.
LIB = {
    "base": set(),
    "json": {"base"},
    "tree": {"base", "json"},
    "telemetry": {"base", "json"},
    "testing": {"base", "json", "tree", "net", "crypto"},
    "crypto": {"base"},
    "net": {"base", "json", "telemetry", "crypto"},
    "cel": {"base", "json"},
    "workflow": {"base", "json", "tree", "cel", "crypto"},
    "cluster": {"base", "json", "crypto"},
    "kube": {"base", "json", "tree", "net", "telemetry", "crypto"},
}

# Each part of the agent and the parts it may use, in the direction data flows.
AGENT = {
    "access": set(),
    "calls": set(),
    "engine": {"calls"},
    "peers": {"calls", "engine"},
    "journal": {"calls"},
    "stores": {"calls"},
    "sources": {"calls"},
    "pods": {"calls", "sources"},
    "batching": {"calls", "pods", "sources"},
    "runs": {"calls", "engine", "peers", "journal", "stores", "batching", "pods"},
    "forwarding": {"calls", "peers", "runs"},
    "gateway": {"access", "calls", "engine", "forwarding", "peers", "journal", "stores", "runs"},
    "cluster": {"calls", "runs"},
    "agent": {"access", "calls", "cluster", "engine", "forwarding", "peers", "journal", "stores", "sources", "pods", "batching", "runs", "gateway"},
}

# Each part of the operator and the parts it may use.
OPERATOR = {
    "testing": set(),
    "placement": set(),
    "inventory": {"placement"},
    "certificates": set(),
    "cleanup": set(),
    "admission": {"placement"},
    "controllers": {"placement", "inventory"},
    "admin": {"placement", "inventory", "controllers"},
    "manager": {"placement", "inventory", "certificates", "admission", "controllers", "admin"},
}

# Third-party headers and the folders that adapt them.
ADAPTERS = {
    r"boost/(asio|beast)": ("lib/net/",),
    r"curl/": ("lib/net/",),
    r"openssl/": ("lib/net/", "lib/crypto/"),
    r"cpprest/": ("operator/admin/",),
    r"hiredis/": ("node-agent/stores/", "runtime/multiplexer/"),
    r"yaml-cpp/": ("lib/tree/",),
    r"sqlite3\.h": ("node-agent/journal/",),
    r"spdlog/": ("lib/telemetry/",),
    r"re2/": ("lib/cel/",),
    r"absl/": ("lib/cel/", "node-agent/stores/", "node-agent/sources/", "runtime/archive/"),
    r"zip\.h": ("runtime/archive/",),
    r"CLI/": ("cli/", "node-agent/agent/", "operator/manager/", "runtime/supervisor/"),
}

# Headers that cost seconds to compile stay out of our headers.
HEAVY = re.compile(r"boost/(asio|beast)|nlohmann/json\.hpp|cpprest/")
HEAVY_ALLOWED = re.compile(r"^lib/net/.*|.*_test\.cpp$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def breaches(path, text):
    part = path.split("/")
    testing = path.endswith(("_test.cpp", "_test.h", "_bench.cpp", "_fuzz.cpp")) or part[0] in ("bench", "tests", "e2e")
    for bracket, target in INCLUDE.findall(text):
        to = target.split("/")
        if bracket == '"' and len(to) > 1:
            if to[0] in PROGRAMS and part[0] in PROGRAMS and to[0] != part[0]:
                yield f"{path}: {part[0]} must not include {target} of another program"
            if part[0] == "lib" and to[0] in PROGRAMS:
                yield f"{path}: lib must not include {target} of a program"
            if part[0] == "lib" and to[0] == "lib" and to[1] != part[1] and not testing:
                if to[1] not in LIB.get(part[1], set()):
                    yield f"{path}: lib/{part[1]} must not use lib/{to[1]} ({target})"
            for program, parts in (("node-agent", AGENT), ("operator", OPERATOR)):
                if part[0] == to[0] == program and len(part) > 2 and to[1] != part[1] and not testing:
                    if to[1] not in parts.get(part[1], set()):
                        yield f"{path}: {program}/{part[1]} must not use {program}/{to[1]} ({target})"
        for pattern, folders in ADAPTERS.items():
            if re.match(pattern, target) and not path.startswith(folders):
                yield f"{path}: <{target}> belongs behind {' or '.join(folders)}"
        if path.endswith(".h") and HEAVY.match(target) and not HEAVY_ALLOWED.match(path):
            yield f"{path}: <{target}> is too heavy for a header"


def main():
    root = pathlib.Path(sys.argv[1])
    found, files = [], 0
    for folder in (*PROGRAMS, "lib", "bench", "tests"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in (".h", ".hpp", ".cpp", ".c"):
                files += 1
                found += breaches(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
    print("\n".join(found) if found else f"{files} files keep the rules")
    return 1 if found or not files else 0


def self_test():
    """The guard is a test too: each kind of breach must be seen."""
    seen = [
        list(breaches("lib/base/x.h", '#include "lib/net/loop.h"\n')),
        list(breaches("cli/x.cpp", '#include "node-agent/calls/call.h"\n')),
        list(breaches("node-agent/engine/x.cpp", '#include "node-agent/gateway/route.h"\n')),
        list(breaches("operator/placement/x.cpp", '#include "operator/inventory/inventory.h"\n')),
        list(breaches("node-agent/runs/x.cpp", "#include <boost/asio/post.hpp>\n")),
        list(breaches("lib/cel/x.h", "#include <nlohmann/json.hpp>\n")),
    ]
    assert all(len(s) >= 1 for s in seen), seen
    assert not list(breaches("node-agent/runs/x.cpp", '#include "node-agent/engine/engine.h"\n#include <string>\n'))


if __name__ == "__main__":
    self_test()
    sys.exit(main())
