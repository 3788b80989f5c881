"""OpenNMT-py: figures of its decay functions, of ``n = t + 1``."""

from fastlr.presets import opennmt as ours

from . import Case, figures, rates, real, whole


def draw(*names):
    def settings(rng):
        every = {
            "warmup_steps": whole(rng, 1, 20),
            "model_size": whole(rng, 1, 1024),
            "rate": real(rng, 0.0, 1.1),
            "decay_steps": whole(rng, 1, 10),
            "start_step": whole(rng, 0, 30),
        }
        return {"lr": rates(rng), **{name: every[name] for name in names}}

    return settings


def noam(t, lr, warmup_steps, model_size):
    return lr * model_size**-0.5 * min((t + 1) ** -0.5, (t + 1) * warmup_steps**-1.5)


def exponential(t, lr, rate, decay_steps, start_step):
    return lr * rate ** (max(t + 1 - start_step + decay_steps, 0) // decay_steps)


def both(t, lr, warmup_steps, model_size, **own):
    return noam(t, lr, warmup_steps, model_size) * exponential(t, 1.0, **own)


CASES = [
    Case(
        ours.noam_decay,
        draw("warmup_steps", "model_size"),
        figures(noam),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.noamwd_decay,
        draw("warmup_steps", "model_size", "rate", "decay_steps", "start_step"),
        figures(both),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.exponential_decay,
        draw("rate", "decay_steps", "start_step"),
        figures(exponential),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.rsqrt_decay,
        draw("warmup_steps"),
        figures(lambda t, lr, warmup_steps: lr * max(t + 1, warmup_steps) ** -0.5),
        lambda own: 50,
        count=200,
    ),
]
