#!/bin/sh
# The project's own C and C++ sources, one a line.
cd "$(dirname "$0")/.." && git ls-files --cached --others --exclude-standard -- '*.cpp' '*.h' '*.hpp' '*.c'
