#!/usr/bin/env python3
"""clang-tidy over the project's sources, in parallel; warnings are errors. Tests and benchmarks are left to the compilers' warnings and the
sanitizers: half the time would go to the expansions of GoogleTest's macros.

    scripts/tidy.py [--deep] [WORD...]     only files whose path contains one of the words

Most checks look at every line of every header again for each file: files of one folder are checked together, as one translation unit. A batch
that does not compile as one (two files have the same name in their unnamed namespaces) or has findings is halved until its files stand alone.
The analyzer, and the checks that look only at the main file, see each file by itself. The analyzer follows NODES states a function;
--deep lets it follow as many as clang's default, which takes several times as long: for a quiet hour, not for the gate.

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
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = "clang-tidy-19"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
NOISE = re.compile(r"^\d+ (warnings?|errors?) (generated|treated as)|^Suppressed|^Use -header-filter|^Error while processing|^$")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "faasbatch-lint"
ALONE = "clang-analyzer-*,misc-unused-*,readability-duplicate-include,bugprone-suspicious-include"  # for files by themselves
NODES = 20_000
BATCH = 8  # files


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


def enabled(pattern):
    """The configured checks that one of the patterns matches, as an option."""
    return "--checks=-*," + ",".join(name for name in all_checks() if any(
        re.fullmatch(word.replace("*", ".*"), name) for word in pattern.split(",")))


@functools.cache
def all_checks():
    listed = subprocess.run([TOOL, "--list-checks"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return [line.strip() for line in listed.splitlines() if line.startswith("    ")]


def run(*arguments):
    """What clang-tidy has to say; nothing where all is well."""
    done = subprocess.run([TOOL, "--quiet", *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    said = done.stdout + "\n".join(line for line in done.stderr.splitlines() if not NOISE.match(line))
    return said.strip() or ("clang-tidy failed without a word" if done.returncode else "")


def by_itself(path, deep):
    budget = [] if deep else [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", f"max-nodes={NODES}")]
    return run(enabled(ALONE), "-p", "build/lint", *budget, str(path))


def together(paths, flags):
    """{path: findings} of the checks that files can share."""
    shared = "--checks=" + ",".join(f"-{word}" for word in ALONE.split(","))
    if len(paths) == 1:
        return {paths[0]: run(shared, "-p", "build/lint", str(paths[0]))}
    with tempfile.NamedTemporaryFile("w", suffix=".cpp", prefix="faasbatch-tidy-") as batch:
        batch.writelines(f'#include "{path}"\n' for path in paths)
        batch.flush()
        said = run(shared, f"--config-file={ROOT}/.clang-tidy", f"--header-filter=^{re.escape(str(ROOT))}/.*", batch.name, "--", *flags)
    if not said:
        return dict.fromkeys(paths, "")
    middle = len(paths) // 2
    return together(paths[:middle], flags) | together(paths[middle:], flags)


def flags_of(command):
    """The options of a compilation, without its input and output."""
    words = command.get("arguments") or shlex.split(command["command"])
    kept, skip = [], False
    for word in words[1:]:
        if skip or word in ("-c", command["file"]):
            skip = False
        elif word == "-o":
            skip = True
        elif word.startswith("-I") and not word.startswith("-I/"):
            kept.append(f"-I{pathlib.Path(command['directory'], word[2:]).resolve()}")
        else:
            kept.append(word)
    return tuple(kept)


def batches(todo, commands):
    """Files of a folder with the same options, a few at a time; C stays alone."""
    groups = {}
    for path in todo:
        flags = flags_of(commands[path])
        groups.setdefault((path.parent, flags) if path.suffix == ".cpp" else (path, flags), []).append(path)
    for (_, flags), paths in groups.items():
        for i in range(0, len(paths), BATCH):
            yield paths[i:i + BATCH], flags


def main():
    words = [word for word in sys.argv[1:] if word != "--deep"]
    deep = "--deep" in sys.argv[1:]
    commands = {pathlib.Path(command["file"]): command for command in json.loads((ROOT / "build/lint/compile_commands.json").read_text())}
    sources = [s for s in sorted(commands) if s.is_relative_to(ROOT) and not s.is_relative_to(ROOT / "build")]
    sources = [s for s in sources if not s.stem.endswith(("_test", "_bench"))]
    if words:
        sources = [s for s in sources if any(word in str(s) for word in words)]
    tool = subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    common = tool + (ROOT / ".clang-tidy").read_bytes() + (ROOT / "cmake/FaasbatchOptions.cmake").read_bytes()
    CACHE.mkdir(parents=True, exist_ok=True)
    keys = {s: key(s, common) for s in sources}
    todo = [s for s in sources if deep or not (CACHE / keys[s]).exists()]
    print(f"clang-tidy: {len(sources)} files, {len(todo)} to check", flush=True)
    said = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        shared = [pool.submit(together, paths, flags) for paths, flags in batches(todo, commands)]
        alone = {path: pool.submit(by_itself, path, deep) for path in todo}
        for batch in shared:
            said |= batch.result()
        for path, waiting in alone.items():
            said[path] = "\n".join(filter(None, (said[path], waiting.result())))
            if said[path]:
                print(f"== {path.relative_to(ROOT)}\n{said[path]}", flush=True)
            else:
                (CACHE / keys[path]).touch()
    failed = sum(map(bool, said.values()))
    print(f"clang-tidy: {failed} files with findings" if failed else "clang-tidy: clean")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
