"""Numbers as pictures and displays show them: short, and never in need of a second look."""

__all__ = ["amount_text", "argument_text", "rate_text", "steps_text"]

_UNITS = ("", "k", "M", "B", "T", "P")
_DIGITS = 4  # significant digits


def rate_text(rate: float, digits: int = _DIGITS) -> str:
    """Write a rate in few characters.

    >>> [rate_text(rate) for rate in (6e-4, 0.05, 1.0, 2.5e-5 / 3, 0.0)]
    ['6e-4', '0.05', '1', '8.333e-6', '0']
    """
    if rate == 0 or 0.01 <= abs(rate) < 1e5:
        return f"{rate:.{digits}g}"
    mantissa, power = f"{rate:.{digits - 1}e}".split("e")
    return f"{float(mantissa):g}e{int(power)}"


def amount_text(amount: float) -> str:
    """Write a number of steps, tokens or epochs, with B for billions.

    >>> [amount_text(amount) for amount in (0, 90, 2_000, 1_234_567, 3e9, 2.5, 0.3, -500)]
    ['0', '90', '2k', '1.235M', '3B', '2.5', '0.3', '-500']
    """
    size, unit = abs(amount), 0
    while size >= 999.95 and unit < len(_UNITS) - 1:
        size, unit = size / 1_000, unit + 1
    return f"{'-' if amount < 0 else ''}{size:.{_DIGITS}g}{_UNITS[unit]}"


def steps_text(steps: int, number: str = "") -> str:
    """Write a number of steps in full, or as ``number`` writes it.

    >>> steps_text(1), steps_text(1_500), steps_text(1_500, amount_text(1_500))
    ('1 step', '1,500 steps', '1.5k steps')
    """
    return f"{number or f'{steps:,}'} step{'' if steps == 1 else 's'}"


def argument_text(value: object) -> str:
    """Write the argument of a constructor: numbers are short, long lists are cut.

    >>> argument_text(6e-4), argument_text(600_000), argument_text([1, 2, 3, 4, 5])
    ('6e-4', '600k', '[1, 2, 3, …]')
    """
    if isinstance(value, bool) or not isinstance(value, int | float | list | tuple):
        return str(value)
    if isinstance(value, int):
        return amount_text(value) if f"{value / 1_000:g}" in amount_text(value) else f"{value:,}"
    if isinstance(value, float):
        return rate_text(value)
    shown = [argument_text(item) for item in value[:3]]
    return f"[{', '.join([*shown, *(['…'] if len(value) > 3 else [])])}]"
