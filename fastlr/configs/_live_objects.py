"""The arguments of another framework as a live object, read as the file that it would write."""

from typing import Any

__all__ = ["values_of"]


def values_of(config: Any) -> Any:
    """Return the keys and values of transformers' ``TrainingArguments``, or of a subclass.

    Everything else is returned as it is. Transformers itself is not imported.
    """
    for kind in type(config).__mro__:
        if kind.__name__ == "TrainingArguments" and kind.__module__.startswith("transformers."):
            return config.to_dict()
    return config
