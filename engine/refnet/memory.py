"""Freed memory stays at hand for the next array, where the C library would give it back.

glibc returns a freed array of 128 kB or more to the system, and each page of the next one faults
anew, which takes longer than filling it. An array of up to 32 MB that was freed once raises that
limit to its own size for good. Under another C library nothing changes.
"""

import numpy as np

_SIZE = 31 * 2**20


def keep_freed_memory() -> None:
    """Raise the limit; no page of the array is touched."""
    np.empty(_SIZE, np.uint8)
