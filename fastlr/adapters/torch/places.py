"""Where a quantity is in the groups of an optimizer: its own key, or one of the betas."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean

__all__ = ["Groups", "Place", "initial_values", "own_copy", "place_of"]

Groups = list[dict[str, Any]]

# torch's names for the quantities that have other names in optax, Keras and elsewhere
_ELSEWHERE = {
    **dict.fromkeys(("learning_rate", "rate"), "lr"),
    **dict.fromkeys(("wd", "decay"), "weight_decay"),
    **dict.fromkeys(("b1", "beta_1"), "beta1"),
    **dict.fromkeys(("b2", "beta_2"), "beta2"),
}
_BETAS = {"momentum": 0, "beta1": 0, "beta2": 1}  # the index of each in a group's "betas"


class Place(NamedTuple):
    """Where a quantity is in a group: under its own key, or one of the betas."""

    key: str
    beta: int | None

    def get(self, group: dict[str, Any]) -> Any:
        """The value in a group."""
        return group[self.key] if self.beta is None else group["betas"][self.beta]

    def put(self, group: dict[str, Any], value: float) -> None:
        """Set a value. A tensor is filled in place: a compiled step keeps a reference to it."""
        if self.beta is not None:
            pair = list(group["betas"])
            pair[self.beta] = value
            group["betas"] = tuple(pair)
        elif isinstance(group[self.key], Tensor):
            group[self.key].fill_(value)
        else:
            group[self.key] = value

    def mark(self, group: dict[str, Any]) -> Any:
        """Return what differs after a change: a number itself, or the version of a tensor."""
        value = self.get(group)
        return (id(value), value._version) if isinstance(value, Tensor) else value

    def is_plain(self, groups: Groups) -> bool:
        """Whether the values are floats under a key of their own, which is fastest to set."""
        return self.beta is None and not any(
            isinstance(group[self.key], Tensor) for group in groups
        )

    def unshare(self, groups: Groups) -> None:
        """Give each group its own tensor: an optimizer puts one default tensor into all."""
        seen = set[int]()
        for group in groups:
            if self.beta is None and isinstance(value := group[self.key], Tensor):
                if id(value) in seen:
                    group[self.key] = value.clone()
                seen.add(id(value))


def _is_number(value: object) -> bool:
    if isinstance(value, Tensor):
        return bool(value.numel() == 1)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_precision(groups: Groups, key: str) -> None:
    """Raise for a tensor that would round a rate to few digits, or to an integer."""
    for i, group in enumerate(groups):
        value = group[key]
        if isinstance(value, Tensor) and not (value.is_floating_point() and value.itemsize >= 4):
            raise ValueError(
                f"Scheduler: {key} of group {i} must be a number or a tensor of float32 or "
                f"float64, got one of {value.dtype}, which would round what is set"
            )


def place_of(groups: Groups, key: str) -> Place:
    """Return where a quantity is in the groups, or raise with a list of what they have."""
    if all(_is_number(group.get(key)) for group in groups) and not key.startswith("initial_"):
        _check_precision(groups, key)
        return Place(key, None)
    if key in _BETAS and all("betas" in group for group in groups):
        return Place(key, _BETAS[key])
    known = {
        name for name, value in groups[0].items() if _is_number(value) and name != "lr_scale"
    } | {*(_BETAS if "betas" in groups[0] else ())}
    listed = sorted(name for name in known if not name.startswith("initial_"))
    name = _ELSEWHERE.get(key)
    meant = f"; did you mean {name!r}?" if name in listed else did_you_mean(key, listed)
    raise ValueError(
        "Scheduler: each group must have what is scheduled, one of "
        f"{short_repr(listed)}, got {key!r}{meant}"
    )


def own_copy(value: Any) -> Any:
    """Return a copy of a value, which later changes of the group do not affect."""
    return value.clone() if isinstance(value, Tensor) else value


def initial_values(groups: Groups, place: Place) -> list[Any]:
    """The value that each group was built with, as torch keeps it under ``initial_lr``."""
    return [own_copy(group.get(f"initial_{place.key}", place.get(group))) for group in groups]
