"""The names of the project's images, as images/build tags them."""

import os
import pathlib
import re

_CMAKE = pathlib.Path(__file__).parents[3] / "CMakeLists.txt"


def image(name: str) -> str:
    version = os.environ.get("VERSION") or re.search(r"^project\(faasbatch VERSION ([0-9.]+)", _CMAKE.read_text(), re.M)[1]
    return "%s/%s:%s" % (os.environ.get("REGISTRY", "docker.io/faasbatch"), name, version)
