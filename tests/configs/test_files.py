"""Refuse files that have no config, are too large or would run code. Each error is one sentence,
and nothing is executed.
"""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import fastlr as flr
from fastlr.configs import _READERS

DEEPSPEED = {"scheduler": {"type": "WarmupLR", "params": {"warmup_max_lr": 0.1}}}


def refused(path, text=None, **given):
    """What from_config says about a file."""
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=r"^from_config") as caught:
        flr.from_config(path, **given)
    return str(caught.value).replace(str(path), "FILE")


def test_a_large_file_is_refused_by_its_size(tmp_path):
    path = tmp_path / "model.json"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 100_000_000)
    assert refused(path) == "from_config: FILE: must have at most 64 MiB, as a config has"


def test_a_device_without_end_is_refused_by_its_size():
    if not Path("/dev/zero").exists():
        pytest.skip("this system has no /dev/zero")
    with pytest.raises(ValueError, match="must have at most 64 MiB"):
        flr.from_config("/dev/zero")


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".yml", ".sh", ".txt", ""])
@pytest.mark.parametrize("text", ["", " \n\n", "\ufeff"])
def test_an_empty_file_is_called_empty(tmp_path, suffix, text):
    assert refused(tmp_path / f"a{suffix}", text) == "from_config: FILE: must not be empty"


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        flr.from_config(tmp_path / "none.yaml")
    with pytest.raises(IsADirectoryError):
        flr.from_config(tmp_path)


@pytest.mark.parametrize("text", ["x" * 100_000, "x/" * 50_000, "a\0b"])
def test_a_text_that_is_no_path_is_shown_in_part(text):
    with pytest.raises(
        ValueError, match=r"^from_config: config must be a valid path, got"
    ) as caught:
        flr.from_config(text)
    assert len(str(caught.value)) < 400


def test_a_file_of_no_format_names_the_formats_and_the_nearest(tmp_path):
    message = refused(
        tmp_path / "a.json", json.dumps({"max_steps": 10, "learning_rate": 0.1, "x": 1})
    )
    assert message == (
        f"from_config: FILE: the keys must be those of {', '.join(_READERS)} or a fastlr spec, got "
        "['learning_rate', 'max_steps', 'x']; nearest to transformers: 'max_steps', "
        "'learning_rate'"
    )


# -- JSON ------------------------------------------------------------------------------------------


def test_json_has_comments_and_trailing_commas(tmp_path):
    path = tmp_path / "ds.json"
    path.write_text(
        "\ufeff// DeepSpeed\n{ /* the\n ramp */ 'scheduler': {type: 'WarmupLR', # held\n"
        '"params": {"warmup_max_lr": 0.1, "warmup_num_steps": 4,},\n},}'
    )
    assert flr.from_config(path)(4) == 0.1


@pytest.mark.parametrize("key", ["optimizer", "scheduler"])
def test_a_key_given_twice_is_refused(tmp_path, key):
    text = f'{{"{key}": {{"type": "a"}}, "{key}": {{"type": "b"}}}}'
    assert f"{key} must be given once, got" in refused(tmp_path / "ds.json", text)


@pytest.mark.parametrize(
    "text", ["{", "{a: }", "{a: 1}}", '{"a" 1}', "[" * 100_000, "{a:" * 99_999]
)
def test_what_is_not_json_says_so(tmp_path, text):
    assert refused(tmp_path / "a.json", text).startswith("from_config: FILE: must be JSON (")


# -- YAML ------------------------------------------------------------------------------------------


@pytest.fixture
def yaml_file(tmp_path):
    pytest.importorskip("yaml")
    return tmp_path / "config.yaml"


def test_a_tag_never_runs(yaml_file, tmp_path):
    made = tmp_path / "made"
    tag = f"!!python/object/apply:os.system ['touch {made}']"
    detail = "SOLVER must be YAML of plain values, got the tag !!python/object/apply:os.system"
    assert refused(yaml_file, f"SOLVER: {tag}\n") == f"from_config: FILE: {detail}"
    assert "got the tag !!python" in refused(yaml_file, f"{tag}\n")
    assert "STEPS must be YAML of plain" in refused(
        yaml_file, f"VERSION: 2\nSOLVER: {{STEPS: {tag}}}\n"
    )
    yaml_file.write_text(f"VERSION: 2\nMODEL: {{ANCHORS: {tag}}}\nSOLVER: {{BASE_LR: 0.5}}\n")
    assert flr.from_config(yaml_file)(1_000) == 0.5
    assert not made.exists()


def test_aliases_of_aliases_stay_small(yaml_file):
    lines = ["a: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"b{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert "the keys must be those of" in refused(yaml_file, "\n".join(lines))
    assert "must not be nested so deep" in refused(
        yaml_file, "class_name: Adam\noptimizer: &a {optimizer: *a}\n"
    )


def test_yaml_that_is_too_long_is_refused(yaml_file):
    text = "VERSION: 2\n" + "# a comment\n" * 400_000
    assert "YAML must have at most 4,194,304 characters" in refused(yaml_file, text)


@pytest.mark.parametrize("text", ["a: [", "? [1]\n: 2\n", "2020-13-45", "a: 2020-13-45", "\tb"])
def test_what_is_not_yaml_says_so(yaml_file, text):
    assert refused(yaml_file, text).startswith("from_config: FILE: must be")


def test_bases_that_lead_back_are_refused(yaml_file):
    other = yaml_file.with_name("other.yaml")
    other.write_text("_BASE_: config.yaml\n")
    message = refused(yaml_file, "_BASE_: other.yaml\nSOLVER: {}\n")
    assert message.endswith("_BASE_ must not lead back to a file before, got 'config.yaml'")
    assert "_BASE_ must not lead back" in refused(yaml_file, "_BASE_: config.yaml\n")


def test_a_base_that_is_not_there_is_named(yaml_file):
    yaml_file.write_text("_BASE_: ../none.yaml\nSOLVER: {}\n")
    detail = "or absent: dump the whole config, got '../none.yaml' (No such file or directory)"
    assert refused(yaml_file).endswith(f"_BASE_ must be a file that can be read, {detail}")
    for base in ("detectron2://a.yaml", "3"):
        assert "_BASE_ must be absent: insert the values of that file" in refused(
            yaml_file, f"_BASE_: {base}\nSOLVER: {{}}\n"
        )


def test_values_that_weights_and_biases_wrapped_are_unwrapped():
    wrapped = {
        "wandb_version": 1,
        "_wandb": {"desc": None, "value": {}},
        **{key: {"desc": None, "value": value} for key, value in DEEPSPEED.items()},
    }
    assert flr.from_config(wrapped) == flr.from_config(DEEPSPEED)
    assert (
        flr.from_config({key: {"value": value} for key, value in DEEPSPEED.items()}).steps == 1000
    )


# -- where a schedule was read ---------------------------------------------------------------------

TIMM = {"sched": "cosine", "lr": 0.1, "epochs": 90}


@pytest.mark.parametrize(
    ("config", "given", "origin"),
    [
        (TIMM, {}, ("timm", "a mapping", "timm", "epochs", None)),
        (TIMM, {"steps_per_epoch": 7}, ("timm", "a mapping", "timm", "steps", 7)),
        (TIMM, {"steps_per_epoch": 1}, ("timm", "a mapping", "timm", "epochs", 1)),
        (
            "--lr 0.1 --train-iters 9 --lr-decay-style linear",
            {},
            ("megatron", "a command", "megatron", "steps", None),
        ),
        (
            flr.constant(0.1).to_spec(),
            {"steps": 9},
            ("fastlr", "a mapping", "fastlr", "steps", None),
        ),
    ],
)
def test_a_schedule_knows_where_it_was_read(config, given, origin):
    found = flr.from_config(config, **given)
    assert found.origin == origin
    assert (found * 0.5).origin is None
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_schedule_knows_its_file(tmp_path):
    path = tmp_path / "args.json"
    path.write_text(json.dumps(TIMM))
    assert flr.from_config(path).origin == ("args", str(path), "timm", "epochs", None)
    assert flr.from_config(path) == flr.from_config(TIMM)


def test_a_live_scheduler_is_named_by_its_type():
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    found = flr.from_config(torch.optim.lr_scheduler.StepLR(optimizer, 3))
    assert found.origin.source == "torch.optim.lr_scheduler.StepLR"


def test_a_log_of_epochs_beside_a_schedule_of_steps():
    rates = [{"step": t, "learning_rate": 0.1} for t in range(9)]
    with pytest.raises(ValueError, match="must count what the log counts, steps, got epochs"):
        flr.compare_log({"log_history": rates}, flr.from_config(TIMM))


ULTRALYTICS = {"lr0": 0.01, "optimizer": "SGD", "epochs": 20, "half": False}


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("last", [True, False])
def test_a_log_of_epochs_beside_a_config_whose_warmup_counts_steps(first, last, tmp_path):
    plan = flr.from_config(ULTRALYTICS, steps_per_epoch=200)
    rates = plan(np.arange(20) * 200 + 199 * last)
    path = tmp_path / "results.csv"
    rows = [f"{first + epoch},{rate!r}" for epoch, rate in enumerate(rates.tolist())]
    path.write_text("\n".join(["epoch,lr/pg0", *rows]))
    found = flr.compare_log(path, plan)
    assert found.agrees, found
    assert str(found).endswith("; the log counts epochs from 1") == (first == 1)
    other = flr.compare_log(path, flr.from_config(ULTRALYTICS | {"lrf": 0.1}, steps_per_epoch=200))
    assert str(other).startswith("the run did not do what its schedule says: 'lr/pg0' differs")


def test_a_log_of_epochs_beside_a_config_without_them(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(
        "\n".join(["epoch,lr", *(f"{epoch},{0.1 / (epoch + 1)}" for epoch in range(9))])
    )
    plan = flr.from_config("--lr 0.1 --train-iters 9 --lr-decay-style linear")
    with pytest.raises(ValueError, match=r"got steps of a command; .* or schedule\.paced"):
        flr.compare_log(path, plan)


def test_a_log_is_no_config():
    with pytest.raises(ValueError, match=r"this is a log: pass it to fastlr\.identify"):
        flr.from_config({"log_history": [{"step": 1, "learning_rate": 0.1}], "max_steps": 9})
