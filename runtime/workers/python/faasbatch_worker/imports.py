"""Actions that run right after a module has been imported, and cost nothing when it never is.

A finder at the front of sys.meta_path looks only at names that somebody waits for; it asks the other finders
for the module's spec and wraps the loader's `exec_module`. The importer has not returned yet when the action
runs, so `from redis import from_url` already sees what it changed. An action that fails is said on stderr;
the import stands.
"""

import sys

TYPE_CHECKING = False  # checkers take it for true; `typing` itself would cost 1 MB
if TYPE_CHECKING:
    from collections.abc import Callable

_waiting: "dict[str, list[Callable]]" = {}


def after_import(name: str, action: "Callable") -> None:
    """Runs `action(module)` when `name` has been imported; at once when it has been already."""
    module = sys.modules.get(name)
    if module is not None:
        _act(action, module)
        return
    _waiting.setdefault(name, []).append(action)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def imported(module) -> None:
    """Runs the actions that wait for a module which was not imported by a finder."""
    for action in _waiting.pop(module.__name__, ()):
        _act(action, module)


def _act(action: "Callable", module) -> None:
    try:
        action(module)
    except Exception as error:
        print("faasbatch: module %s is used as it is: %r" % (module.__name__, error), file=sys.stderr)


class _Loader:
    """A module's own loader, with the actions after it."""

    def __init__(self, loader) -> None:
        self._loader = loader

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module) -> None:
        module.__loader__ = module.__spec__.loader = self._loader  # the module never sees this stand-in
        self._loader.exec_module(module)
        imported(module)


class _Finder:
    @staticmethod
    def find_spec(name: str, path=None, target=None):
        if name not in _waiting:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None and finder is not _finder else None
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


_finder = _Finder
