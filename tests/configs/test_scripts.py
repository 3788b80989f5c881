"""Read the commands, variables, branches and loops of scripts without running them."""

import pytest

import fastlr as flr
from fastlr.configs._scripts import options

COMMAND = "python pretrain.py --lr-decay-style cosine --train-iters 50"


def script(text):
    return options("from_config", text)


SCRIPTS = {
    "options": ("python a.py --lr 1 --min_lr=2 --bf16 --x", {"min-lr": "2", "bf16": True}),
    "a line that goes on": ("python a.py \\\n --lr 1 \\\r\n --x 2", {"lr": "1", "x": "2"}),
    "a comment": ("python a.py --lr 1 # --lr 2\n", {"lr": "1"}),
    "a comment within": ("A=(--lr 1\n # --lr 2\n --x 3)\npython ${A[@]}", {"lr": "1", "x": "3"}),
    "a comment ends the command": ("python --lr 1 \\\n # --lr 2 \\\n", {"lr": "1"}),
    "the end of a command": ("python a.py --lr 100; echo done", {"lr": "100"}),
    "a pipe": ("python a.py --lr 1 --x 2 2>&1 | tee log --y 3", {"lr": "1", "x": "2"}),
    "a variable": ("LR=3\npython a.py --lr $LR --x=${LR}e-4", {"lr": "3", "x": "3e-4"}),
    "an exported variable": ("export LR='3'\npython a.py --lr $LR", {"lr": "3"}),
    "the last value": ("LR=3\nLR=4\npython a.py --lr $LR", {"lr": "4"}),
    "a value later on": ("LR=3\npython a.py --lr $LR\nLR=4", {"lr": "3"}),
    "a default": ("python a.py --lr ${LR:-5} --x ${X:=6}", {"lr": "5", "x": "6"}),
    "a loop over nothing": ("S=1\nfor S in ; do a; done\npython --lr 1 --x $S", {"x": "$S"}),
    "branches that add": (
        'A="--lr 1"\nif a; then A="$A \\\n --x"; fi\nif b; then A="$A --y"; fi\nC="python $A"\n$C',
        {"lr": "1"},
    ),
    "no value": ("python a.py --lr $LR --x $1", {"lr": "$LR", "x": "$1"}),
    "single quotes": ("LR=3\npython a.py --lr '$LR'", {"lr": "$LR"}),
    "several words": ("A='--lr 1 --x 2'\npython a.py $A", {"lr": "1", "x": "2"}),
    "quoted words": ('A="--lr 1 --x 2"\npython a.py "$A"', {"lr": "1", "x": "2"}),
    "one value of two words": ('python a.py --lr 1 --x "0:1 2:3"', {"lr": "1", "x": "0:1 2:3"}),
    "in an array": ('A=(--x "0:1 2:3")\npython --lr 1 "${A[@]}"', {"x": "0:1 2:3"}),
    "words in words": ("B='--lr 1'\nA=\"$B --x 2\"\npython $A", {"lr": "1", "x": "2"}),
    "appended": ("A='--lr 1'\nA+=' --x 2'\npython $A", {"lr": "1", "x": "2"}),
    "appended to an array": ("A=(--lr 1)\nA+=(--x 2)\npython ${A[@]}", {"lr": "1", "x": "2"}),
    "a command in a variable": ("C='python --lr 1'\necho $C\neval $C", {"lr": "1"}),
    "a shell's command": ("srun bash -c 'python a.py --lr 1 --x 2'", {"lr": "1", "x": "2"}),
    "arithmetic": ("A=7\npython --lr 1 --x $((A * (10 + 1) / 2))", {"x": "38"}),
    "arithmetic of nothing": ("python --lr 1 --x $((A / 2))", {"x": "$((A/2))"}),
    "a program's output": ("python --lr 1 --x $(wc -l < a) --y `b c`", {"x": "$(wc_-l_<_a)"}),
    "a document": ("cat <<EOF > a\nit's --lr 5\nEOF\npython --lr 1", {"lr": "1"}),
    "only its arguments": ("export A='--lr 1'\nB=(--x 2)", {"lr": "1", "x": "2"}),
    "a function": ("run() {\n python --lr 1 $1\n}\nrun --x", {"lr": "1"}),
    "another command": ("mkdir --parents a\npython --lr 1\npip install --upgrade b", {"lr": "1"}),
    "branches alike": ("if a; then B=1; else B=2; fi\npython --lr 1 --b $B", {"lr": "1"}),
    "a loop": ("for S in 1 2; do python --lr 1 --seed $S; done", {"lr": "1"}),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_options_of_a_script(name):
    text, wanted = SCRIPTS[name]
    found = script(text)
    assert {key: found[key] for key in wanted} == wanted


SEVERAL = {
    "two commands": (
        f"{COMMAND} --lr 1\n{COMMAND} --lr 2",
        "got '1' in 'python pretrain.py --lr-decay-style",
    ),
    "two branches": (f"if a; then LR=1; else LR=2; fi\n{COMMAND} --lr $LR", "got '1' or '2'"),
    "commands in branches": (
        f"if a; then\n {COMMAND} --lr 1\nelif b; then\n {COMMAND} --lr 2\nfi",
        "'1' in 'python",
    ),
    "a case": (f"case $1 in a) LR=1;; b) LR=2;; esac\n{COMMAND} --lr $LR", "got '1' or '2'"),
    "a loop": (f"for LR in 1 2; do {COMMAND} --lr $LR; done", "got '1' or '2'"),
    "a condition": (f"LR=1\n[[ $A ]] && LR=2\n{COMMAND} --lr $LR", "got '1' or '2'"),
    "options in a branch": (
        f"if a; then A='--lr 1'; else A='--lr 2 --x'; fi\n{COMMAND} $A",
        "got '1' or '2'",
    ),
    "one or none": (f"A=''\nif a; then A='--lr 2'; fi\n{COMMAND} --lr 1 $A", "got '1' or '2'"),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_commands_and_branches_that_differ_are_listed(tmp_path, name):
    text, detail = SEVERAL[name]
    path = tmp_path / "run.sh"
    path.write_text(text)
    with pytest.raises(
        ValueError, match="lr must be the same in every command and branch of the script, got"
    ) as caught:
        flr.from_config(path)
    assert detail in str(caught.value)
    assert str(caught.value).endswith(": pass the one that runs")


def test_commands_of_one_schedule_are_one(tmp_path):
    path = tmp_path / "run.sh"
    path.write_text(f"{COMMAND} --lr 1 --data a\n{COMMAND} --lr 1 --data b --eval\n")
    assert flr.from_config(path).steps == 50


def test_an_error_names_a_variable_without_a_value():
    command = "--lr $LR --train-iters $((SAMPLES / 2)) --lr-decay-style cosine"
    with pytest.raises(
        ValueError, match=r"train-iters must be a number, got .*; pass .*steps=\) or --steps$"
    ):
        flr.from_config(command)
    with pytest.raises(ValueError, match=r"lr must be a number, got '\$LR'; pass .* or --lr$"):
        flr.from_config(command, steps=10)
    assert flr.from_config(command, steps=10, lr=0.5)(0) == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "A=x\n" + "A=$A$A\n" * 100 + "python --lr $A",
        "A=(x)\n" + "A=(${A[@]} ${A[@]})\n" * 100 + "python --lr $A",
        "\n".join(f'if x; then A{i}="$A{i - 1} $A{i - 1}"; else A{i}=-; fi' for i in range(99)),
        "if x; then\n" + "\n".join(f"A={i}" for i in range(1_000)),
        "\n".join(f"a --lr {i}" for i in range(2_000)),
        "'" * 99,
        "A=$(" * 1_000,
        "x" * 2**21,
    ],
)
def test_a_script_that_grows_without_end_is_refused(tmp_path, text):
    path = tmp_path / "run.sh"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"^from_config: .*run\.sh: "):
        flr.from_config(path)
