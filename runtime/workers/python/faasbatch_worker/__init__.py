"""The Python worker of a FaaSBatch pod: see docs/worker-protocol.md.

Nothing here imports more than it needs before the `Load` frame has come: a generic warm worker is idle most
of its life, and its resident size is paid for by every node.
"""
