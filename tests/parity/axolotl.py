"""axolotl: its own builder, whose scheduler is stepped."""

from fastlr.presets import axolotl as ours

from . import Case, file_of
from .transformers import driven, waved, within


def of_library(settings, steps):
    schedulers = file_of("axolotl", "utils/schedulers")
    return driven(schedulers.get_cosine_schedule_with_quadratic_warmup, settings, steps)


CASES = [Case(ours.get_cosine_schedule_with_quadratic_warmup, waved, of_library, within, "axolotl")]
