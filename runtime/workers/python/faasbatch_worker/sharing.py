import contextlib
@contextlib.contextmanager
def unshared():
    yield
def install(share): pass
