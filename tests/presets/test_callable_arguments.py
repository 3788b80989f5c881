"""Functions as arguments of presets: what they are called with, and the errors that they raise."""

import pytest

import fastlr as flr

scheduler = flr.presets.keras.LearningRateScheduler


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (lambda epoch: 0.5**epoch, [1.0, 0.5, 0.25]),
        (lambda epoch, rate: rate / 2, [0.5, 0.25, 0.125]),
        (lambda epoch, rate=9.0: rate / 2, [0.5, 0.25, 0.125]),
        (lambda *given: given[1] / 2, [0.5, 0.25, 0.125]),
        (lambda epoch, *, rate=9.0: rate / 2, [4.5, 4.5, 4.5]),
        ([0.3, 0.2, 0.1].__getitem__, [0.3, 0.2, 0.1]),
        (flr.linear(0.3, 0.1, 2), [0.3, 0.2, 0.1]),
    ],
)
def test_a_function_gets_the_rate_if_it_takes_two_arguments(schedule, rates):
    assert scheduler(1.0, schedule, 3).table(3).tolist() == pytest.approx(rates, rel=1e-15)


def test_an_error_inside_a_function_is_its_own():
    """Keras calls it again without the rate, and trains with what that gives."""
    calls = []

    def schedule(epoch, rate=None):
        calls.append(rate)
        return 0.1 if rate is None else rate + "typing mistake"

    with pytest.raises(TypeError, match=r"typing mistake|ufunc .add."):
        scheduler(1.0, schedule, 3)
    assert len(calls) == 1
