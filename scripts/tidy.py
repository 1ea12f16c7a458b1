#!/usr/bin/env python3
"""clang-tidy over the project's sources, in parallel; warnings are errors. Tests and benchmarks are left to the compilers' warnings and the
sanitizers: half the time would go to the expansions of GoogleTest's macros.

    scripts/tidy.py [WORD...]     only files whose path contains one of the words

What passed is remembered in the user's cache folder under a hash of the file, of every project header it includes, of the configuration
and of the tool, so that only what changed is checked again.
"""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = "clang-tidy-19"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "faasbatch-lint"


@functools.cache
def includes(path):
    """Every project file that `path` includes, directly or not, itself among them."""
    found, todo = set(), [path]
    while todo:
        file = todo.pop()
        if file in found or not file.is_file():
            continue
        found.add(file)
        for name in INCLUDE.findall(file.read_text(encoding="utf-8")):
            todo += [ROOT / name, file.parent / name]
    return found


def key(path, common):
    digest = hashlib.sha256(common)
    for file in sorted(includes(path)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def check(path):
    done = subprocess.run([TOOL, "--quiet", "-p", str(ROOT / "build/lint"), str(path)], capture_output=True, text=True, check=False)
    noise = re.compile(r"^\d+ warnings? (generated|treated as)|^Suppressed|^Use -header-filter|^$")
    said = done.stdout + "\n".join(line for line in done.stderr.splitlines() if not noise.match(line))
    return done.returncode == 0, said.strip()


def main():
    commands = json.loads((ROOT / "build/lint/compile_commands.json").read_text())
    sources = sorted({pathlib.Path(command["file"]) for command in commands})
    sources = [s for s in sources if s.is_relative_to(ROOT) and not s.is_relative_to(ROOT / "build")]
    sources = [s for s in sources if not s.stem.endswith(("_test", "_bench"))]
    if sys.argv[1:]:
        sources = [s for s in sources if any(word in str(s) for word in sys.argv[1:])]
    tool = subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    common = tool + (ROOT / ".clang-tidy").read_bytes() + (ROOT / "cmake/FaasbatchOptions.cmake").read_bytes()
    CACHE.mkdir(parents=True, exist_ok=True)
    todo = [(s, k) for s in sources if not (CACHE / (k := key(s, common))).exists()]
    print(f"clang-tidy: {len(sources)} files, {len(todo)} to check", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (source, passed), (clean, said) in zip(todo, pool.map(check, (s for s, _ in todo))):
            if clean:
                (CACHE / passed).touch()
            else:
                failed += 1
                print(f"== {source.relative_to(ROOT)}\n{said}", flush=True)
    print(f"clang-tidy: {failed} files with findings" if failed else "clang-tidy: clean")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
