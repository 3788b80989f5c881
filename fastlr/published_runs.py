"""Published training runs as ready schedules, oldest first.

Each entry gives its source, the unit that the source counts in, and a function that builds the
schedule. Nothing is built until ``recipe`` is called:

>>> from fastlr.published_runs import recipe
>>> run = recipe("llama3-405b")
>>> run.unit, run.steps
('steps', 1200000)
>>> run.schedule(4_000), run.schedule(8_000), run.schedule(1_200_000)
(4e-05, 8e-05, 8e-07)

Epochs and tokens are converted to optimizer steps once, here: the amount is divided by what one
step consumes and rounded to the nearest step. Where the batch size grew during the run, a step is
the full batch, unless the source says when it grew. A figure printed as "4M" is taken as 4,000,000.
If a source leaves out a figure, the run's ``assumption`` names it and says how it is settled;
otherwise the run is not listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

from fastlr.arguments.help_signatures import with_types
from fastlr.errors import public, public_methods, short_repr
from fastlr.schedule.batch_size_plans import batches
from fastlr.schedule.bundles import Bundle, bundle
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    cosine_restarts,
    exponential,
    exponential_decay,
    inverse_sqrt,
    inverse_time,
    join,
    linear,
    milestones,
    noam,
    one_cycle,
    piecewise_constant,
    polynomial,
    step_decay,
    warmup_constant,
    warmup_cosine,
    warmup_linear,
    wsd,
)
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.units import ramp

__all__ = ["Recipe", "recipe", "recipes"]

_IMAGENET = 1_281_167  # images in the training set of ILSVRC 2012
_CIFAR = 50_000
# batches of runs that say when theirs grew
_MINIMAX = batches("0:16M 69B:32M 790B:64M 4.7T:128M")
_MOONLIGHT = batches("0:2048 200B:4096", seq_length=8_192)
# parameters by which nanochat scales its runs: matrices and head of a model of depth 12 and 24
_NANOCHAT_D12, _NANOCHAT_D24 = 110_100_912, 729_810_624


@with_types
@public_methods()
@dataclass(frozen=True)
class Recipe:
    """A published run: its schedule, and what a reader needs to check it.

    Parameters
    ----------
    name : str
        The name that ``recipe`` takes.
    title : str
        What was trained.
    source : str
        Authors, title, year, and where in the source the figures are.
    unit : str
        The unit that the source counts in: ``"steps"``, ``"epochs"``, ``"samples"`` or
        ``"tokens"``.
    steps : int
        Length of the run in optimizer steps. The rates in use are ``schedule(0)`` to
        ``schedule(steps - 1)``.
    schedule : Schedule
        The learning rate at each step. Past its own end it holds its last rate.
    assumption : str, default ""
        What the source leaves open and how it is settled here, rounding included. Empty if the
        source leaves nothing open.
    bundle : Bundle, optional
        All quantities that the source schedules, with ``schedule`` as ``bundle["lr"]``. Absent if
        the source schedules the rate alone.

    Examples
    --------
    >>> import fastlr as flr
    >>> run = flr.recipe("alphazero")
    >>> run.title
    'AlphaZero, chess and shogi'
    >>> [run.schedule(t) for t in (0, 99_999, 100_000, 300_000, 500_000)]
    [0.2, 0.2, 0.02, 0.002, 0.0002]
    """

    name: str
    title: str
    source: str
    unit: str
    steps: int
    schedule: Schedule
    assumption: str = ""
    bundle: Bundle | None = None

    def __str__(self) -> str:
        quantities = self.bundle.names if self.bundle else ()
        entries = [
            ("source", self.source),
            ("length", f"{self.steps:,} steps; the source counts {self.unit}"),
            ("assumption", self.assumption),
            ("schedule", repr(self.schedule)),
            ("bundle", ", ".join(quantities)),
        ]
        lines = [f"{name:10}  {text}" for name, text in entries if text]
        return "\n".join([f"{self.name}: {self.title}", *lines])

    def _repr_html_(self) -> str:
        """Return the display of a notebook: the curve of the run, and its source."""
        from fastlr.drawing.cards import BLUE, card, sketch
        from fastlr.schedule.display import facts_of

        entries = {"source": self.source, "unit": self.unit, "assumption": self.assumption}
        facts = {
            "schedule": repr(self.schedule),
            **facts_of(self.schedule, self.steps),
            **{name: text for name, text in entries.items() if text},
        }
        picture = sketch([(self.schedule, BLUE)], self.steps)
        return card(self.title, f"{self.name}, {self.steps:,} steps", facts, picture)

    def plot(self, **options: Any) -> Any:
        """Draw the rates of the run with Matplotlib.

        Parameters
        ----------
        **options
            As for ``fastlr.plot``. By default the ``steps`` of the run are shown.

        Returns
        -------
        matplotlib.axes.Axes
            The axes, with the title of the run.

        Raises
        ------
        ImportError, TypeError, ValueError
            As ``fastlr.plot``.

        Examples
        --------
        >>> import fastlr as flr
        >>> from fastlr.drawing.plots import empty
        >>> flr.recipe("bert-base").plot(ax=empty()).get_title(loc="left")
        'BERT base'
        """
        from fastlr.drawing.plots import plot

        return plot({self.title: self.schedule}, **{"steps": self.steps, **options})


@with_types
@public
def recipe(name: str) -> Recipe:
    """Return a published run by name.

    Parameters
    ----------
    name : str
        One of ``recipes()``.

    Returns
    -------
    Recipe
        The run, with its schedule, source and assumptions.

    Raises
    ------
    TypeError
        If ``name`` is not a string.
    ValueError
        If no run has this name. The message lists the three most similar names.

    Examples
    --------
    >>> import fastlr as flr
    >>> run = flr.recipe("transformer-base")
    >>> run.schedule.max(100_000) == 512**-0.5 * 4_000**-0.5
    True
    >>> flr.recipe("llama-405b")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: recipe: name must be one of recipes(), got 'llama-405b'; nearest: llama3-405b, ...
    """
    if not isinstance(name, str):
        raise TypeError(f"recipe: name must be a string, got {short_repr(name)}")
    if name not in _RUNS:
        from difflib import get_close_matches  # slow to import, and needed only for an error

        nearest = ", ".join(get_close_matches(name.lower(), _RUNS, n=3, cutoff=0.0))
        raise ValueError(
            f"recipe: name must be one of recipes(), got {short_repr(name)}; nearest: {nearest}"
        )
    return _RUNS[name]()


@with_types
@public
def recipes() -> tuple[str, ...]:
    """List the names of all published runs, oldest first.

    Returns
    -------
    tuple of str
        The names that ``recipe`` takes.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.recipes()[:3]
    ('inception-v3', 'resnet110-cifar10', 'wide-resnet-cifar10')
    """
    return tuple(_RUNS)


_Build = Callable[[int], Schedule | Bundle]

_RUNS: dict[str, Callable[[], Recipe]] = {}


def _recipe(
    *, title: str, source: str, unit: str, steps: int, assumption: str = ""
) -> Callable[[_Build], _Build]:
    """Register a function that builds what a run schedules from its length, by its kebab-case name.

    It returns the rate, or a bundle with the rate as ``lr``.
    """

    def register(build: _Build) -> _Build:
        name = build.__name__.replace("_", "-")

        def built() -> Recipe:
            found = build(steps)
            quantities = found if isinstance(found, Bundle) else None
            rate = found["lr"] if isinstance(found, Bundle) else found
            return Recipe(name, title, source, unit, steps, rate, assumption, quantities)

        _RUNS[name] = built
        return build

    return register


def _steps(amount: float, per_step: float) -> int:
    """Convert an amount of images or tokens to the nearest step."""
    return round(amount / per_step)


@_recipe(
    title="Inception-v3 on ImageNet",
    source="Szegedy et al., Rethinking the Inception Architecture for Computer Vision "
    "(2015), arXiv:1512.00567, section 8",
    unit="epochs",
    steps=_steps(100 * _IMAGENET, 32),
    assumption="Drops at once every two epochs; a step is one replica's batch of 32 "
    "images, to the nearest step.",
)
def inception_v3(steps: int) -> Schedule:
    return step_decay(0.045, 0.94, every=_steps(2 * _IMAGENET, 32))


@_recipe(
    title="ResNet-110 on CIFAR-10",
    source="He et al., Deep Residual Learning for Image Recognition (2015), "
    "arXiv:1512.03385, section 4.2",
    unit="steps",
    steps=64_000,
    assumption="The low rate ends after 400 steps: the paper says when the training "
    "error is below 80%, about 400 iterations.",
)
def resnet110_cifar10(steps: int) -> Schedule:
    return piecewise_constant([0.01, 0.1, 0.01, 0.001], [400, 32_000, 48_000])


@_recipe(
    title="WRN-28-10 on CIFAR-10",
    source="Zagoruyko and Komodakis, Wide Residual Networks (2016), arXiv:1605.07146, section 3",
    unit="epochs",
    steps=_steps(200 * _CIFAR, 128),
    assumption="A step is 128 of 50,000 images, to the nearest step.",
)
def wide_resnet_cifar10(steps: int) -> Schedule:
    return milestones(0.1, 0.2, [_steps(epoch * _CIFAR, 128) for epoch in (60, 120, 160)])


@_recipe(
    title="SGDR: WRN-28-10 on CIFAR-10, first restart after 10 epochs, periods doubling",
    source="Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts "
    "(2016), arXiv:1608.03983, section 4",
    unit="epochs",
    steps=15 * _steps(10 * _CIFAR, 128),
    assumption="Ends at the fourth restart, epoch 150; 10 epochs at a batch of 128 are "
    "3,906 steps, the nearest.",
)
def sgdr_cifar10(steps: int) -> Schedule:
    return cosine_restarts(0.05, 0.0, period=steps // 15, stretch=2.0)


@_recipe(
    title="Mask R-CNN on COCO",
    source="He et al., Mask R-CNN (2017), arXiv:1703.06870, section 3.1",
    unit="steps",
    steps=160_000,
)
def mask_rcnn(steps: int) -> Schedule:
    return milestones(0.02, 0.1, [120_000])


@_recipe(
    title="ResNet-50 on ImageNet in one hour",
    source="Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour "
    "(2017), arXiv:1706.02677, sections 2.2, 5.1",
    unit="epochs",
    steps=_steps(90 * _IMAGENET, 8_192),
    assumption="A step is 8,192 of 1,281,167 images, to the nearest step.",
)
def resnet50_1h(steps: int) -> Schedule:
    drops = milestones(1.0, 0.1, [_steps(epoch * _IMAGENET, 8_192) for epoch in (30, 60, 80)])
    return drops * warmup_constant(3.2, _steps(5 * _IMAGENET, 8_192), init=0.1)


@_recipe(
    title="Transformer, base model, English to German",
    source="Vaswani et al., Attention Is All You Need (2017), arXiv:1706.03762, sections 5.2, 5.3",
    unit="steps",
    steps=100_000,
    assumption="Updates are numbered from 1, as 0^-0.5 has no value: the peak is the "
    "rate at step 3,999, the 4,000th update.",
)
def transformer_base(steps: int) -> Schedule:
    return noam(512, 4_000)


@_recipe(
    title="DeepLabv3 on PASCAL VOC 2012, trainaug and then trainval",
    source="Chen et al., Rethinking Atrous Convolution for Semantic Image Segmentation "
    "(2017), arXiv:1706.05587, section 4.1",
    unit="steps",
    steps=60_000,
)
def deeplab_v3(steps: int) -> Schedule:
    return polynomial(0.007, 0.0, 30_000, power=0.9).then(polynomial(0.001, 0.0, 30_000, power=0.9))


@_recipe(
    title="RetinaNet on COCO",
    source="Lin et al., Focal Loss for Dense Object Detection (2017), arXiv:1708.02002, "
    "section 4.1",
    unit="steps",
    steps=90_000,
)
def retinanet(steps: int) -> Schedule:
    return milestones(0.01, 0.1, [60_000, 80_000])


@_recipe(
    title="Super-convergence: ResNet-56 on CIFAR-10 in one cycle",
    source="Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks "
    "Using Large Learning Rates (2017), "
    "arXiv:1708.07120, figure 1a, and clrsolver.prototxt in github.com/lnsmith54/super-convergence",
    unit="steps",
    steps=10_000,
)
def super_convergence(steps: int) -> Schedule:
    return one_cycle(3.0, steps, warmup=5_000, init=0.1, end=0.1, shape="linear")


@_recipe(
    title="AlphaZero, chess and shogi",
    source="Silver et al., A general reinforcement learning algorithm that masters "
    "chess, shogi, and Go through self-play "
    "(2018), Science 362, pseudocode in the supplement; the rates also in "
    "arXiv:1712.01815, methods",
    unit="steps",
    steps=700_000,
)
def alphazero(steps: int) -> Schedule:
    return piecewise_constant([0.2, 0.02, 0.002, 0.0002], [100_000, 300_000, 500_000])


@_recipe(
    title="BERT base",
    source="Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers for "
    "Language Understanding (2018), "
    "arXiv:1810.04805, appendix A.2",
    unit="steps",
    steps=1_000_000,
    assumption="Warmup from 0, then decay to 0. The released code counts the decay "
    "from step 0: 1% lower at step 10,000.",
)
def bert_base(steps: int) -> Schedule:
    return warmup_linear(1e-4, 10_000, steps)


@_recipe(
    title="RoBERTa large",
    source="Liu et al., RoBERTa: A Robustly Optimized BERT Pretraining Approach (2019), "
    "arXiv:1907.11692, table 9",
    unit="steps",
    steps=500_000,
    assumption="Warmup from 0, decay to 0.",
)
def roberta_large(steps: int) -> Schedule:
    return warmup_linear(4e-4, 30_000, steps)


@_recipe(
    title="T5 base, pre-training on C4",
    source="Raffel et al., Exploring the Limits of Transfer Learning with a Unified "
    "Text-to-Text Transformer (2019), "
    "arXiv:1910.10683, section 3.1.2",
    unit="steps",
    steps=2**19,
)
def t5_base(steps: int) -> Schedule:
    return inverse_sqrt(1e-2, 10_000, init=1e-2)


@_recipe(
    title="SimCLR: ResNet-50 on ImageNet, the default 100 epochs",
    source="Chen et al., A Simple Framework for Contrastive Learning of Visual "
    "Representations (2020), "
    "arXiv:2002.05709, section 2.3",
    unit="epochs",
    steps=_steps(100 * _IMAGENET, 4_096),
    assumption="Warmup from 0, decay to 0; a step is 4,096 of 1,281,167 images, to the "
    "nearest step.",
)
def simclr(steps: int) -> Schedule:
    return warmup_cosine(4.8, _steps(10 * _IMAGENET, 4_096), steps)


@_recipe(
    title="GPT-3 175B",
    source="Brown et al., Language Models are Few-Shot Learners (2020), "
    "arXiv:2005.14165, table 2.1, appendix B",
    unit="tokens",
    steps=_steps(300e9, 3.2e6),
    assumption="Warmup from 0; a step is the full batch of 3.2M tokens, to the nearest "
    "step; the ramp of the batch is left out.",
)
def gpt3_175b(steps: int) -> Schedule:
    return warmup_cosine(6e-5, _steps(375e6, 3.2e6), _steps(260e9, 3.2e6), end=6e-6)


@_recipe(
    title="wav2vec 2.0 base, pre-training on LibriSpeech",
    source="Baevski et al., wav2vec 2.0: A Framework for Self-Supervised Learning of "
    "Speech Representations (2020), "
    "arXiv:2006.11477, section 4.2",
    unit="steps",
    steps=400_000,
    assumption="Warmup from 0, decay to 0.",
)
def wav2vec2_base(steps: int) -> Schedule:
    return warmup_linear(5e-4, 8 * steps // 100, steps)


@_recipe(
    title="ViT-B/16 on ImageNet from scratch",
    source="Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image "
    "Recognition at Scale (2020), "
    "arXiv:2010.11929, table 3",
    unit="epochs",
    steps=_steps(300 * _IMAGENET, 4_096),
    assumption="Warmup from 0, decay to 0; a step is 4,096 of 1,281,167 images, to the "
    "nearest step.",
)
def vit_b16(steps: int) -> Schedule:
    return warmup_cosine(3e-3, 10_000, steps)


@_recipe(
    title="DeiT-B on ImageNet",
    source="Touvron et al., Training data-efficient image transformers & distillation "
    "through attention (2020), "
    "arXiv:2012.12877, table 9, and the defaults of main.py in github.com/facebookresearch/deit",
    unit="epochs",
    steps=_steps(300 * _IMAGENET, 1_024),
    assumption="Changes every step, the code every epoch; a step is 1,024 of 1,281,167 "
    "images, to the nearest "
    "step. The cosine begins after the warmup; the code counts it from epoch 0: 0.07% "
    "lower at epoch 5.",
)
def deit_b(steps: int) -> Schedule:
    return warmup_cosine(1e-3, _steps(5 * _IMAGENET, 1_024), steps, end=1e-5, init=1e-6)


@_recipe(
    title="CLIP ViT-L/14",
    source="Radford et al., Learning Transferable Visual Models From Natural Language "
    "Supervision (2021), arXiv:2103.00020, "
    "tables 18, 20",
    unit="epochs",
    steps=_steps(32 * 400e6, 32_768),
    assumption="Warmup from 0, decay to 0; a step is 32,768 of 400M pairs.",
)
def clip_vit_l14(steps: int) -> Schedule:
    return warmup_cosine(4e-4, 2_000, steps)


@_recipe(
    title="MAE: ViT-L on ImageNet, 1,600 epochs",
    source="He et al., Masked Autoencoders Are Scalable Vision Learners (2021), "
    "arXiv:2111.06377, table 8",
    unit="epochs",
    steps=_steps(1_600 * _IMAGENET, 4_096),
    assumption="Warmup from 0, decay to 0; a step is 4,096 of 1,281,167 images, to the "
    "nearest step.",
)
def mae_vit_l(steps: int) -> Schedule:
    return warmup_cosine(1.5e-4 * 4_096 / 256, _steps(40 * _IMAGENET, 4_096), steps)


@_recipe(
    title="Chinchilla 70B",
    source="Hoffmann et al., Training Compute-Optimal Large Language Models (2022), "
    "arXiv:2203.15556, table 4, section 4.1",
    unit="tokens",
    steps=_steps(1.4e12, 3e6),
    assumption="Warmup, 1,500 steps from 1e-7, and a tenfold decay are Gopher's "
    "(arXiv:2112.11446, section 3.2), whose set-up "
    "it keeps; the cosine spans the run; a step is 3M tokens, the batch of the second "
    "half, to the nearest step.",
)
def chinchilla(steps: int) -> Schedule:
    return warmup_cosine(1e-4, 1_500, steps, end=1e-5, init=1e-7)


@_recipe(
    title="PaLM 540B",
    source="Chowdhery et al., PaLM: Scaling Language Modeling with Pathways (2022), "
    "arXiv:2204.02311, section 5",
    unit="steps",
    steps=255_000,
)
def palm_540b(steps: int) -> Schedule:
    return inverse_sqrt(1e-2, 10_000, init=1e-2)


@_recipe(
    title="Stable Diffusion v1-1",
    source="Rombach et al., High-Resolution Image Synthesis with Latent Diffusion Models (2022), "
    "arXiv:2112.10752; the rates in Stable_Diffusion_v1_Model_Card.md in "
    "github.com/CompVis/stable-diffusion",
    unit="steps",
    steps=431_000,
    assumption="Warmup from 0, linear. The two stages, 237,000 steps at 256 x 256 and 194,000 at "
    "512 x 512 pixels, are one run.",
)
def stable_diffusion_v1(steps: int) -> Schedule:
    return warmup_constant(1e-4, 10_000)


@_recipe(
    title="BLOOM 176B",
    source="BigScience Workshop, BLOOM: A 176B-Parameter Open-Access Multilingual "
    "Language Model (2022), "
    "arXiv:2211.05100, table 3, and train/tr11-176B-ml/tr11-176B-ml.slurm in "
    "github.com/bigscience-workshop/bigscience",
    unit="tokens",
    steps=_steps(366e9, 2_048 * 2_048),
    assumption="Warmup from 0; a step is the full batch of 2,048 x 2,048 tokens, to "
    "the nearest step; its ramp "
    "is left out. Warmup and decay are the 183,105 and 200,000,000 samples of the "
    "script, which the paper "
    "rounds to 375M and 410B tokens.",
)
def bloom_176b(steps: int) -> Schedule:
    return warmup_cosine(6e-5, _steps(183_105, 2_048), _steps(200e6, 2_048), end=6e-6)


@_recipe(
    title="Whisper large",
    source="Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision "
    "(2022), arXiv:2212.04356, tables 17, 19",
    unit="steps",
    steps=2**20,
    assumption="Warmup from 0.",
)
def whisper_large(steps: int) -> Schedule:
    return warmup_linear(1.75e-4, 2_048, steps)


@_recipe(
    title="nanoGPT 124M on OpenWebText",
    source="Karpathy, nanoGPT (2022), github.com/karpathy/nanoGPT, train.py and "
    "config/train_gpt2.py",
    unit="steps",
    steps=600_000,
    assumption="The code makes one more update, at step 600,000, before it stops.",
)
def nanogpt_124m(steps: int) -> Schedule:
    return warmup_cosine(6e-4, 2_000, steps, end=6e-5, init=6e-4 / 2_001)


@_recipe(
    title="LLaMA 65B",
    source="Touvron et al., LLaMA: Open and Efficient Foundation Language Models "
    "(2023), arXiv:2302.13971, table 2, section 2.3",
    unit="tokens",
    steps=_steps(1.4e12, 4e6),
    assumption="Warmup from 0; a step is 4M tokens.",
)
def llama_65b(steps: int) -> Schedule:
    return warmup_cosine(1.5e-4, 2_000, steps, end=1.5e-5)


@_recipe(
    title="Pythia 12B",
    source="Biderman et al., Pythia: A Suite for Analyzing Large Language Models "
    "(2023), arXiv:2304.01373, "
    "and models/12B/pythia-12b.yml in github.com/EleutherAI/pythia",
    unit="steps",
    steps=143_000,
    assumption="Warmup from 0, then a cosine that reaches the minimum at the end. "
    "Versions of GPT-NeoX, the code that ran it, "
    "follow a cosine towards 0 and hold it at the minimum.",
)
def pythia_12b(steps: int) -> Schedule:
    return warmup_cosine(1.2e-4, steps // 100, steps, end=1.2e-5)


@_recipe(
    title="Llama 2 70B",
    source="Touvron et al., Llama 2: Open Foundation and Fine-Tuned Chat Models (2023), "
    "arXiv:2307.09288, table 1, section 2.2",
    unit="tokens",
    steps=_steps(2e12, 4e6),
    assumption="Warmup from 0; a step is 4M tokens.",
)
def llama2_70b(steps: int) -> Schedule:
    return warmup_cosine(1.5e-4, 2_000, steps, end=1.5e-5)


@_recipe(
    title="Falcon 40B",
    source="Almazrouei et al., The Falcon Series of Open Language Models (2023), arXiv:2311.16867, "
    "and the model card huggingface.co/tiiuae/falcon-40b, training hyperparameters",
    unit="tokens",
    steps=_steps(1e12, 1_152 * 2_048),
    assumption="Warmup from 0; the cosine spans the 1T tokens; a step is the full "
    "batch of 1,152 x 2,048 tokens, "
    "to the nearest step; its ramp is left out.",
)
def falcon_40b(steps: int) -> Schedule:
    return warmup_cosine(1.85e-4, _steps(4e9, 1_152 * 2_048), steps, end=1.85e-5)


@_recipe(
    title="DeepSeek LLM 67B",
    source="DeepSeek-AI, DeepSeek LLM: Scaling Open-Source Language Models with "
    "Longtermism (2024), arXiv:2401.02954, "
    "table 2, section 2.3",
    unit="tokens",
    steps=_steps(2e12, 4_608 * 4_096),
    assumption="Warmup from 0, linear; a step is 4,608 x 4,096 tokens, to the nearest step.",
)
def deepseek_67b(steps: int) -> Schedule:
    drops = [_steps(tokens, 4_608 * 4_096) for tokens in (0.8 * 2e12, 0.9 * 2e12)]
    return piecewise_constant([1.0, 0.316, 0.1], drops) * warmup_constant(3.2e-4, 2_000)


@_recipe(
    title="MiniCPM 2.4B, released as MiniCPM-2B",
    source="Hu et al., MiniCPM: Unveiling the Potential of Small Language Models with "
    "Scalable Training Strategies (2024), "
    "arXiv:2404.06395, table 2, section 6.2",
    unit="tokens",
    steps=_steps(1.1e12, 3.93e6),
    assumption="No warmup, as its length is not given; stable for 1T tokens, then "
    "halved every 5,000 steps up to the 1.1T of "
    "table 2; a step is 3.93M tokens, to the nearest step.",
)
def minicpm_2b(steps: int) -> Schedule:
    return join(
        [constant(0.01), exponential_decay(0.01, gamma=0.5, every=5_000)], at=[_steps(1e12, 3.93e6)]
    )


@_recipe(
    title="Llama 3 405B, initial pre-training",
    source="Llama Team, The Llama 3 Herd of Models (2024), arXiv:2407.21783, section 3.4.1",
    unit="steps",
    steps=1_200_000,
    assumption="Warmup from 0, counted in the 1,200,000 steps.",
)
def llama3_405b(steps: int) -> Schedule:
    return warmup_cosine(8e-5, 8_000, steps, end=8e-7)


@_recipe(
    title="pi0, fine-tuning with the defaults of openpi",
    source="Black et al., pi0: A Vision-Language-Action Flow Model for General Robot Control "
    "(2024), arXiv:2410.24164; src/openpi/training/optimizer.py in "
    "github.com/Physical-Intelligence/openpi",
    unit="steps",
    steps=30_000,
)
def pi0(steps: int) -> Schedule:
    return warmup_cosine(2.5e-5, 1_000, steps, end=2.5e-6, init=2.5e-5 / 1_001)


@_recipe(
    title="Boltz-1, structure model: the schedule of AlphaFold 3",
    source="Wohlwend et al., Boltz-1: Democratizing Biomolecular Interaction Modeling (2024), "
    "doi:10.1101/2024.11.19.624167; scripts/train/configs/structure.yaml and "
    "src/boltz/model/optim/scheduler.py in github.com/jwohlwend/boltz",
    unit="steps",
    steps=68_000,
    assumption="The length is the paper's, the rates are the config's. Its first drop is at step "
    "50,001, the next ones would be at multiples of 50,000.",
)
def boltz_1(steps: int) -> Schedule:
    return join([warmup_constant(1.8e-3, 1_000), constant(0.95 * 1.8e-3)], at=[50_001])


@_recipe(
    title="DeepSeek-V3",
    source="DeepSeek-AI, DeepSeek-V3 Technical Report (2024), arXiv:2412.19437, section 4.2",
    unit="tokens",
    steps=_steps(14.8e12, 15_360 * 4_096),
    assumption="A step is the full batch of 15,360 x 4,096 tokens, to the nearest step; "
    "its ramp over 469B tokens is left out.",
)
def deepseek_v3(steps: int) -> Schedule:
    falls, low, lowest = (_steps(tokens, 15_360 * 4_096) for tokens in (10e12, 14.3e12, 14.633e12))
    main = wsd(
        2.2e-4, warmup=2_000, stable=falls - 2_000, cooldown=low - falls, end=2.2e-5, shape="cosine"
    )
    return join([main, constant(7.3e-6)], at=[lowest])


@_recipe(
    title="OLMo 2 7B, stage 1",
    source="OLMo Team, 2 OLMo 2 Furious (2025), arXiv:2501.00656; "
    "configs/official-1124/OLMo2-7B-stage1.yaml in github.com/allenai/OLMo",
    unit="tokens",
    steps=928_646,
    assumption="A step is 1,024 x 4,096 tokens. OLMo counts a batch before its update: the rate "
    "of step 0 is not 0. Stage 2 starts at step 928,646, before the cosine over 5T tokens ends. "
    "It begins at 6.1499e-5, the rate of update 928,000; this cosine ends at 6.1351e-5.",
)
def olmo2_7b(steps: int) -> Schedule:
    batch = 1_024 * 4_096
    whole = warmup_cosine(3e-4, 8_388_608_000, 5 * 10**12, end=3e-5)
    return whole.skip(batch).paced([batch])


@_recipe(
    title="MiniMax-01, pre-training of MiniMax-Text-01",
    source="MiniMax, MiniMax-01: Scaling Foundation Models with Lightning Attention (2025), "
    "arXiv:2501.08313, section 4.2",
    unit="tokens",
    steps=_MINIMAX.step(114 * 10**11),
    assumption="The 7.2T tokens at 2e-4 include the warmup, linear from 0. The last 1T tokens "
    "follow the 3.2T at 1.3e-4; the report could also mean that they are part of them. The steps "
    "are those of its batches of 16M, 32M, 64M and 128M tokens.",
)
def minimax_01(steps: int) -> Schedule:
    parts = [
        warmup_constant(2e-4, 500 * 16 * 10**6),
        constant(1.3e-4),
        exponential(1.3e-4, 3e-5, 10**12),
    ]
    return _MINIMAX.per_step(join(parts, at=[72 * 10**11, 104 * 10**11]))


@_recipe(
    title="Moonlight 16B-A3B",
    source="Liu et al., Muon is Scalable for LLM Training (2025), arXiv:2502.16982, section 3.3",
    unit="tokens",
    steps=_MOONLIGHT.step(52 * 10**11 // 8_192) + 100 + _steps(500e9, 4_096 * 8_192),
    assumption="Warmup from 0, over 2,000 steps, which are 33.6B tokens. The steps are those of "
    "its batches of 2,048 and, from 200B tokens on, 4,096 samples, each of 8,192 tokens. The last "
    "line takes 500B tokens after the 100 steps that rise, so that the run ends 100 steps beyond "
    "5.7T tokens.",
)
def moonlight(steps: int) -> Schedule:
    main = warmup_cosine(4.2e-4, 2_000 * 2_048, 52 * 10**11 // 8_192, end=4.2e-5)
    again = linear(4.2e-5, 1e-4, 100).then(linear(1e-4, 0.0, _steps(500e9, 4_096 * 8_192)))
    return join([_MOONLIGHT.per_step(main), again], at=[_MOONLIGHT.step(52 * 10**11 // 8_192)])


@_recipe(
    title="OLMo 2 32B, stage 1",
    source="OLMo Team, 2 OLMo 2 Furious (2025), arXiv:2501.00656; "
    "src/scripts/official/OLMo2/OLMo-2-0325-32B-train.py in github.com/allenai/OLMo-core",
    unit="tokens",
    steps=721_901,
    assumption="A step is 2,048 x 4,096 tokens; the cosine over 6.5T tokens ends at the first step "
    "that has seen them. OLMo-core counts updates from 1: the rate of step 0 is not 0. Stage 2 "
    "starts at step 721,901, before the cosine ends.",
)
def olmo2_32b(steps: int) -> Schedule:
    return warmup_cosine(6e-4, 2_000, ceil(6.5e12 / (2_048 * 4_096)), end=6e-5).skip(1)


@_recipe(
    title="SmolLM2 1.7B",
    source="Ben Allal et al., SmolLM2: When Smol Goes Big -- Data-Centric Training of a "
    "Small Language Model (2025), "
    "arXiv:2502.02737, sections 4.1, 4.5, and text/pretraining/smollm2/config_smollm2_1B.yaml in "
    "github.com/huggingface/smollm",
    unit="steps",
    steps=5_240_000,
    assumption="Warmup from 0, linear; the figures are the config's. A step is 256 x 4 "
    "x 2,048 tokens: the "
    "run has 10.99T tokens, and the decay begins at 9.89T. The paper rounds these to "
    "11T and 10T, and the "
    "batch to 2M tokens.",
)
def smollm2(steps: int) -> Schedule:
    return wsd(5e-4, warmup=2_000, stable=4_714_000, cooldown=524_000)


@_recipe(
    title="SmolLM2 135M",
    source="Ben Allal et al., SmolLM2: When Smol Goes Big -- Data-Centric Training of a "
    "Small Language Model (2025), "
    "arXiv:2502.02737, section 6, and text/pretraining/smollm2/config_smollm2_135M.yaml in "
    "github.com/huggingface/smollm",
    unit="steps",
    steps=2_000_000,
    assumption="Warmup from 0, linear; the figures are the config's. A step is 64 x 8 x 2,048 "
    "tokens: the run has 2.1T tokens, which the paper rounds to 2T.",
)
def smollm2_135m(steps: int) -> Schedule:
    return wsd(3e-3, warmup=2_000, stable=1_598_000, cooldown=400_000)


@_recipe(
    title="Marin 8B",
    source="Marin, Marin 8B Retrospective (2025), docs/reports/marin-8b-retro.md and "
    "experiments/tootsie/exp600_tootsie.py in github.com/marin-community/marin",
    unit="steps",
    steps=1_420_000,
    assumption="All phases up to the released model, Deeper Starling. The cycles fall to a tenth "
    "of 1e-3, Levanter's default, along Levanter's inverse decay. A step is 1,024 x 4,096 tokens, "
    "three times as many from step 660,001, and four times from step 1,320,001.",
)
def marin_8b(steps: int) -> Schedule:
    phases = [
        (0, linear(0.0, 1e-3, 1_000)),
        (1_000, _cycle_of_marin(10_000).repeat().skip(1_000)),
        (200_000, _cycle_of_marin(20_000).repeat()),
        (660_000, constant(1.7e-3)),
        (740_500, linear(1.7e-3, 1.7e-4, 79_500)),
        (820_000, linear(1.7e-4, 1.7e-3, 2_000)),
        (1_320_000, linear(1.7e-3, 1.7e-5, 80_000)),
    ]
    return join([phase for _, phase in phases], at=[start for start, _ in phases[1:]])


def _cycle_of_marin(length: int) -> Schedule:
    """Hold 1e-3, and fall over the last tenth of the cycle to a tenth of it; its first step already
    has the rate of the second, as in Levanter.
    """
    fall = inverse_time(1e-3, 9.0, every=length // 10).skip(1).delay(1)
    return join([constant(1e-3), fall, linear(1e-3, 1e-3, 0)], at=[length - length // 10, length])


@_recipe(
    title="Kimi K2",
    source="Kimi Team, Kimi K2: Open Agentic Intelligence (2025), arXiv:2507.20534, section 2.5",
    unit="tokens",
    steps=_steps(15.5e12, 67e6),
    assumption="Warmup from 0, linear, counted in the first 10T tokens; a step is 67M "
    "tokens, to the nearest step; "
    "the annealing after these 15.5T tokens is left out.",
)
def kimi_k2(steps: int) -> Schedule:
    falls = _steps(10e12, 67e6)
    return wsd(
        2e-4, warmup=500, stable=falls - 500, cooldown=steps - falls, end=2e-5, shape="cosine"
    )


@_recipe(
    title="SmolLM3 3B",
    source="Hugging Face, SmolLM3: smol, multilingual, long-context reasoner (2025), "
    "text/pretraining/smollm3 in github.com/huggingface/smollm",
    unit="steps",
    steps=4_720_000,
    assumption="Warmup from 0, linear. The line to 0 begins at step 4,198,001 and takes 522,000 "
    "steps, so that it ends one step after the run.",
)
def smollm3_3b(steps: int) -> Schedule:
    return wsd(2e-4, warmup=2_000, stable=4_196_001, cooldown=522_000)


@_recipe(
    title="DINOv3 ViT-7B/16, pretraining",
    source="Siméoni et al., DINOv3 (2025), arXiv:2508.10104; "
    "dinov3/configs/train/dinov3_vit7b16_pretrain.yaml in github.com/facebookresearch/dinov3",
    unit="epochs",
    steps=1_000_000,
    assumption="An epoch is 1,000 steps, as in the config. The rate is the config's 5e-5 times 4 "
    "sqrt(4,096/1,024), for the paper's batch of 4,096 images. It is the rate of the last layers: "
    "others have it times 0.98 per layer below.",
)
def dinov3_7b(steps: int) -> Schedule:
    return warmup_constant(4e-4, 100_000)


@_recipe(
    title="Apertus 8B",
    source="Apertus Team, Apertus: Democratizing Open and Compliant LLMs for Global Language "
    "Environments (2025), arXiv:2509.14233; pretraining/submit_apertus_8b.sh in "
    "github.com/swiss-ai/pretrain-code",
    unit="samples",
    steps=2_627_139,
    assumption="A sample has 4,096 tokens. The steps are those of Megatron-LM: 1,024 samples each "
    "up to sample 1,718,272,000, then 2,048, as many as the 3,662,109,375 samples fill.",
)
def apertus_8b(steps: int) -> Schedule:
    stable = 3_662_109_375 - 403_905_806 - 4_096_000
    whole = wsd(1.1e-4, 4_096_000, stable, cooldown=403_905_806, end=1.1e-5, shape="1-sqrt")
    return ramp(1_024, 2_048, over=1_718_272_000, increment=1_024).per_step(whole)


@_recipe(
    title="OLMo 3 7B, pretraining, replanned in mid-run",
    source="OLMo Team, Olmo 3 (2025), src/scripts/official/OLMo3/OLMo-3-1025-7B-pretrain-1.py, "
    "OLMo-3-1025-7B-pretrain-2.py and OLMo-3-1025-7B.csv in github.com/allenai/OLMo-core",
    unit="tokens",
    steps=1_413_814,
    assumption="A step is 512 x 8,192 tokens; the cosines over 5T and 7T tokens end at the first "
    "step that has seen them. OLMo-core counts updates from 1: the rate of step 0 is not 0. Part 1 "
    "stops at step 597,046. Part 2 follows the second half of a longer cosine from there, until "
    "the data ends. Its script loads step 596047, which is read as 597046: otherwise 999 updates "
    "are made again, on a line that is at most 0.4% lower.",
)
def olmo3_7b(steps: int) -> Schedule:
    first = warmup_cosine(3e-4, 2_000, ceil(5e12 / (512 * 8_192)), end=3e-5)
    half = ceil(7e12 / (512 * 8_192)) - 597_046
    second = cosine(3e-4, 3e-5, 2 * half).skip(half + 1)
    return join([first.skip(1), second], at=[597_046])


@_recipe(
    title="nanochat d24, the speedrun: rate, momentum and weight decay of Muon",
    source="Karpathy, nanochat (2026), github.com/karpathy/nanochat, scripts/base_train.py and "
    "runs/speedrun.sh, in July",
    unit="steps",
    steps=8 * _NANOCHAT_D24 // 2**20,
    assumption="The code computes the steps, a batch of 2^20 tokens, and the scales of rate and "
    "weight decay from depth 24 and 8 tokens per parameter. Other groups have other rates, times "
    "the same factors.",
)
def nanochat_d24(steps: int) -> Bundle:
    falls = round(0.65 * steps)
    peak = 0.02 * sqrt(2**20 / 2**19)
    momentum = join([linear(0.85, 0.97, 400), linear(0.97, 0.90, falls)], at=[steps - falls])
    decay = 0.28 * sqrt(2**20 / 2**19) * _NANOCHAT_D12 / _NANOCHAT_D24
    return bundle(
        # counts from 1 in the warmup, from 0 in the fall
        lr=wsd(peak, 40, stable=steps - falls - 39, cooldown=falls, end=0.05 * peak).skip(1),
        momentum=momentum,
        weight_decay=cosine(decay, 0.0, steps),
    )


@_recipe(
    title="modded-nanogpt, track 1: rate and momentum of Muon",
    source="Jordan et al., modded-nanogpt (2026), github.com/KellerJordan/modded-nanogpt, "
    "train_gpt.py, in August",
    unit="steps",
    steps=1_270 + 15,
    assumption="Other groups have 0.008 in place of 0.023, times factors of their own, and are "
    "updated at odd steps only.",
)
def modded_nanogpt(steps: int) -> Bundle:
    second, falls, third, end = 423, 508, 847, 1_270  # 1/3, 2/5, 2/3 and all of 1,270
    stages = [
        constant(1.0),
        constant(1.52),
        linear(1.52, 0.15, end - falls),
        linear(1.73, 0.15, end - falls).skip(third - falls),
    ]
    return bundle(
        lr=join(stages, at=[second, falls, third]) * 0.023,
        momentum=join([linear(0.85, 0.95, 300), linear(0.95, 0.85, 50)], at=[steps - 50]),
    )
