"""Compare published runs with the figures in their sources, at the steps that the sources name."""

import dataclasses
import math
import re
from importlib import import_module
from typing import NamedTuple

import numpy as np
import pytest

from fastlr import presets
from fastlr.published_runs import Recipe, recipe, recipes
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.units import Ramp

# the front door has a function of the module's name, so that "import fastlr.published_runs as
# module" would find the function
module = import_module("fastlr.published_runs")


def cosine(peak: float, end: float, elapsed: float, steps: float) -> float:
    """Half a cosine wave from ``peak`` to ``end``."""
    return end + (peak - end) * (1 + math.cos(math.pi * elapsed / steps)) / 2


def olmo2_7b(updates: int) -> float:
    """The rate of OLMo's update by its number, from 1: its batch is counted before it is made."""
    tokens = updates * 1_024 * 4_096
    if tokens < 8_388_608_000:
        return 3e-4 * tokens / 8_388_608_000
    return cosine(3e-4, 3e-5, tokens - 8_388_608_000, 5e12 - 8_388_608_000)


def olmo3_7b(update: int) -> float:
    """The rate of OLMo-core's update by its number, from 1."""
    if update <= 597_046:
        return cosine(3e-4, 3e-5, update - 2_000, 1_192_093 - 2_000)
    half = 1_668_931 - 597_046
    return cosine(3e-4, 3e-5, update - 597_046 + half, 2 * half)


def moonlight(step: int) -> float:
    """The rate on the cosine, by the tokens that the steps before have taken."""
    samples = 2_048 * min(step, 11_921) + 4_096 * max(step - 11_921, 0)
    return cosine(4.2e-4, 4.2e-5, samples - 4_096_000, 5.2e12 / 8_192 - 4_096_000)


def minimax(step: int) -> float:
    """The rate on the exponential, by the tokens that the steps before have taken."""
    tokens = 4_313 * 16e6 + 22_531 * 32e6 + 61_094 * 64e6 + (step - 87_938) * 128e6
    return 1.3e-4 * (3 / 13) ** ((tokens - 10.4e12) / 1e12)


def apertus(step: int) -> float:
    """The rate in the cooldown, by the samples that the steps before have taken."""
    samples = 1_718_272_000 + 2_048 * (step - 1_678_000)
    done = (samples - (3_662_109_375 - 403_905_806)) / 403_905_806
    return 1.1e-5 + 9.9e-5 * (1 - math.sqrt(done))


NANOCHAT_PEAK = 0.02 * math.sqrt(2)

# run -> its length, and the rates that its source gives, at the step where each begins or is
# reached
PUBLISHED: dict[str, tuple[int, dict[int, float]]] = {
    "inception-v3": (
        4_003_647,
        {0: 0.045, 80_072: 0.045, 80_073: 0.045 * 0.94, 2 * 80_073: 0.045 * 0.94**2},
    ),
    "resnet110-cifar10": (
        64_000,
        {0: 0.01, 399: 0.01, 400: 0.1, 31_999: 0.1, 32_000: 0.01, 48_000: 0.001, 63_999: 0.001},
    ),
    "wide-resnet-cifar10": (
        78_125,
        {0: 0.1, 23_437: 0.1, 23_438: 0.02, 46_875: 0.004, 62_500: 0.0008, 78_124: 0.0008},
    ),
    "sgdr-cifar10": (
        58_590,
        {0: 0.05, 1_953: 0.025, 3_906: 0.05, 7_812: 0.025, 11_718: 0.05, 27_342: 0.05},
    ),
    "mask-rcnn": (160_000, {0: 0.02, 119_999: 0.02, 120_000: 0.002, 159_999: 0.002}),
    "resnet50-1h": (
        14_075,
        {0: 0.1, 391: 1.65, 782: 3.2, 4_691: 3.2, 4_692: 0.32, 9_384: 0.032, 12_511: 0.0032},
    ),
    "transformer-base": (
        100_000,
        {3_999: 512**-0.5 * 4_000**-0.5, 15_999: 512**-0.5 * 16_000**-0.5},
    ),
    "deeplab-v3": (
        60_000,
        {0: 0.007, 15_000: 0.007 * 0.5**0.9, 30_000: 0.001, 45_000: 0.001 * 0.5**0.9, 60_000: 0.0},
    ),
    "retinanet": (90_000, {0: 0.01, 59_999: 0.01, 60_000: 0.001, 80_000: 0.0001, 89_999: 0.0001}),
    "super-convergence": (10_000, {0: 0.1, 2_500: 1.55, 5_000: 3.0, 7_500: 1.55, 10_000: 0.1}),
    "alphazero": (
        700_000,
        {0: 0.2, 99_999: 0.2, 100_000: 0.02, 300_000: 0.002, 500_000: 0.0002, 699_999: 0.0002},
    ),
    "bert-base": (1_000_000, {0: 0.0, 5_000: 5e-5, 10_000: 1e-4, 505_000: 5e-5, 1_000_000: 0.0}),
    "roberta-large": (500_000, {0: 0.0, 30_000: 4e-4, 265_000: 2e-4, 500_000: 0.0}),
    "t5-base": (
        524_288,
        {0: 0.01, 9_999: 0.01, 10_000: 0.01, 40_000: 0.005, 250_000: 0.002, 490_000: 1 / 700},
    ),
    "simclr": (31_278, {0: 0.0, 3_128: 4.8, 31_278: 0.0}),
    "gpt3-175b": (93_750, {0: 0.0, 117: 6e-5, 81_250: 6e-6, 93_749: 6e-6}),
    "wav2vec2-base": (400_000, {0: 0.0, 32_000: 5e-4, 216_000: 2.5e-4, 400_000: 0.0}),
    "vit-b16": (93_835, {0: 0.0, 10_000: 3e-3, 93_835: 0.0}),
    "deit-b": (375_342, {0: 1e-6, 6_256: 1e-3, 375_342: 1e-5}),
    "clip-vit-l14": (390_625, {0: 0.0, 2_000: 4e-4, 390_625: 0.0}),
    "mae-vit-l": (500_456, {0: 0.0, 12_511: 2.4e-3, 500_456: 0.0}),
    "chinchilla": (466_667, {0: 1e-7, 1_500: 1e-4, 466_667: 1e-5}),
    "palm-540b": (255_000, {0: 0.01, 9_999: 0.01, 10_000: 0.01, 40_000: 0.005, 250_000: 0.002}),
    "stable-diffusion-v1": (431_000, {0: 0.0, 5_000: 5e-5, 10_000: 1e-4, 430_999: 1e-4}),
    "bloom-176b": (87_261, {0: 0.0, 89: 6e-5, 97_656: 6e-6}),
    "whisper-large": (
        1_048_576,
        {0: 0.0, 1_024: 8.75e-5, 2_048: 1.75e-4, 525_312: 8.75e-5, 1_048_576: 0.0},
    ),
    "nanogpt-124m": (
        600_000,
        {0: 6e-4 / 2_001, 999: 6e-4 * 1_000 / 2_001, 2_000: 6e-4, 301_000: 3.3e-4, 600_000: 6e-5},
    ),
    "llama-65b": (350_000, {0: 0.0, 2_000: 1.5e-4, 176_000: 8.25e-5, 350_000: 1.5e-5}),
    "pythia-12b": (143_000, {0: 0.0, 1_430: 1.2e-4, 72_215: 6.6e-5, 143_000: 1.2e-5}),
    "llama2-70b": (500_000, {0: 0.0, 2_000: 1.5e-4, 251_000: 8.25e-5, 500_000: 1.5e-5}),
    "falcon-40b": (423_855, {0: 0.0, 1_695: 1.85e-4, 212_775: 1.0175e-4, 423_855: 1.85e-5}),
    "deepseek-67b": (
        105_964,
        {
            0: 0.0,
            2_000: 3.2e-4,
            84_770: 3.2e-4,
            84_771: 0.316 * 3.2e-4,
            95_367: 3.2e-5,
            105_963: 3.2e-5,
        },
    ),
    "minicpm-2b": (
        279_898,
        {0: 0.01, 254_453: 0.01, 259_453: 0.005, 264_453: 0.0025, 274_453: 0.000625},
    ),
    "llama3-405b": (
        1_200_000,
        {0: 0.0, 4_000: 4e-5, 8_000: 8e-5, 604_000: 4.04e-5, 1_200_000: 8e-7},
    ),
    "pi0": (
        30_000,
        {0: 2.5e-5 / 1_001, 1_000: 2.5e-5, 15_500: 1.375e-5, 30_000: 2.5e-6},
    ),
    "boltz-1": (
        68_000,
        {0: 0.0, 500: 9e-4, 1_000: 1.8e-3, 50_000: 1.8e-3, 50_001: 1.71e-3, 67_999: 1.71e-3},
    ),
    "deepseek-v3": (
        235_240,
        {
            0: 0.0,
            2_000: 2.2e-4,
            158_946: 2.2e-4,
            227_292: 2.2e-5,
            232_584: 2.2e-5,
            232_585: 7.3e-6,
            235_239: 7.3e-6,
        },
    ),
    "olmo2-7b": (
        928_646,
        {
            0: 1.5e-7,
            999: 1.5e-4,
            1_999: 3e-4,
            2_000: olmo2_7b(2_001),
            600_000: olmo2_7b(600_001),
            928_645: olmo2_7b(928_646),
        },
    ),
    "minimax-01": (
        140_282,
        {
            0: 0.0,
            250: 1e-4,
            500: 2e-4,
            107_469: 2e-4,
            107_470: 1.3e-4,
            132_469: 1.3e-4,
            136_000: minimax(136_000),
            140_281: minimax(140_281),
            140_282: 3e-5,
        },
    ),
    "moonlight": (
        175_934,
        {
            0: 0.0,
            1_000: 2.1e-4,
            2_000: 4.2e-4,
            11_921: moonlight(11_921),
            11_922: moonlight(11_922),
            160_932: moonlight(160_932),
            160_933: 4.2e-5,
            160_983: 7.1e-5,
            161_033: 1e-4,
            175_933: 1e-4 / 14_901,
            175_934: 0.0,
        },
    ),
    "olmo2-32b": (
        721_901,
        {
            0: 3e-7,
            999: 3e-4,
            1_999: 6e-4,
            388_430: cosine(6e-4, 6e-5, 388_431 - 2_000, 774_861 - 2_000),
        },
    ),
    "smollm2": (
        5_240_000,
        {
            0: 0.0,
            2_000: 5e-4,
            4_715_999: 5e-4,
            4_716_000: 5e-4,
            4_978_000: 2.5e-4,
            5_239_999: 5e-4 / 524_000,
            5_240_000: 0.0,
        },
    ),
    "smollm2-135m": (
        2_000_000,
        {0: 0.0, 2_000: 3e-3, 1_600_000: 3e-3, 1_800_000: 1.5e-3, 2_000_000: 0.0},
    ),
    "marin-8b": (
        1_420_000,
        {
            0: 0.0,
            500: 5e-4,
            1_000: 1e-3,
            8_999: 1e-3,
            9_000: 1e-3 / (1 + 9 * 1 / 1_000),
            9_001: 1e-3 / (1 + 9 * 1 / 1_000),
            9_500: 1e-3 / (1 + 9 * 500 / 1_000),
            9_999: 1e-3 / (1 + 9 * 999 / 1_000),
            10_000: 1e-3,
            199_999: 1e-3 / (1 + 9 * 999 / 1_000),
            209_999: 1e-3,
            219_000: 1e-3 / (1 + 9 * 1_000 / 2_000),
            659_999: 1e-3 / (1 + 9 * 1_999 / 2_000),
            660_000: 1.7e-3,
            740_500: 1.7e-3,
            780_250: 9.35e-4,
            820_000: 1.7e-4,
            821_000: 9.35e-4,
            822_000: 1.7e-3,
            1_320_000: 1.7e-3,
            1_360_000: 8.585e-4,
            1_400_000: 1.7e-5,
            1_419_999: 1.7e-5,
        },
    ),
    "kimi-k2": (231_343, {0: 0.0, 500: 2e-4, 149_254: 2e-4, 231_343: 2e-5}),
    "smollm3-3b": (
        4_720_000,
        {0: 0.0, 1_000: 1e-4, 2_000: 2e-4, 4_198_001: 2e-4, 4_459_001: 1e-4, 4_720_001: 0.0},
    ),
    "dinov3-7b": (1_000_000, {0: 0.0, 50_000: 2e-4, 100_000: 4e-4, 999_999: 4e-4}),
    "apertus-8b": (
        2_627_139,
        {
            0: 0.0,
            2_000: 5.5e-5,
            4_000: 1.1e-4,
            2_429_919: 1.1e-4,
            2_429_920: apertus(2_429_920),
            2_500_000: apertus(2_500_000),
            2_627_138: apertus(2_627_138),
        },
    ),
    "olmo3-7b": (
        1_413_814,
        {
            0: 1.5e-7,
            999: 1.5e-4,
            1_999: 3e-4,
            300_000: olmo3_7b(300_001),
            597_045: olmo3_7b(597_046),
            597_046: olmo3_7b(597_047),
            1_413_813: olmo3_7b(1_413_814),
        },
    ),
    "nanochat-d24": (
        5_568,
        {
            0: NANOCHAT_PEAK / 40,
            19: NANOCHAT_PEAK / 2,
            39: NANOCHAT_PEAK,
            1_949: NANOCHAT_PEAK,
            1_950: NANOCHAT_PEAK * (3_618 + 0.05) / 3_619,
            5_567: NANOCHAT_PEAK * (1 + 0.05 * 3_618) / 3_619,
            5_568: NANOCHAT_PEAK * 0.05,
        },
    ),
    "modded-nanogpt": (
        1_285,
        {
            0: 0.023,
            422: 0.023,
            423: 0.023 * 1.52,
            508: 0.023 * 1.52,
            846: 0.023 * (1.52 - 1.37 * 338 / 762),
            847: 0.023 * (1.73 - 1.58 * 339 / 762),
            1_269: 0.023 * (1.73 - 1.58 * 761 / 762),
            1_270: 0.023 * 0.15,
            1_284: 0.023 * 0.15,
        },
    ),
}


class Figures(NamedTuple):
    """What a source says of a run: the highest rate, the step that first has it, the length,
    and the rate at its end.
    """

    peak: float
    warmup: int
    steps: int
    end: float


IMAGENET, CIFAR = 1_281_167, 50_000
BLOOM, DEEPSEEK, DEEPSEEK_V3, FALCON = 2_048, 4_608 * 4_096, 15_360 * 4_096, 1_152 * 2_048

# The figures of each source, read again in its text, config or code, and converted here. CLIP is
# missing: its table could not be found again.
CHECKED: dict[str, Figures] = {
    "inception-v3": Figures(0.045, 0, round(100 * IMAGENET / 32), 0.045 * 0.94**49),
    "resnet110-cifar10": Figures(0.1, 400, 64_000, 0.001),
    "wide-resnet-cifar10": Figures(0.1, 0, round(200 * CIFAR / 128), 0.1 * 0.2**3),
    "sgdr-cifar10": Figures(0.05, 0, 15 * round(10 * CIFAR / 128), 0.05),  # a restart
    "mask-rcnn": Figures(0.02, 0, 160_000, 0.002),
    "resnet50-1h": Figures(
        0.1 * 8_192 / 256, round(5 * IMAGENET / 8_192), round(90 * IMAGENET / 8_192), 0.0032
    ),
    "transformer-base": Figures(512**-0.5 * 4_000**-0.5, 3_999, 100_000, 512**-0.5 * 100_001**-0.5),
    "deeplab-v3": Figures(0.007, 0, 30_000 + 30_000, 0.0),
    "retinanet": Figures(0.01, 0, 90_000, 0.0001),
    "super-convergence": Figures(3.0, 5_000, 10_000, 0.1),
    "alphazero": Figures(0.2, 0, 700_000, 0.0002),
    "bert-base": Figures(1e-4, 10_000, 1_000_000, 0.0),
    "roberta-large": Figures(4e-4, 30_000, 500_000, 0.0),
    "t5-base": Figures(0.01, 0, 2**19, 2**-9.5),
    "simclr": Figures(
        0.3 * 4_096 / 256, round(10 * IMAGENET / 4_096), round(100 * IMAGENET / 4_096), 0.0
    ),
    "gpt3-175b": Figures(6e-5, round(375e6 / 3.2e6), round(300e9 / 3.2e6), 6e-6),
    "wav2vec2-base": Figures(5e-4, 32_000, 400_000, 0.0),
    "vit-b16": Figures(3e-3, 10_000, round(300 * IMAGENET / 4_096), 0.0),
    "deit-b": Figures(
        5e-4 * 1_024 / 512, round(5 * IMAGENET / 1_024), round(300 * IMAGENET / 1_024), 1e-5
    ),
    "mae-vit-l": Figures(
        1.5e-4 * 4_096 / 256, round(40 * IMAGENET / 4_096), round(1_600 * IMAGENET / 4_096), 0.0
    ),
    "chinchilla": Figures(1e-4, 1_500, round(1.4e12 / 3e6), 1e-5),
    "palm-540b": Figures(0.01, 0, 255_000, 255_000**-0.5),
    "stable-diffusion-v1": Figures(1e-4, 10_000, 237_000 + 194_000, 1e-4),
    # the run ends before its cosine does
    "bloom-176b": Figures(
        6e-5,
        round(183_105 / BLOOM),
        round(366e9 / BLOOM / 2_048),
        6e-6 + 5.4e-5 * (1 + math.cos(math.pi * (87_261 - 89) / (97_656 - 89))) / 2,
    ),
    "whisper-large": Figures(1.75e-4, 2_048, 2**20, 0.0),
    "nanogpt-124m": Figures(6e-4, 2_000, 600_000, 6e-5),
    "llama-65b": Figures(1.5e-4, 2_000, round(1.4e12 / 4e6), 1.5e-5),
    "pythia-12b": Figures(1.2e-4, round(0.01 * 143_000), 143_000, 1.2e-5),
    "llama2-70b": Figures(1.5e-4, 2_000, round(2e12 / 4e6), 1.5e-5),
    "falcon-40b": Figures(1.85e-4, round(4e9 / FALCON), round(1e12 / FALCON), 1.85e-5),
    "deepseek-67b": Figures(3.2e-4, 2_000, round(2e12 / DEEPSEEK), 3.2e-5),
    "minicpm-2b": Figures(
        0.01, 0, round(1.1e12 / 3.93e6), 0.01 * 0.5 ** ((279_898 - 254_453) / 5_000)
    ),
    "llama3-405b": Figures(8e-5, 8_000, 1_200_000, 8e-7),
    "pi0": Figures(2.5e-5, 1_000, 30_000, 2.5e-6),
    "boltz-1": Figures(1.8e-3, 1_000, 53_000 + 15_000, 0.95 * 1.8e-3),
    "deepseek-v3": Figures(2.2e-4, 2_000, round(14.8e12 / DEEPSEEK_V3), 7.3e-6),
    "olmo2-7b": Figures(3e-4, 2_000 - 1, 928_646, olmo2_7b(928_647)),
    "minimax-01": Figures(2e-4, 500, 4_313 + 22_531 + 61_094 + 52_344, 3e-5),
    "moonlight": Figures(4.2e-4, 2_000, 11_921 + 149_012 + 100 + 14_901, 0.0),
    "olmo2-32b": Figures(
        6e-4, 2_000 - 1, 721_901, cosine(6e-4, 6e-5, 721_902 - 2_000, 774_861 - 2_000)
    ),
    "smollm2": Figures(5e-4, 2_000, 5_240_000, 0.0),
    "smollm2-135m": Figures(3e-3, 2_000, 2_000_000, 0.0),
    "marin-8b": Figures(1.7e-3, 660_000, 1_320_000 + 80_000 + 20_000, 1.7e-5),
    "kimi-k2": Figures(2e-4, 500, round(15.5e12 / 67e6), 2e-5),
    "smollm3-3b": Figures(2e-4, 2_000, 4_720_000, 2e-4 / 522_000),
    "dinov3-7b": Figures(5e-5 * 4 * 2, 100_000, 1_000_000, 4e-4),
    "apertus-8b": Figures(1.1e-4, 4_000, 1_678_001 + 949_138, apertus(2_627_139)),
    "olmo3-7b": Figures(3e-4, 2_000 - 1, 1_413_814, olmo3_7b(1_413_815)),
    "nanochat-d24": Figures(NANOCHAT_PEAK, 39, 5_568, NANOCHAT_PEAK * 0.05),
    "modded-nanogpt": Figures(0.023 * 1.52, 423, 1_270 + 15, 0.023 * 0.15),
}

POINTS = [
    (name, step, rate) for name, (_, rates) in PUBLISHED.items() for step, rate in rates.items()
]


def year(run: Recipe) -> int:
    """The year in brackets after the title."""
    found = re.search(r"\((\d{4})\), ", run.source)
    assert found, f"{run.name}: no year in {run.source!r}"
    return int(found[1])


def test_each_run_is_checked() -> None:
    """A run without published figures here cannot slip in."""
    assert list(PUBLISHED) == list(recipes())


@pytest.mark.parametrize(("name", "step", "rate"), POINTS)
def test_published_rate(name: str, step: int, rate: float) -> None:
    """Peaks, drops and ends stand where the source puts them."""
    assert pytest.approx(rate, rel=1e-13, abs=0.0) == recipe(name).schedule(step)


@pytest.mark.parametrize("name", CHECKED)
def test_figures_of_the_source(name: str) -> None:
    """Peak, warmup, length and end are those that the source was read to say."""
    figures, run = CHECKED[name], recipe(name)

    assert figures.steps == run.steps
    assert pytest.approx(figures.peak, rel=1e-13) == run.schedule.max(run.steps)
    assert figures.warmup == run.schedule.argmax(run.steps)
    assert pytest.approx(figures.end, rel=1e-12, abs=0.0) == run.schedule(run.steps)


def test_the_decay_of_smollm2_has_its_length() -> None:
    """The constant rate ends at step 4,716,000, and the line to 0 takes 524,000 steps of 256 x
    4 x 2,048 tokens.
    """
    run = recipe("smollm2").schedule

    assert run(4_716_000) == 5e-4 > run(4_716_001)
    assert run.first_below(1e-12, 2_000) == 5_240_000 == 4_716_000 + 524_000
    assert round(5_240_000 * 256 * 4 * 2_048 / 1e12, 2) == 10.99


@pytest.mark.parametrize("name", ["olmo2-7b", "olmo2-32b", "olmo3-7b"])
def test_olmo_counts_a_batch_before_its_update(name: str) -> None:
    """The first update has the rate after one of the 2,000 batches of the warmup."""
    run = recipe(name)

    assert pytest.approx(run.schedule.max(run.steps) / 2_000, rel=1e-13) == run.schedule(0)
    assert run.schedule.argmax(run.steps) == 2_000 - 1


def test_stage_2_of_olmo2_begins_at_the_rate_of_a_checkpoint() -> None:
    """Its config's 6.1499e-5 is the rate of update 928,000, after which a checkpoint was saved."""
    run = recipe("olmo2-7b").schedule

    assert f"{run(927_999):.5g}" == "6.1499e-05"
    assert f"{run(928_645):.5g}" == "6.1351e-05"


def from_framework(name: str) -> list[tuple[int, int, Schedule]]:
    """What a run's own framework makes of its config: from a step, up to a step, this schedule."""
    olmo, levanter, nanotron, megatron = (
        presets.olmo_core,
        presets.levanter.lr_scheduler,
        presets.nanotron.LRSchedulerArgs,
        presets.megatron.OptimizerParamScheduler,
    )
    if name == "olmo2-32b":
        return [(0, 721_901, olmo.CosWithWarmup(6e-4, 774_861, 2_000))]
    if name == "olmo3-7b":
        second = olmo.HalfCosWithWarmup(3e-4, 1_668_931, 1_192_092 // 2 + 2_000 // 2)
        first = olmo.CosWithWarmup(3e-4, 1_192_093, 2_000)
        return [(0, 597_046, first), (597_046, 1_413_814, second)]
    if name == "apertus-8b":
        samples = megatron(
            *(0.0, 1.1e-4, 1.1e-5, 4_096_000, 3_662_109_375, "WSD"),
            wsd_decay_steps=403_905_806,
            lr_wsd_decay_style="minus_sqrt",
        )
        whole = Ramp((1_024, 2_048), at=(1_678_000,)).per_step(samples)
        return [(0, 2_627_139, whole)]
    if name == "smollm2-135m":
        whole = nanotron(
            *(3e-3, 2_000_000, 2_000),
            lr_decay_steps=400_000,
            lr_decay_starting_step=1_600_000,
            min_decay_lr=0.0,
        )
        return [(0, 2_000_000, whole)]
    assert name == "marin-8b"
    cycles = [10_000] * 20 + [20_000] * 23
    cooled = {"learning_rate": 1.7e-3, "decay": 79_500 / 820_000, "lr_schedule": "linear"}
    kestrel = levanter(
        660_000, learning_rate=1e-3, warmup=1_000, decay=0.1, lr_schedule="inv", cycle_length=cycles
    )
    jellyfish = levanter(820_000, **cooled)
    phoenix = levanter(2_000_000, cycle_length=[820_000, 1_180_000], rewarmup=2_000, **cooled)
    starling = levanter(1_400_000, **{**cooled, "decay": 80_000}, min_lr_ratio=0.01)
    return [
        (0, 660_000, kestrel),
        (660_000, 820_000, jellyfish),
        (820_000, 1_320_000, phoenix),
        (1_320_000, 1_400_000, starling),
    ]


@pytest.mark.parametrize(
    "name", ["olmo2-32b", "olmo3-7b", "apertus-8b", "smollm2-135m", "marin-8b"]
)
def test_a_run_has_the_rates_of_its_framework(name: str) -> None:
    """The config of a run, read by the preset of its framework, gives the rates of the recipe."""
    run = recipe(name).schedule
    for start, stop, expected in from_framework(name):
        ours, theirs = (one.table(start, stop, step=7) for one in (run, expected))
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-20)


def test_olmo3_is_replanned_without_a_jump() -> None:
    """The two cosines meet in the middle between the peak and its tenth."""
    run = recipe("olmo3-7b").schedule
    before, after = run(597_045), run(597_046)

    assert pytest.approx(1.65e-4, rel=1e-5) == before
    assert 0 < before - after < 1e-9
    assert run(1_192_092) > 2 * 3e-5  # where the first plan had its last rate


def scaling_parameters(depth: int) -> int:
    """nanochat's matrices and head: 12 d^2 per layer, gates of 12 x heads in every other layer."""
    width, heads = 64 * depth, depth // 2
    return depth * 12 * width**2 + depth // 2 * 12 * heads + 32_768 * width


def test_the_bundle_of_nanochat() -> None:
    """Momentum and weight decay of Muon, by the formulas of the code, and the length it
    computes.
    """
    run = recipe("nanochat-d24")
    d12, d24 = scaling_parameters(12), scaling_parameters(24)
    batch = 2 ** round(math.log2(2**19 * (d24 / d12) ** 0.383))
    decay = 0.28 * math.sqrt(batch / 2**19) * d12 / d24

    assert run.bundle is not None
    assert run.bundle.names == ("lr", "momentum", "weight_decay")
    assert run.bundle["lr"] == run.schedule
    assert run.steps == 8 * d24 // batch
    momentum = {0: 0.85, 200: 0.91, 400: 0.97, 1_949: 0.97, 3_758: 0.97 - 0.07 * 1_809 / 3_619}
    for step, value in {**momentum, 5_568: 0.90}.items():
        assert pytest.approx(value, rel=1e-14) == run.bundle["momentum"](step)
    for step in (0, 1_000, 2_784, 5_567):
        expected = decay * 0.5 * (1 + math.cos(math.pi * step / 5_568))
        assert pytest.approx(expected, rel=1e-12) == run.bundle["weight_decay"](step)


def test_the_bundle_of_modded_nanogpt() -> None:
    """Momentum rises in 300 steps, and falls in the last 50."""
    run = recipe("modded-nanogpt")

    assert run.bundle is not None
    momentum = run.bundle["momentum"]
    for step, value in {0: 0.85, 150: 0.9, 300: 0.95, 1_235: 0.95, 1_260: 0.9}.items():
        assert pytest.approx(value, rel=1e-14) == momentum(step)
    assert "bundle      lr, momentum" in str(run)


def test_a_run_of_a_rate_alone_has_no_bundle() -> None:
    assert recipe("bert-base").bundle is None
    assert "bundle" not in str(recipe("bert-base"))


def test_the_tokens_of_marin() -> None:
    """Its phases have the tokens that the report gives: 2.77T, 3.78T, 4.78T, 11.1T and 12.75T."""
    batches = Ramp((1_024 * 4_096, 3_072 * 4_096, 4_096 * 4_096), at=(660_001, 1_320_001))
    ends = (660_000, 740_500, 820_000, 1_320_000, 1_420_000)
    found = [round(batches.taken(step) / 1e12, 2) for step in ends]

    assert found == [2.77, 3.78, 4.78, 11.07, 12.75]


@pytest.mark.parametrize("name", recipes())
def test_length(name: str) -> None:
    """The run is as long as the source says, in optimizer steps."""
    steps, _ = PUBLISHED[name]

    assert steps == recipe(name).steps


@pytest.mark.parametrize("name", recipes())
def test_rates_over_the_run(name: str) -> None:
    """One scalar schedule, finite and never negative, that holds past its end."""
    run = recipe(name)
    rates = run.schedule.table(0, run.steps, step=max(1, run.steps // 1_000))

    assert isinstance(run.schedule, Schedule)
    assert run.schedule.shape == ()
    assert run.schedule.past_end == "hold"
    assert all(0.0 <= rate < math.inf for rate in rates)
    assert 0.0 <= run.schedule.min(run.steps) <= run.schedule.max(run.steps) < math.inf


@pytest.mark.parametrize("name", recipes())
def test_peak_is_the_highest_rate(name: str) -> None:
    """No run rises above the highest rate its source prints."""
    run = recipe(name)

    assert pytest.approx(max(PUBLISHED[name][1].values()), rel=1e-13) == run.schedule.max(run.steps)


@pytest.mark.parametrize("name", recipes())
def test_every_run_can_be_looked_up(name: str) -> None:
    """Every run can be looked up: its citation has authors, a year and a place, its unit is
    one of four words.
    """
    run = recipe(name)

    assert name == run.name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert run.title
    assert re.search(r"arXiv:\d{4}\.\d{4,5}|github\.com/", run.source)
    assert 2015 <= year(run) <= 2026
    assert run.unit in {"steps", "epochs", "samples", "tokens"}
    assert run.unit == "steps" or "step is" in run.assumption or "steps" in run.assumption


def test_oldest_first() -> None:
    """The names come in order of publication."""
    years = [year(recipe(name)) for name in recipes()]

    assert sorted(years) == years


def test_equal_and_frozen() -> None:
    """A recipe is a value."""
    run = recipe("bert-base")

    assert run == recipe("bert-base")
    assert run != recipe("roberta-large")
    with pytest.raises(dataclasses.FrozenInstanceError, match="steps"):
        run.steps = 1  # type: ignore[misc]


def test_built_only_when_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing names builds nothing; requesting one builds that one, under its name in
    kebab-case.
    """
    monkeypatch.setattr(module, "_RUNS", {})
    built = []

    @module._recipe(title="A", source="B", unit="steps", steps=7)  # type: ignore[untyped-decorator]
    def some_run_2b(steps: int) -> Schedule:
        built.append(steps)
        return recipe_of_old

    recipe_of_old = object()

    assert recipes() == ("some-run-2b",)
    assert built == []
    assert Recipe("some-run-2b", "A", "B", "steps", 7, recipe_of_old) == recipe("some-run-2b")  # type: ignore[arg-type]
    assert built == [7]


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("llama-405b", "llama3-405b"),
        ("Chinchila", "chinchilla"),
        ("gpt3", "gpt3-175b"),
        ("deepseek_v3", "deepseek-v3"),
    ],
)
def test_unknown_name(given: str, nearest: str) -> None:
    """A wrong name is answered with the nearest right one."""
    with pytest.raises(
        ValueError,
        match=rf"recipe: name must be one of recipes\(\), got '{given}'; nearest: {nearest}",
    ):
        recipe(given)


def test_empty_name_names_some() -> None:
    """Even a name like no other is answered with three that exist."""
    with pytest.raises(ValueError, match=r"got ''; nearest: (\S+), (\S+), (\S+)$") as error:
        recipe("")

    assert set(str(error.value).split("nearest: ")[1].split(", ")) <= set(recipes())


@pytest.mark.parametrize("name", [None, 3, b"bert-base", ("bert-base",), ["bert-base"]])
def test_name_is_a_string(name: object) -> None:
    """Anything but a string is a type error that shows what came."""
    with pytest.raises(
        TypeError, match=rf"recipe: name must be a string, got {re.escape(repr(name))}"
    ):
        recipe(name)  # type: ignore[arg-type]
