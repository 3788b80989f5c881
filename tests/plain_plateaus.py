"""Plateau rules in plain Python, one lane at a time, written like those of the libraries.

Every backend must give the same bits.
"""

import math

import numpy as np


def identity(x):
    return x


def single(x):
    with np.errstate(over="ignore"):
        return float(np.float32(x))


class PlainPlateau:
    """What all have in common: the warmup, the window, and what a NaN does."""

    def __init__(self, rule, scale=1.0):
        self.__dict__.update(
            {
                name: value.item() if hasattr(value, "item") else value
                for name, value in rule.parameters.items()
            }
        )
        self.round = single if self.precision == "single" else identity
        self.scale = self.round(scale)
        self.best = math.inf if self.mode == "min" else -math.inf
        self.bad = self.cool = self.count = self.updates = 0
        self.mean = 0.0

    def update(self, metric):
        """The scale after one more metric."""
        if math.isnan(metric) and self.nan == "ignore":
            return self.scale
        self.updates += 1
        if self.updates > self.warmup:
            metric = self.averaged(metric)
            if self.count == 0:
                self.decide(metric)
        return self.scale

    def averaged(self, metric):
        self.count += 1
        self.mean = ((self.count - 1) * self.mean + metric) / self.count
        mean = self.mean
        if self.count == self.window:
            self.count, self.mean = 0, 0.0
        return mean

    def replay(self, metrics):
        return [self.update(metric) for metric in metrics]


class Torch(PlainPlateau):
    def is_better(self, metric):
        if self.mode == "min":
            return metric < self.best * (1.0 - self.rtol) - self.atol
        return metric > self.best * (self.rtol + 1.0) + self.atol

    def decide(self, metric):
        if self.is_better(metric):
            self.best, self.bad = metric, 0
        else:
            self.bad += 1
        if self.cool > 0:
            self.cool -= 1
            self.bad = 0
        if self.bad > self.patience:
            scale = max(self.scale * self.factor, self.floor)
            if self.scale - scale > self.eps:
                self.scale = self.round(scale)
            self.cool, self.bad = self.cooldown, 0


class Optax(PlainPlateau):
    def averaged(self, metric):
        self.count += 1
        total = self.round(self.round((self.count - 1) * self.mean) + self.round(metric))
        self.mean = mean = self.round(total / self.count)
        if self.count == self.window:
            self.count, self.mean = 0, 0.0
        return mean

    def is_better(self, mean):
        if self.mode == "min":
            return mean < self.round(
                self.round(self.round(1 - self.rtol) * self.best) - self.round(self.atol)
            )
        return mean > self.round(
            self.round(self.round(self.rtol + 1) * self.best) + self.round(self.atol)
        )

    def decide(self, mean):
        better = self.is_better(mean)
        self.best, bad = (mean, 0) if better else (self.best, self.bad + 1)
        if self.cool > 0:
            self.bad, self.cool = 0, self.cool - 1
            return
        hit = bad == self.patience
        scale = self.round(self.scale * self.round(self.factor)) if hit else self.scale
        self.bad, self.scale, self.cool = (
            0 if hit else bad,
            max(scale, self.round(self.floor)),
            self.cooldown if hit else 0,
        )


class Keras(PlainPlateau):
    def __init__(self, rule, scale=1.0):
        super().__init__(rule, scale)
        self.best = None

    def is_better(self, metric):
        if self.best is None:
            return True
        if self.mode == "min":
            return self.round(metric + self.atol) < self.round(self.best)
        return self.round(metric - self.atol) > self.round(self.best)

    def decide(self, metric):
        if self.cool > 0:
            self.cool -= 1
            self.bad = 0
        if self.is_better(metric):
            self.best, self.bad = metric, 0
        elif self.cool <= 0:
            self.bad += 1
            if self.bad >= self.patience and np.float32(self.scale) > np.float32(self.floor):
                self.scale = self.round(max(self.scale * self.factor, self.floor))
                self.cool, self.bad = self.cooldown, 0


CONVENTIONS = {"torch": Torch, "timm": Torch, "optax": Optax, "keras": Keras}


def plain_plateau(rule, scale=1.0):
    """The plain plateau of a scalar rule."""
    return CONVENTIONS[rule.parameters["convention"]](rule, scale)
