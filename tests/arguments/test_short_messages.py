"""Error messages show at most about 200 characters of a value, from any function."""

import inspect
from pathlib import Path

import pytest

import fastlr as flr

WORD = "x" * 800
FOLDERS = "/".join(["a" * 200] * 4)  # each part is short enough for a file system
LONGEST = 600

PLAN = flr.cosine(0.1, 0.0, 100)
USUAL = {
    "a": PLAN,
    "b": PLAN,
    "schedule": PLAN,
    "schedules": [PLAN],
    "init": 0.1,
    "end": 0.0,
    "steps": 100,
    "peak": 0.1,
    "warmup": 10,
    "value": 0.1,
    "rates": [0.1, 0.2],
}
OWNERS = {
    "flr": flr,
    "schedule": PLAN,
    "stack": flr.stack({"a": PLAN}),
    "bundle": flr.bundle(lr=PLAN),
    "sweep": flr.sweep("cosine(a, 0.0, 10)", a=[0.1, 0.2]),
    "Plateau": flr.Plateau(),
    "loss_laws": flr.loss_laws,
    "stores": flr.stores,
    "presets": flr.presets,
}


def functions(thing):
    """The public functions of a module, or the methods of a value."""
    if inspect.ismodule(thing):
        found = {name: getattr(thing, name) for name in thing.__all__ if name != "Program"}
        kinds = inspect.isroutine, inspect.isclass
        return {name: value for name, value in found.items() if any(kind(value) for kind in kinds)}
    methods = inspect.getmembers_static(type(thing), inspect.isfunction)
    return {name: getattr(thing, name) for name, _ in methods if not name.startswith("_")}


def message(function, parameter, word):
    """Return the error about a long word; the other arguments are valid."""
    parameters = inspect.signature(function).parameters.values()
    required = [
        each.name
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    arguments = {name: USUAL.get(name, 1) for name in required} | {parameter: word}
    by_place = [
        arguments.pop(each.name)
        for each in parameters
        if each.kind is each.POSITIONAL_ONLY and each.name in arguments
    ]
    try:
        function(*by_place, **arguments)
    except Exception as error:
        return str(error)
    return ""


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.filterwarnings("ignore")
def test_a_long_word_is_cut(owner, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    messages = {
        (name, parameter, len(word)): message(function, parameter, word)
        for name, function in functions(OWNERS[owner]).items()
        for parameter in inspect.signature(function).parameters
        for word in (WORD, f"{FOLDERS}/of.json", f"{FOLDERS}/of.npy")
    }
    assert any(messages.values())
    assert {key: text for key, text in messages.items() if len(text) > LONGEST} == {}


@pytest.mark.parametrize(
    "call",
    [
        lambda: flr.from_spec({"fastlr": 1, "schedule": {WORD: {}}}),
        lambda: flr.from_spec({"fastlr": 1, WORD: {}}),
        lambda: flr.parse(f"{WORD}(1)"),
        lambda: flr.parse(f"torch.{WORD}(1)"),
        lambda: flr.stack({"a": PLAN})[WORD],
        lambda: flr.bundle(lr=PLAN)[WORD],
        lambda: PLAN.reduce(WORD),
        lambda: flr.from_config(Path(FOLDERS) / "of.yaml"),
        lambda: flr.stores.open(WORD),
    ],
)
def test_a_long_name_is_cut(call):
    with pytest.raises((ValueError, LookupError, OSError, TypeError)) as refused:
        call()
    assert len(str(refused.value)) < LONGEST


def test_a_missing_file_keeps_its_error():
    with pytest.raises(FileNotFoundError) as refused:
        flr.from_config(f"{FOLDERS}/of.json")
    assert str(refused.value).startswith("[Errno 2] No such file or directory: 'aaaa")
    with pytest.raises(FileNotFoundError) as refused:
        flr.from_config("no/such.json")
    assert refused.value.filename == "no/such.json"
