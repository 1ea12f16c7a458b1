"""What is shared: well-known constructors and the names a function lists, from when their module is imported."""

import os
from _thread import allocate_lock

from faasbatch_worker import imports
from faasbatch_worker.share_constructors import keep_open, like, share_alternative, share_class, share_function
from faasbatch_worker.share_keys import freeze, key_of
from faasbatch_worker.sharing import after_fork, get, is_off, unshared


def _share_redis(module) -> None:
    cls = module.Redis
    share_class("redis.Redis", cls)
    # redis.from_url comes by here, too
    cls.from_url = classmethod(share_alternative("redis.from_url", cls, cls.from_url.__func__))


def _share_boto3(module) -> None:
    """boto3.client is its default session's. A session builds in turn: its first clients race under threads."""
    session_class = module.Session
    init, client = session_class.__init__, session_class.client
    sessions = allocate_lock()

    def noting_init(self, *args: object, **kwargs: object) -> None:
        init(self, *args, **kwargs)
        self._faasbatch_building = allocate_lock()
        self._faasbatch_key = key_of(init, 1, args, kwargs)  # sessions made alike give the same clients

    def share_client(label: str, session, args: tuple, kwargs: dict) -> object:
        def build() -> object:
            with getattr(session, "_faasbatch_building", None) or sessions:
                value = client(session, *args, **kwargs)
            keep_open(value)
            return value

        own = getattr(session, "_faasbatch_key", None) if type(session) is session_class else None
        arguments = key_of(client, 1, args, kwargs)
        return get(label, None if arguments is None else (own or freeze(session), arguments), build)

    def session_client(self, *args: object, **kwargs: object) -> object:
        if is_off():
            return client(self, *args, **kwargs)
        return share_client("boto3.Session.client", self, args, kwargs)

    def default_client(*args: object, **kwargs: object) -> object:
        with sessions:
            session = module._get_default_session()
        if is_off():
            return client(session, *args, **kwargs)
        return share_client("boto3.client", session, args, kwargs)

    session_class.__init__ = like(noting_init, init)
    session_class.client = like(session_client, client)
    module.client = like(default_client, module.client)


def _share_requests(module) -> None:
    """But not the session inside requests.get() and its like, which promise to forget their cookies."""
    request = module.api.request

    def request_of_its_own(*args: object, **kwargs: object) -> object:
        with unshared():
            return request(*args, **kwargs)

    share_class("requests.Session", module.Session)
    module.api.request = module.request = like(request_of_its_own, request)


def _share_named(name: str, module) -> None:
    """Shares the thing of the dotted name `name` that lies in `module`, if it does."""
    *path, last = name[len(module.__name__) + 1:].split(".")
    owner = module
    for part in path:
        owner = getattr(owner, part, None)
        if owner is None or isinstance(owner, type(os)):
            return  # it lies in a module below, which has its own turn
    target = getattr(owner, last, None)
    if target is None:
        raise AttributeError("share: %s has no %s" % (owner.__name__, last))
    if isinstance(target, type):
        share_class(name, target)
    elif isinstance(owner, type) and isinstance(vars(owner).get(last), classmethod):
        setattr(owner, last, classmethod(share_alternative(name, owner, target.__func__)))
    elif isinstance(owner, type) and isinstance(vars(owner).get(last), staticmethod):
        setattr(owner, last, staticmethod(share_function(name, target)))
    elif callable(target):
        setattr(owner, last, share_function(name, target))


def install(names: "list[str]") -> None:
    """Waits for the modules whose constructors are shared; `names` are the function's own."""
    os.register_at_fork(after_in_child=after_fork)
    imports.after_import("redis", _share_redis)
    imports.after_import("boto3", _share_boto3)
    imports.after_import("couchdb", lambda module: share_class("couchdb.Server", module.Server))
    imports.after_import("requests", _share_requests)
    known = {"redis.Redis", "redis.StrictRedis", "redis.from_url", "redis.Redis.from_url", "boto3.client",
             "boto3.Session.client", "couchdb.Server", "requests.Session"}
    for name in names:
        parts = name.split(".")
        for count in range(1, len(parts)) if name not in known else ():
            imports.after_import(".".join(parts[:count]), lambda module, name=name: _share_named(name, module))
