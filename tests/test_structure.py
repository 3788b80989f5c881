"""Test the structure: imports follow the layers, functions are short, and every opcode is known
everywhere.
"""

import ast
import importlib
import re
import statistics
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import oracle
import pytest
from example_schedules import SCHEDULES, built

import fastlr as flr
from fastlr.kernels import reference
from fastlr.kernels.jit import kernel_table
from fastlr.program.opcodes import FIELDS_MOST, OPCODES, opcode
from fastlr.reductions import closed_forms, monotone_pieces, quadrature, sums
from fastlr.schedule import constructor_names
from fastlr.schedule.rebuilding import CONSTRUCTORS

PACKAGE = Path(flr.__file__).parent

ARCHITECTURE = PACKAGE.parent / "docs" / "architecture.md"


def layers() -> list[str]:
    """The packages in the picture of docs/architecture.md, from the lowest layer up."""
    picture = ARCHITECTURE.read_text().partition("<!-- layers -->")[2].partition("<!-- /layers -->")
    return re.findall(r"^(\w+)  ", picture[0], re.MULTILINE)


# packages that stand on one layer: none imports another of its group
BESIDE = (
    {"arguments", "kernels"},
    {"reductions", "drawing"},
    {"plateau", "analysis", "loss_laws", "published_runs", "jit"},
    {"sweeps", "configs"},
    {"pyinstaller", "cli"},
)


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[1:] and parts[-1] == "__init__" else parts)


PATHS = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree(module: str) -> ast.Module:
    """The parsed source of a module."""
    return ast.parse(PATHS[module].read_text())


@cache
def nodes(module: str) -> list[ast.AST]:
    """All nodes of a module. To walk through its tree takes as long as to parse it."""
    return [*ast.walk(tree(module))]


def every_module(check):
    """One test of all modules: a case for each would take longer to start than to run."""

    def test():
        wrong = {}
        for module in PATHS:
            try:
                check(module)
            except AssertionError as error:
                wrong[module] = str(error)
        assert wrong == {}

    test.__name__, test.__doc__ = check.__name__, check.__doc__
    return test


def modules_in(node: ast.AST) -> Iterator[str]:
    """The modules that a statement imports, by their full names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, (
            "imports are absolute, so that a search for a module's name finds all its users"
        )
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield inner if inner.removeprefix("fastlr.") in PATHS else str(node.module)


def modules_used(module: str) -> Iterator[str]:
    """The modules of fastlr that a module imports, at its top or inside a function."""
    for node in nodes(module):
        for name in modules_in(node):
            if name.split(".")[0] == "fastlr":
                yield name.removeprefix("fastlr.") if name != "fastlr" else "__init__"


def functions(module: str) -> list[ast.FunctionDef]:
    return [
        node for node in nodes(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def package_of(module):
    return module.split(".")[0]


def imported_packages(module):
    return {package_of(other) for other in modules_used(module)} - {package_of(module)}


def test_the_picture_shows_every_package():
    assert sorted(layers()) == sorted({package_of(module) for module in PATHS})


@every_module
def test_imports_point_down(module):
    order = layers()
    below = set(order[: order.index(package_of(module))])
    for group in BESIDE:
        below -= group if package_of(module) in group else set()
    assert imported_packages(module) - below == set()


def test_no_modules_import_each_other_in_a_circle():
    graph = {module: set(modules_used(module)) & set(PATHS) for module in PATHS}
    while leaves := {module for module, used in graph.items() if not used}:
        graph = {module: used - leaves for module, used in graph.items() if module not in leaves}
    assert graph == {}


def test_the_top_is_small():
    """At most 6 files and 16 folders, so that a newcomer reads the list at a glance."""
    entries = [
        entry for entry in PACKAGE.iterdir() if not entry.name.startswith(("_n", "__pycache__"))
    ]
    assert len([entry for entry in entries if entry.suffix == ".py"]) <= 6
    assert len([entry for entry in entries if entry.is_dir() and entry.name != "include"]) <= 16


def test_opcodes_import_only_the_standard_library():
    modules = {
        module.split(".")[0] for node in nodes("program.opcodes") for module in modules_in(node)
    }
    assert modules <= sys.stdlib_module_names


# the modules that import a package, or the folder of ours that is written on top of it
FOREIGN = {
    "jax": {"adapters.jax"},
    "keras": {"adapters.keras"},
    "mlx": {"adapters.mlx"},
    "optax": {"adapters.optax"},
    "stable_baselines3": {"adapters.stable_baselines3"},
    "lightning": {"adapters.lightning"},
    "pytorch_lightning": {"adapters.lightning"},
    "timm": {"adapters.torch.model_groups"},
    "torch": {"adapters.torch"},
    "transformers": {"adapters.transformers"},
    "numba": {"kernels.jit"},
    "llvmlite": {"kernels.jit"},
    "dask": {"adapters.dask"},
    "matplotlib": {
        "drawing.axes",
        "drawing.curves",
        "drawing.notes",
        "drawing.panels",
        "drawing.plots",
    },
    "PyInstaller": {"pyinstaller.hook-fastlr"},
    "pandas": {"adapters.pandas"},
    "tqdm": {"arguments.progress"},
    "click": {"cli"},
    "bokeh": {"explorer.chart"},
    "panel": {"explorer"},
    "tornado": {"explorer.server"},
    "scipy": {"sweeps.sampling", "loss_laws.least_squares"},
    "xarray": {"adapters.xarray"},
    "xgboost": {"adapters.xgboost"},
    "yaml": {"configs._files"},
    "zarr": {"sweeps.stores.zarr"},
}


def may_import(module: str) -> set[str]:
    """The foreign packages that a module may import."""
    return {
        package
        for package, users in FOREIGN.items()
        if any(f"{module}.".startswith(f"{user}.") for user in users)
    }


@every_module
def test_foreign_packages_are_imported_only_where_listed(module):
    modules = {module.split(".")[0] for node in nodes(module) for module in modules_in(node)}
    assert modules - sys.stdlib_module_names <= {"numpy", "fastlr"} | may_import(module)


@every_module
def test_a_module_has_a_name_and_a_purpose(module):
    assert not {"utils", "util", "core", "helpers", "common", "misc", "tools"} & set(
        module.split(".")
    )
    assert ast.get_docstring(tree(module))


# -- functions and public names --------------------------------------------------------------------


def length(module: str, function: ast.FunctionDef) -> int:
    """Lines of code in a function, without its docstring, blank lines and comments."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    lines = PATHS[module].read_text().splitlines()[body[0].lineno - 1 : function.end_lineno]
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in lines)


# one loop per opcode, each at the machine's full width; timm's factory with all its arguments
LONGER = {"_lanes_of_curve": 70, "create_scheduler_v2": 50}


@every_module
def test_functions_are_short(module):
    long = {function.name: length(module, function) for function in functions(module)}
    assert {name: lines for name, lines in long.items() if lines > LONGER.get(name, 40)} == {}


def test_most_functions_are_a_handful_of_lines():
    lengths = sorted(length(module, function) for module in PATHS for function in functions(module))
    assert statistics.median(lengths) <= 5
    assert lengths[len(lengths) * 9 // 10] <= 16


def public_names(module: str) -> list[str]:
    """``__all__`` as the source has it, so that an adapter's package need not be installed."""
    names = [
        ast.literal_eval(node.value)
        for node in tree(module).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return names[0] if names else []


def defined(module: str) -> set[str]:
    """The names in a module; of an adapter only the classes and functions that it defines."""
    if not module.startswith("adapters."):
        return set(
            dir(importlib.import_module("fastlr" if module == "__init__" else f"fastlr.{module}"))
        )
    own = {
        node.name for node in tree(module).body if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    return (
        own | names_of(tree(module)) | (taken_from_inside(module) if is_package(module) else set())
    )


def is_package(module: str) -> bool:
    return PATHS[module].name == "__init__.py"


def taken_from_inside(module: str) -> set[str]:
    """The names that a package takes from its own modules, also where it requires a library."""
    body = tree(module).body
    required = [inner for node in body if isinstance(node, ast.With) for inner in node.body]
    return {
        alias.name
        for node in [*body, *required]
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"fastlr.{module}.")
        for alias in node.names
    }


@every_module
def test_all_lists_names_that_exist_and_are_public(module):
    assert len(set(public_names(module))) == len(public_names(module))
    assert [
        name for name in public_names(module) if name not in defined(module) or name.startswith("_")
    ] == []


@every_module
def test_modules_import_only_public_names(module):
    taken = [
        node
        for node in nodes(module)
        if isinstance(node, ast.ImportFrom) and "fastlr." in f"{node.module}."
    ]
    for node in taken:
        public = public_names(
            str(node.module).removeprefix("fastlr.") if node.module != "fastlr" else "__init__"
        )
        submodules = {
            other.rpartition(".")[2]
            for other in PATHS
            if f"fastlr.{other}".rpartition(".")[0] == node.module
        }
        assert {alias.name for alias in node.names} <= {*public, *submodules}, node.module


def is_overload(node: ast.ClassDef | ast.FunctionDef) -> bool:
    """Whether a definition is only a signature."""
    return any("overload" in ast.unparse(decorator) for decorator in node.decorator_list)


def without_docstring(module: str, public_names: list[str]) -> Iterator[str]:
    for node in tree(module).body:
        if (
            isinstance(node, ast.ClassDef | ast.FunctionDef)
            and node.name in public_names
            and not is_overload(node)
        ):
            yield from ([] if ast.get_docstring(node) else [node.name])
            methods = (
                [part for part in node.body if isinstance(part, ast.FunctionDef)]
                if isinstance(node, ast.ClassDef)
                else []
            )
            for method in methods:
                if not (
                    method.name.startswith("_") or is_overload(method) or ast.get_docstring(method)
                ):
                    yield f"{node.name}.{method.name}"


@every_module
def test_public_names_have_docstrings(module):
    assert list(without_docstring(module, public_names(module))) == []


@pytest.mark.parametrize("name", constructor_names.__all__)
def test_a_constructor_shows_its_rates(name):
    assert ">>> " in CONSTRUCTORS[name].__doc__
    assert getattr(flr, name) is CONSTRUCTORS[name]
    assert name in flr.__all__


def test_the_class_of_schedules_lists_its_methods_by_module():
    """Its docstring is the table of contents: each public name beside the module that has it."""
    listed, module = {}, None
    for line in flr.Schedule.__doc__.splitlines():
        row = re.fullmatch(r" {4}``(\w+)`` {2,}(.+)| {27}(.+)", line)
        if row:
            module = row[1] or module
            listed |= dict.fromkeys(re.findall(r"``(\w+)``", row[2] or row[3]), module)
    found = {
        name: owner.__module__.removeprefix("fastlr.schedule.")
        for owner in reversed(flr.Schedule.__mro__)
        if owner.__module__.startswith("fastlr.schedule.")
        for name in vars(owner)
        if not name.startswith("_")
    }
    assert found == listed


# -- every opcode is known everywhere --------------------------------------------------------------

# opcode -> a schedule that lowers to it, and steps at which its segment is in force
EXAMPLES = {
    "constant": ("constant(0.1)", [0, 7, 2**53]),
    "linear": ("linear(1.0, 0.1, 100)", [0, 1, 33, 99]),
    "square": ("polynomial(1.0, 0.1, 100)", [0, 1, 33, 99]),
    "power": ("polynomial(1.0, 0.1, 100, power=3.5)", [0, 1, 33, 99]),
    "cosine": ("cosine(0.1, 1.0, 100)", [0, 1, 33, 99]),
    "cosine_power": ("cosine(1.0, 0.1, 100, exponent=2.0, k=0.7)", [0, 1, 33, 99]),
    "exponential": ("exponential_decay(1.0, rate=0.01)", [0, 1, 33, 999]),
    "staircase": ("step_decay(1.0, 0.3, every=10)", [0, 9, 10, 99]),
    "reciprocal": ("inverse_time(1.0, rate=0.3, every=7)", [0, 1, 33, 10**9]),
    "inverse": ("inverse_power(1.0, 0.7, shift=3)", [0, 1, 33, 10**9]),
    "tanh": ("tanh(1.0, 0.1, 100)", [0, 1, 33, 99]),
    "rex": ("rex(1.0, 0.1, 100)", [0, 1, 33, 99]),
    "affine_exponential": ("affine_exponential(1.0, 0.1, 100)", [0, 1, 33, 99]),
    "logarithmic": ("logarithmic(1.0, 0.1, 100)", [0, 1, 33, 99]),
    "eden": ("eden(1.0, 7.5)", [0, 1, 33, 10**9]),
    "sampled": ("sampled([1.0, 0.5, 0.7], every=10, interpolate=True)", [0, 7, 10, 19]),
    "loop": ("linear(1.0, 0.1, 100).repeat(scale=0.5)", [0, 99, 100, 250]),
    "time_map": ("linear(1.0, 0.1, 100).paced([1, 7], at=[5]).staircase(3)", [0, 4, 5, 12, 40, 99]),
    "multiply": ("linear(1.0, 0.1, 100) * linear(0.5, 1.0, 10)", [0, 5, 50]),
    "add": ("linear(1.0, 0.1, 100) + linear(0.5, 1.0, 10)", [0, 5, 50]),
    "minimum": ("linear(1.0, 0.1, 100).minimum(linear(0.0, 1.0, 50))", [0, 5, 40, 60]),
    "maximum": ("linear(1.0, 0.1, 100).maximum(linear(0.0, 1.0, 50))", [0, 5, 40, 60]),
}


def test_every_opcode_has_an_example():
    assert sorted(EXAMPLES) == sorted(row.name for row in OPCODES)


def test_random_schedules_have_every_constructor():
    """Else the properties that hold for all schedules would not be tested for a new one."""
    text = (Path(__file__).parent / "strategies.py").read_text()
    names = constructor_names.__all__
    assert [name for name in names if not re.search(rf"\bflr\.{name}\b", text)] == []


@pytest.mark.parametrize("row", OPCODES, ids=[row.name for row in OPCODES])
def test_an_opcode_is_known_everywhere(row):
    """It is printed by name with its fields, and every backend agrees with the oracle."""
    text, steps = EXAMPLES[row.name]
    schedule = built(text)
    printed = re.search(rf" {row.name} *(?:  (.*))?$", str(schedule.program), re.MULTILINE)
    assert printed
    assert tuple(re.findall(r"(\w+)=", printed[1] or "")) == row.fields
    truths = [float(oracle.exact(schedule, t)) for t in steps]
    for backend in flr.backends():
        with flr.use_backend(backend):
            assert np.allclose(schedule(steps), truths, rtol=1e-15, atol=0.0)
    kinds = (kernel_table.RATE, kernel_table.RUN, kernel_table.LANES)
    assert {kind + opcode(row.name) for kind in kinds} <= set(kernel_table._SOURCES)
    assert row.formula


def test_the_reference_names_no_other_opcode():
    named = {*reference.CURVES, *reference._OPERATIONS}
    assert named < {row.name for row in OPCODES}
    assert [
        len(OPCODES[opcode(name)].fields) for name in ("multiply", "add", "minimum", "maximum")
    ] == [0] * 4


def test_every_opcode_has_a_sum_and_a_direction():
    """A curve has a direction, and a sum in closed form or by quadrature of its formula. Every
    other opcode has its own.
    """
    names, curves = {row.name for row in OPCODES}, set(reference.CURVES)
    assert {row.name for row in OPCODES if row.rises is not None} == curves
    assert {
        factor for row in OPCODES for factor in row.rises or () if factor not in row.fields
    } <= {
        -1,
        0,
    }
    assert set(monotone_pieces.HOLDERS) == names - curves
    assert names - curves <= set(sums.HOLDERS) <= names
    assert set(closed_forms.CLOSED) <= curves - set(sums.HOLDERS)
    assert set(quadrature.REACHES) <= curves - set(sums.HOLDERS)


def test_the_adapter_for_jax_knows_every_opcode():
    """Of curves, that it has none but those of the table: the reference evaluates the others.

    Read, not imported: JAX brings threads, which a fork does not survive.
    """
    tables = {
        ast.unparse(node.target): node.value
        for module in ("adapters.jax.curves", "adapters.jax.tracing")
        for node in tree(module).body
        if isinstance(node, ast.AnnAssign)
    }
    curves, composites = (
        [ast.literal_eval(key) for key in tables[table].keys] for table in ("CURVES", "_COMPOSITES")
    )
    assert {*curves} <= {row.name for row in OPCODES if row.rises is not None}
    assert sorted(composites) == sorted(row.name for row in OPCODES if row.rises is None)


# what a curve may have beyond what a new one needs: a better way than the fallback
BEYOND = {
    "adapters/jax/curves.py",  # the reference, called from JAX
    "explorer/examples.py",  # the example of the docstring
    "reductions/quadrature.py",  # panels that are checked
    "schedule/negation.py",  # an error that says what to subtract instead
}


def test_a_curve_is_named_in_the_files_that_contributing_lists():
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text()
    [row] = re.findall(r"^\| a curve \| (\d+) files: (.*) \|$", text, re.MULTILINE)
    listed = set(re.findall(r"`([\w/]+\.(?:py|h))`", row[1]))
    assert len(listed) == int(row[0]) <= 9
    assert all((PACKAGE / path).exists() or (PACKAGE.parent / path).exists() for path in listed)
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if '"logarithmic"' in path.read_text()
    }
    assert found - BEYOND == listed - {"csrc/formulas.h", "tests/oracle.py"}
    headers = (PACKAGE.parent / "csrc").glob("*.h")
    named = {path.name for path in headers if re.search(r"\bLOGARITHMIC\b", path.read_text())}
    assert named - {"opcodes.h"} == {"formulas.h"}


def test_opcodes_are_numbered_in_order():
    assert len({row.name for row in OPCODES}) == len(OPCODES)
    assert [opcode(row.name) for row in OPCODES] == list(range(len(OPCODES)))
    assert [OPCODES[number] for number in range(len(OPCODES))] == list(OPCODES)
    assert max(len(row.fields) for row in OPCODES) == FIELDS_MOST


def test_the_oracle_knows_every_constructor():
    assert set(oracle.RATES) == set(CONSTRUCTORS) - {"stack"}  # which is no curve, but many


def test_the_cases_use_every_opcode():
    printed = "\n".join(str(schedule.program) for schedule in SCHEDULES.values())
    assert [
        row.name
        for row in OPCODES
        if not re.search(rf"^ +[\d,]+ +{row.name}\b", printed, re.MULTILINE)
    ] == []


# -- state that threads share ----------------------------------------------------------------------

# module state that changes after the import, and why that is safe; see docs/reproducibility.md
SHARED = {
    ("kernels.selection", "_ACTIVE"): "a context variable: each thread and task has its own",
    ("kernels.selection", "_default"): "set_backend, which every evaluation reads once",
    ("errors", "_NAMES"): "filled while functions are defined",
    ("kernels.jit.compiling", "_kept"): "appended to under the lock of the table of kernels",
    ("kernels.jit.kernel_table", "_SOURCES"): "filled while kernels are imported",
    ("kernels.jit.kernel_table", "_TABLE"): "written under a lock, one address at a time",
    ("kernels.jit.kernel_table", "_notice"): "used under the same lock",
    ("presets._rules", "PRESETS"): "filled while presets are imported",
    ("published_runs", "_RUNS"): "filled while recipes are imported",
    ("schedule.rebuilding", "CONSTRUCTORS"): "filled while constructors are imported",
    (
        "schedule.rebuilding",
        "RULES",
    ): "rules read from a signature: every thread writes the same ones",
}
KEPT = {
    ("adapters.jax.tracing", "_compiled"),
    ("arguments.help_signatures", "_shown"),
    ("kernels.jit.linking", "link"),
    ("kernels.jit.quick_calls", "_compiled_several"),
    ("kernels.jit.quick_updates", "_compiled_update"),
    ("kernels.jit.quick_updates", "_updater"),
    ("kernels.selection", "_load"),
    ("reductions.quadrature", "_rule"),
}  # functions with a cache
CHANGERS = {
    "add",
    "append",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "reset",
    "set",
    "setdefault",
    "update",
}


def names_of(tree):
    """The names that a module assigns at its top level."""
    targets = [
        target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
    ]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return {
        name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
    }


def changed_in(function):
    """The names whose values a function changes: by index, attribute, method or ``global``."""
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            yield from node.names
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(
            node.ctx, ast.Store | ast.Del
        ):
            yield ast.unparse(node.value)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CHANGERS
        ):
            yield ast.unparse(node.func.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("setattr", "delattr"):
            yield ast.unparse(node.args[0])


def test_module_state_changes_only_where_listed():
    found = {
        (module, name)
        for module in PATHS
        for function in functions(module)
        for name in changed_in(function)
    }
    assert {(module, name) for module, name in found if name in names_of(tree(module))} == set(
        SHARED
    )


def test_functions_with_a_cache_are_listed():
    kept = {
        (module, function.name)
        for module in PATHS
        for function in functions(module)
        for decorator in function.decorator_list
        if re.search(r"\bcache\b|lru_cache", ast.unparse(decorator))
    }
    assert kept == KEPT


def test_a_built_schedule_changes_only_when_it_is_lowered():
    setters = {
        (module, function.name)
        for module in PATHS
        for function in functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == "__setattr__"
    }
    building = {"__init__", "__post_init__"}
    assert {(module, name) for module, name in setters if name not in building} == {
        ("schedule.value", "program"),
        # the schedule that a constructor has just built, before it returns it
        ("schedule.value", "_described"),
        # a call remembers its hash key and what it built, which take no part in its value
        ("schedule.recorded_calls", "_key"),
        ("schedule.recorded_calls", "keep"),
        # the call of a lane makes its arguments once, from the call of the batch
        ("schedule.bulk_building", "arguments"),
        # what __init__ of a rule calls
        ("plateau.rule_value", "_set_parameters"),
        ("plateau.updates", "_set_buffer"),
    }


# a variable at the top of a C file, or a static one in a function: its type and its name
VARIABLE = re.compile(
    r"^(?!typedef|struct|enum)([a-zA-Z][\w *]*[ *])(\w+)(?:\[\w*\])? ?[=;]|^ +static "
    r"([\w *]+[ *])(\w+)",
    re.M,
)


def is_constant(kind):
    """Whether a C type is constant; of a pointer, whether the pointer is."""
    return kind.split()[-1].endswith("const") if "*" in kind else "const" in kind.split()


def c_variables(of_python):
    """The variables of the C library, or of what it adds for Python, with their types."""
    paths = [
        path
        for path in Path(flr.get_include()).glob("*.[ch]")
        if path.name.startswith("python_") == of_python
    ]
    text = "\n".join(path.read_text() for path in paths)
    return {name or inner: kind or inside for kind, name, inside, inner in VARIABLE.findall(text)}


def test_the_c_library_has_one_variable():
    """``chosen``, the instruction set in use: every thread writes the same pointer."""
    found = c_variables(of_python=False)
    assert {"INSTRUCTION_SETS", "fastlr_baseline", "chosen"} <= set(found)
    assert [name for name, kind in found.items() if not is_constant(kind)] == ["chosen"]


def test_the_calls_from_python_have_one_variable():
    """``python``, objects that are written once, under the interpreter's lock. The rest describes
    a type for CPython, which wants it writable.
    """
    text = (Path(flr.get_include()) / "python_schedules.h").read_text()
    assert re.findall(r"^\} (\w+);", text.partition("static struct {")[2], re.M)[:1] == ["python"]
    found = c_variables(of_python=True)
    changing = {name for name, kind in found.items() if not is_constant(kind)}
    assert changing == {"members", "slots", "spec"}
