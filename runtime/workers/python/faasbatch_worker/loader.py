"""Load: from the init body to a function that can be called, or the reason why not.

Guarantees: whatever the user's module does at import (raise anything, exit, print), the answer is a value.
Inline source is compiled in memory and its lines show in tracebacks. Of the user's nothing is loaded before.
"""

import _socket
import json
import os
import sys
from time import perf_counter_ns

from faasbatch_worker import capture, errors, signature
from faasbatch_worker.context import Function
from faasbatch_worker.errors import RuntimeFailure

DEFAULT_MAX_OUTPUT_BYTES = 6 << 20
DEFAULT_MAX_LOG_BYTES = 256 << 10


class InlineLoader:
    """An importlib loader for source text; `get_source` serves linecache and inspect."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def create_module(self, spec):
        return None

    def exec_module(self, module) -> None:
        filename = module.__spec__.origin
        errors.remember_source(filename, self.text)
        module.__file__ = filename
        exec(compile(self.text, filename, "exec", dont_inherit=True), module.__dict__)

    def get_source(self, _name: str) -> str:
        return self.text


def load(body: bytes, sock: _socket.socket) -> "Function | bytes":
    """The loaded function, or the head of the Loaded frame that says why there is none."""
    try:
        return _load(json.loads(body), sock)
    except BaseException as error:  # noqa: B902 - sys.exit at import is a failed load, too
        described = errors.describe(error)
        if isinstance(error, RuntimeFailure):
            described["type"] = "LoadFailed"
        elif isinstance(error, SystemExit):
            described["message"] = "the module called sys.exit(%s) at import" % described["message"]
        return b'{"error":%b}' % errors.encode(described)


def loaded_head(started: int) -> bytes:
    """The head of the Loaded frame of a load that began at `started`."""
    return b'{"loadUs":%d}' % ((perf_counter_ns() - started) // 1000)


def _load(spec: dict, sock: _socket.socket) -> Function:
    function = Function()
    function.name = spec.get("function", "")
    function.mode = spec.get("mode", "Threads")
    function.limit = 1 if function.mode == "Exclusive" else int(spec.get("limit") or 1)
    function.time_slices = bool(spec.get("timeSlices"))
    function.max_output = int(spec.get("maxOutputBytes") or DEFAULT_MAX_OUTPUT_BYTES)
    function.max_log = int(spec["maxLogBytes"]) if spec.get("maxLogBytes") is not None else DEFAULT_MAX_LOG_BYTES
    function.sock = sock
    function.bindings = {binding["name"]: binding for binding in spec.get("bindings") or ()}
    _apply_environment(spec.get("env") or {})
    _find_packages()
    capture.install(sock)
    _install_hooks(spec.get("share") or [])
    module_name, _, name = spec.get("handler", "").rpartition(".")
    if not module_name or not name:
        raise RuntimeFailure("LoadFailed", "handler %r is not of the form MODULE.NAME" % spec.get("handler"))
    module = _import_module(module_name, spec.get("source") or {})
    function.handler = _find_handler(module, module_name, name)
    function.is_async = signature.is_async(function.handler)
    function.invoke = signature.with_two_arguments(function.handler)
    return function


def _apply_environment(env: dict[str, str]) -> None:
    os.environ.update({name: str(value) for name, value in env.items()})
    if "TZ" in env:
        import time

        time.tzset()


def _find_packages() -> None:
    """What the interpreter's start left out under -S: site-packages, of a virtual environment too, and PYTHONPATH."""
    if "site" not in sys.modules:
        import site

        site.main()
    for folder in reversed(os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if folder and folder not in sys.path:
            sys.path.insert(0, folder)


def _install_hooks(share: list[str]) -> None:
    from faasbatch_worker import attribution, imports, share_known

    imports.after_import("threading", attribution.follow_threads)
    imports.after_import("concurrent.futures.thread", attribution.follow_executors)
    if os.environ.get("FAASBATCH_SHARE", "on").lower() not in ("off", "0", "false", "no"):
        share_known.install(share)


def _import_module(name: str, source: dict):
    if source.get("inline") is not None:
        return _inline_module(name, source["inline"])
    path = source.get("path")
    if not path:
        raise RuntimeFailure("LoadFailed", "the source has neither `inline` nor `path`")
    if not os.path.exists(path):
        raise RuntimeFailure("LoadFailed", "the source path %r does not exist in the pod" % path)
    import importlib

    path = os.path.abspath(path)
    if os.path.isdir(path) or path.endswith((".zip", ".whl", ".pyz")):
        sys.path.insert(0, path)
        return importlib.import_module(name)
    sys.path.insert(0, os.path.dirname(path))
    if os.path.basename(path) == name.replace(".", os.sep) + ".py":
        return importlib.import_module(name)
    import importlib.util

    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RuntimeFailure("LoadFailed", "the source path %r is no Python module" % path)
    return _execute(spec)


def _inline_module(name: str, text: str):
    from importlib.machinery import ModuleSpec

    return _execute(ModuleSpec(name, InlineLoader(name, text), origin=name.replace(".", "/") + ".py"))


def _execute(spec):
    """Makes and runs a module; one that has the name of a module in use does not take its place."""
    module = type(sys)(spec.name)
    module.__spec__ = spec
    module.__loader__ = spec.loader
    module.__package__ = spec.name.rpartition(".")[0]
    module.__file__ = spec.origin
    if spec.name not in sys.modules and spec.name not in sys.stdlib_module_names:
        sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    if sys.modules.get(spec.name) is module:
        from faasbatch_worker import imports

        imports.imported(module)
    return module


def _find_handler(module, module_name: str, name: str):
    try:
        handler = getattr(module, name)
    except AttributeError:
        raise RuntimeFailure("LoadFailed", _no_such_handler(module, module_name, name)) from None
    if isinstance(handler, type) and signature.is_handler_class(handler):
        handler = handler()
    if not callable(handler):
        raise RuntimeFailure("LoadFailed", "%s.%s is a %s and cannot be called" % (module_name, name,
                                                                                  type(handler).__name__))
    return handler


def _no_such_handler(module, module_name: str, name: str) -> str:
    import difflib

    names = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
    near = difflib.get_close_matches(name, names, 1)
    hint = ", did you mean %r?" % near[0] if near else ", it has %s" % (", ".join(sorted(names)[:10]) or "no callables")
    return "module %r has no %r%s" % (module_name, name, hint)
