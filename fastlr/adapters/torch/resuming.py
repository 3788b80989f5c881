"""The state of a scheduler: what it saves, and how it continues from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastlr.adapters.torch.binding import Bound, read_of
from fastlr.adapters.torch.saved_state import carried, read_state
from fastlr.analysis.resume_plans import Wins, checkpoint, resume
from fastlr.arguments.rules import short_repr
from fastlr.errors import public_methods
from fastlr.plateau.kinds import rule_from_spec

__all__ = ["Resumed"]


@public_methods("Scheduler")
class Resumed(Bound):
    """A scheduler that can be saved and loaded."""

    wins: Wins | None
    _scale: float | None

    def state_dict(self) -> dict[str, object]:
        """Return the schedule's spec, the step, and the rule and its state, as one JSON string.

        Returns
        -------
        dict
            ``{"fastlr": text}``. It is one string, so that a distributed checkpoint, which splits
            nested data, can be loaded into a run with another plan.
        """
        content: dict[str, Any] = {
            "run": checkpoint(self.schedule, max(self.last_epoch, 0)),
            "active": self._in_charge(),
        }
        if self._plan.relative:
            content["initial_lr"] = list(map(float, self.base_lrs))
        if self.plateau is not None:
            content["plateau"] = self.plateau.save(self.plateau_state)
        return {"fastlr": json.dumps(content, allow_nan=False)}

    def load_state_dict(self, state_dict: Mapping[str, object]) -> None:
        """Continue from a state, and set its rates.

        Parameters
        ----------
        state_dict : Mapping
            What ``state_dict()`` returned, or ``flr.checkpoint(schedule, step)``.

        Raises
        ------
        TypeError, ValueError
            If the state is of another form or another scheduler's; or if it has another schedule,
            rule or initial rates and ``wins`` is None. Nothing changes then.
        """
        saved = read_state(state_dict)
        schedule, step = resume(saved["run"], self.schedule, self.wins)
        kept = {q.place.key: q.initial for q in self._quantities}
        relative = self._loaded_relative(saved)
        if relative:
            kept["lr"] = self._loaded_rates(saved.get("initial_lr"))
        rule, rule_state = self._loaded_rule(saved.get("plateau"))
        groups = self.optimizer.param_groups
        plan = self._plan._replace(schedule=schedule, relative=relative)
        before = self.plateau, self.plateau_state
        self.plateau, self.plateau_state = rule, rule_state
        try:
            quantities = plan.bound(groups, {key: v[: len(groups)] for key, v in kept.items()})
            values = self._values(quantities, step)
        except (TypeError, ValueError):
            self.plateau, self.plateau_state = before
            raise
        self._plan, self._step_count, self._was_wrapped = plan, step + 1, self._is_wrapped()
        self._placed = True
        self._use(groups, quantities)
        if saved.get("active", True):
            self._write(values, step)
        else:
            self._give_back(step)

    def _give_back(self, step: int) -> None:
        """Restore what the optimizer loaded, as another scheduler set it; note only the step."""
        for quantity, loaded in zip(self._quantities, self._loaded, strict=False):
            quantity.put(self.optimizer.param_groups, loaded)
        self.last_epoch, self._awaits, self._over = step, not self._loaded, False
        self._leave()

    def _loaded_relative(self, saved: Mapping[str, Any]) -> bool:
        """Whether the schedule multiplies the initial rates after loading a state."""
        ours, theirs = self._plan.relative, "initial_lr" in saved
        if ours == theirs or self.wins == "new" or set(saved) == {"run"}:
            return ours  # what flr.checkpoint() returned does not say
        if self.wins == "saved":
            return theirs
        raise ValueError(
            f"load_state_dict: relative must be {theirs}, as in the saved run, unless "
            f"wins='saved' or wins='new', got {ours}"
        )

    def _loaded_rates(self, saved: Any) -> list[Any]:
        """The initial rates that the schedule multiplies after loading a state that has these."""
        now = list(self.base_lrs)
        if saved is None or self.wins == "new":
            return now
        if saved[: len(now)] != list(map(float, now))[: len(saved)] and self.wins is None:
            raise ValueError(
                "load_state_dict: the initial rates must be the saved ones, unless wins='saved' or "
                f"wins='new'; saved {short_repr(saved)}, got {short_repr(list(map(float, now)))}"
            )
        return [*saved[: len(now)], *now[len(saved) :]] if self.wins == "saved" else now

    def _loaded_rule(self, saved: Any) -> tuple[Any, Any]:
        """The plateau rule and its state to use after loading a state that has these."""
        rule_passed = self.plateau
        spec_saved = None if saved is None else saved["rule"]
        spec_passed = None if rule_passed is None else json.loads(json.dumps(rule_passed.to_spec()))
        if spec_saved == spec_passed:
            return rule_passed, None if saved is None else rule_passed.restore(saved["state"])
        if self.wins is None:
            raise ValueError(
                "load_state_dict: plateau must be the saved rule, unless wins='saved' or "
                f"wins='new'; saved {short_repr(spec_saved)}, got {short_repr(spec_passed)}"
            )
        if self.wins == "new":
            return rule_passed, None if rule_passed is None else carried(
                rule_passed, self._scale, saved
            )
        if spec_saved is None:
            return None, None
        rule = rule_from_spec("load_state_dict: the rule in state", spec_saved)
        return rule, rule.restore(saved["state"])

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has: no marks, as its tensors are others."""
        return {**self.__dict__, "_marks": self._in_charge()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Bind a copy to its own optimizer."""
        self.__dict__.update(state)
        self._register()
        groups = self.optimizer.param_groups
        self._groups, self._read, charged = groups, read_of(groups), self._marks
        if charged:
            self._write(self._values(self._quantities, self.last_epoch), self.last_epoch)
        else:
            self._leave()
