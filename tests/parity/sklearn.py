"""scikit-learn: its own models, taught one feature a sample, so that each coefficient is the
step size of its sample.
"""

import warnings

import numpy as np

from fastlr.presets import sklearn as ours

from . import Case, one_of, rate, real, whole

SAMPLES = 10


def descent(rng):
    return {
        "learning_rate": one_of(rng, "constant", "optimal", "invscaling"),
        "eta0": rate(rng),
        "power_t": one_of(rng, 0.0, real(rng, 0.1, 1.0)),
        "alpha": 10 ** real(rng, -6.0, 1.0),
    }


def taught(model, targets, **own):
    from sklearn import linear_model

    made = getattr(linear_model, model)(
        penalty=None, fit_intercept=False, shuffle=False, max_iter=1, tol=None, **own
    )
    return np.abs(made.fit(np.eye(len(targets)), targets).coef_.ravel())


def run_classifier(settings, steps):
    return taught("SGDClassifier", np.arange(steps) % 2, loss="hinge", **settings)


def run_regressor(settings, steps):
    return taught("SGDRegressor", np.ones(steps), loss="squared_error", **settings)


def one_class(rng):
    settings = {**descent(rng), "nu": real(rng, 0.01, 0.2)}
    del settings["alpha"]
    return settings


def run_one_class(settings, steps):
    """Each coefficient has shrunk by ``1 - rate*nu`` at each later sample."""
    from sklearn import linear_model

    own = {"fit_intercept": False, "shuffle": False, "max_iter": 1, "tol": None, **settings}
    left = linear_model.SGDOneClassSVM(**own).fit(np.eye(steps)).coef_
    table, shrunk = np.empty(steps), 1.0
    for t in reversed(range(steps)):
        table[t] = left[t] / shrunk
        shrunk *= 1.0 - table[t] * settings["nu"]
    return table


def perceptron(rng):
    return {
        "n_samples": whole(rng, 1, 30),
        "learning_rate": one_of(rng, "constant", "invscaling"),
        "learning_rate_init": rate(rng),
        "power_t": one_of(rng, 0.0, real(rng, 0.1, 1.0)),
    }


def run_perceptron(model):
    def run(settings, steps):
        from sklearn import neural_network

        own = {key: value for key, value in settings.items() if key != "n_samples"}
        made = getattr(neural_network, model)(solver="sgd", hidden_layer_sizes=(1,), **own)
        samples, table = np.ones((settings["n_samples"], 1)), np.empty(steps)
        more = {"classes": [0, 1]} if model == "MLPClassifier" else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for t in range(steps):
                made.partial_fit(samples, samples[:, 0].astype(int), **more)
                table[t] = made._optimizer.learning_rate
        # what it leaves for the next epoch
        return np.concatenate([[settings["learning_rate_init"]], table[:-1]])

    return run


CASES = [
    Case(ours.SGDClassifier, descent, run_classifier, lambda own: SAMPLES, "sklearn"),
    Case(ours.SGDRegressor, descent, run_regressor, lambda own: SAMPLES, "sklearn"),
    # divided out again
    Case(
        ours.SGDOneClassSVM, one_class, run_one_class, lambda own: SAMPLES, "sklearn", bound=1e-11
    ),
    Case(
        ours.MLPClassifier,
        perceptron,
        run_perceptron("MLPClassifier"),
        lambda own: 5,
        "sklearn",
        50,
    ),
    Case(
        ours.MLPRegressor, perceptron, run_perceptron("MLPRegressor"), lambda own: 5, "sklearn", 50
    ),
]
