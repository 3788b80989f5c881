"""PyTorch: a schedule sets the groups of an optimizer, with the interface of torch's schedulers.

Every value is computed from the step alone, never from the previous value. So a jump or a resume
has no lasting effect. A hook on the optimizer keeps the values right when its state is loaded and
when a group is added. A value that something else changed is an error, not silently replaced.
"""

from fastlr.adapters._requirements import required_by

with required_by("torch"):
    from fastlr.adapters.torch.model_groups import groups
    from fastlr.adapters.torch.scheduler import Scheduler

__all__ = ["Scheduler", "groups"]
