#!/usr/bin/env python3
"""Every test that docs/bad-days.md names is there: `SUITE.NAME` of GoogleTest, `CLASS.test_name` of Python's unittest."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
texts = [path.read_text() for folder in ("lib", "operator", "node-agent", "cli", "e2e/suite", "tests")
         for pattern in ("*_test.cpp", "*_test.py") for path in (root / folder).rglob(pattern)]
there = set()
for text in texts:
    there.update(f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", text, re.M))
    for body in re.split(r"^class ", text, flags=re.M)[1:]:
        there.update(f"{re.match(r'[A-Za-z0-9_]+', body).group()}.{name}" for name in re.findall(r"^    def (test_\w+)", body, re.M))
named = re.findall(r"`(\w+\.\w+)`", "".join(line for line in (root / "docs/bad-days.md").read_text().splitlines(True) if line.startswith("| ")))
missing = [name for name in named if name not in there]
for name in missing:
    print(f"docs/bad-days.md names {name}, which is no test")
print(f"{len(named)} tests are named")
sys.exit(1 if missing or len(named) < 50 else 0)
