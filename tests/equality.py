"""Compare results to the bit."""

import numpy as np


def same(a, b) -> bool:
    """Equal to the bit, shapes and dtypes included."""
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
