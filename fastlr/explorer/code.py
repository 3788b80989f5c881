"""A schedule as code to copy: Python, a torch scheduler, a JSON spec."""

import ast
import json

from fastlr.schedule.parser import parse
from fastlr.schedule.schedule import Schedule

__all__ = ["is_written", "python_code", "spec_code", "torch_code"]

_WIDEST = 88  # of a line; a longer one has an argument per line


def is_written(schedule: Schedule) -> bool:
    """Whether the ``repr`` of a schedule is an expression that builds it.

    That of a schedule with a long array is not: it abbreviates the array.

    >>> import fastlr as flr
    >>> is_written(flr.cosine(0.1, 0.0, 90)), is_written(flr.sampled([0.1] * 2_000))
    (True, False)
    """
    try:
        return parse(repr(schedule)) == schedule
    except (ValueError, TypeError):
        return False


def python_code(schedule: Schedule, run: str = "") -> str:
    """Python that builds a schedule, or takes it from the published run of this name.

    >>> import fastlr as flr
    >>> print(python_code(flr.presets.torch.StepLR(0.1, step_size=30) * 0.5))
    import fastlr as flr
    <BLANKLINE>
    schedule = flr.presets.torch.StepLR(lr=0.1, step_size=30) * 0.5
    """
    return f"import fastlr as flr\n\nschedule = {_expression(schedule, run)}"


def torch_code(schedule: Schedule, run: str = "") -> str:
    """Python that sets the rates of a torch optimizer.

    Raises ``ValueError`` for a batch with several axes, which is no rate per parameter group.

    >>> import fastlr as flr
    >>> print(torch_code(flr.cosine(0.1, 0.0, 90)).splitlines()[-3])
    scheduler = flr.adapters.torch.Scheduler(optimizer, schedule)
    """
    if len(schedule.shape) > 1:
        raise ValueError(
            "explore: schedule must have one rate, or one per parameter group, for torch, got "
            f"shape {schedule.shape}; take one axis of it, such as schedule[0]"
        )
    by = ', by="position"' if schedule.shape and schedule.names is None else ""
    groups = "# the optimizer's parameter groups have these names\n" if schedule.names else ""
    groups = "# one lane per parameter group, in their order\n" if by else groups
    return (
        f"{python_code(schedule, run)}\n{groups}"
        f"scheduler = flr.adapters.torch.Scheduler(optimizer, schedule{by})\n"
        "# after each optimizer.step():\nscheduler.step()"
    )


def spec_code(schedule: Schedule) -> str:
    """The JSON spec of a schedule, which ``flr.from_spec(json.loads(text))`` reads.

    >>> import fastlr as flr
    >>> spec_code(flr.constant(0.1))
    '{"fastlr": 1, "schedule": {"constant": {"value": 0.1}}}'
    """
    return json.dumps(schedule.to_spec())


def _expression(schedule: Schedule, run: str) -> str:
    if run:
        return f'flr.recipe("{run}").schedule'
    if not is_written(schedule):
        return f"flr.from_spec({schedule.to_spec()!r})"
    tree = _Qualified().visit(ast.parse(repr(schedule), mode="eval"))
    return _wrapped(ast.unparse(tree), tree.body)


class _Qualified(ast.NodeTransformer):
    """Puts ``flr.`` before constructors, and ``flr.presets.`` before frameworks."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Name):
            node.func = ast.Attribute(ast.Name("flr"), function.id)
        elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            presets = ast.Attribute(ast.Name("flr"), "presets")
            node.func = ast.Attribute(ast.Attribute(presets, function.value.id), function.attr)
        return node


def _wrapped(text: str, node: ast.expr) -> str:
    """A long call with an argument per line."""
    if len(text) <= _WIDEST or not isinstance(node, ast.Call):
        return text
    arguments = [*map(ast.unparse, node.args), *map(ast.unparse, node.keywords)]
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return f"{ast.unparse(node.func)}(\n{lines})"
