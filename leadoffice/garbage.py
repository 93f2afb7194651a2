"""How often Python looks for what nobody needs any more."""

import gc


def collect_rarely() -> None:
    """To be called when a process has loaded its modules, or before.

    What is loaded stays: the collector need not look through it with every request, nor after
    every few hundred objects. A list is imported in three quarters of the CPU time.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
