"""Adaptive rules in plain Python, one history at a time, written after their frameworks' sources.

``plateau/test_adaptive.py`` compares them with the rules and with the frameworks.
"""

import math

import numpy as np


def kl_adaptive(rate, metrics, convention, kl_threshold, min_lr, max_lr, kl_factor, lr_factor):
    """rsl_rl 5.5 ``PPO.update``, rl_games 1.6 ``AdaptiveScheduler``, skrl 2.1 ``KLAdaptiveLR``.

    rsl_rl and skrl compare a float32 tensor with a number, which PyTorch rounds to float32.
    """
    kind = float if convention == "rl_games" else np.float32
    above, below = kind(kl_threshold * kl_factor), kind(kl_threshold / kl_factor)
    for metric in metrics:
        with np.errstate(over="ignore", under="ignore"):
            kl = kind(metric)
        if kl > above:
            rate = max(rate / lr_factor, min_lr)
        elif kl < below and (convention != "rsl_rl" or kl > 0.0):
            rate = min(rate * lr_factor, max_lr)
        yield rate


def new_bob(rate, metrics, annealing_factor, improvement_threshold, patient):
    """SpeechBrain 1.1 ``NewBobScheduler``."""
    previous, left = None, patient
    for metric in metrics:
        if previous is not None:
            improvement = 0 if previous == 0 else (previous - metric) / previous
            if improvement < improvement_threshold:
                if left == 0:
                    rate *= annealing_factor
                    left = patient
                else:
                    left -= 1
        previous = metric
        yield rate


class _Mean:
    """Transformers' ``StreamingAverage``."""

    def __init__(self, size):
        self.size, self.values, self.sum = size, [], 0.0

    def add(self, value):
        self.values.append(value)
        self.sum += value
        if len(self.values) > self.size:
            self.sum -= self.values.pop(0)
        return self.sum / len(self.values)


def _better(current, best, own):
    threshold, sign = own["threshold"], -1.0 if own["mode"] == "min" else 1.0
    relative = own["threshold_mode"] == "rel"
    bound = best * (1.0 + sign * threshold) if relative else best + sign * threshold
    return current < bound if own["mode"] == "min" else current > bound


def greedy_lr(rate, metrics, **own):
    """Transformers 5 ``GreedyLR`` for an optimizer with one group."""
    first, worst = rate, math.inf if own["mode"] == "min" else -math.inf
    best, bad, good, cool, warm, left = worst, 0, 0, 0, 0, own["reset_start"]
    mean = _Mean(own["window_size"])
    for metric in metrics:
        current = mean.add(metric) if own["smooth"] else metric
        if cool or warm:
            cool, warm, bad, good = (cool - 1, warm, 0, 0) if cool else (cool, warm - 1, 0, 0)
        elif _better(current, best, own):
            best, bad, good = current, 0, good + 1
        else:
            bad, good = bad + 1, 0
        if good > own["patience"]:
            more = min(rate / own["factor"], own["max_lr"])
            rate = more if more - rate > own["eps"] else rate
            warm, good, left = own["warmup"], 0, own["reset_start"]
        elif bad > own["patience"]:
            less = max(rate * own["factor"], own["min_lr"])
            rate = less if rate - less > own["eps"] else rate
            if rate <= own["min_lr"]:
                left -= 1
                if left <= 0:
                    rate, best, good, left = first, worst, 0, own["reset_start"]
                    mean = _Mean(own["window_size"])
            cool, bad = own["cooldown"], 0
        yield rate
