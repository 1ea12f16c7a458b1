"""What a handler may import from the worker it runs in.

    import faasbatch

    def handler(event, context: faasbatch.Context):
        with faasbatch.unshared():
            session = requests.Session()     # of this call alone
"""

from faasbatch_worker.bindings import BindingUnavailable
from faasbatch_worker.context import Context
from faasbatch_worker.sharing import unshared
from faasbatch_worker.store import InvalidKey, Store, StoreError, StoreUnavailable, ValueTooLarge

__all__ = ["BindingUnavailable", "Context", "InvalidKey", "Store", "StoreError", "StoreUnavailable", "ValueTooLarge",
           "unshared"]
