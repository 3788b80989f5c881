"""torchtune: its one formula, as its source has it."""

from fastlr.presets import torchtune as ours

from . import Case, figures
from .diffusers import cosine
from .transformers import waved, within

CASES = [Case(ours.get_cosine_schedule_with_warmup, waved, figures(cosine), within, count=200)]
