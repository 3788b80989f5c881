"""Parse the ``.cfg`` files of Darknet: sections of ``key=value``, of which a name may repeat."""

from __future__ import annotations

__all__ = ["parsed"]


def parsed(where: str, text: str) -> dict[str, dict[str, object]]:
    """Return the first section of each name; values with commas are lists of words.

    >>> lines = ["[net]", "learning_rate=.001 # ours", "steps=40,45", "[net]", "batch=1"]
    >>> parsed("here", chr(10).join(lines))
    {'net': {'learning_rate': '.001', 'steps': ['40', '45']}}
    """
    sections: dict[str, dict[str, object]] = {}
    section: dict[str, object] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].partition(";")[0].strip()
        if words.startswith("[") and words.endswith("]"):
            section = {}
            sections.setdefault(words[1:-1].strip(), section)
        elif words:
            key, equals, value = words.partition("=")
            if not equals or section is None:
                raise ValueError(f"{where}: line {number} must be key=value, got {words!r:.60}")
            items = [item.strip() for item in value.split(",")]
            section[key.strip()] = items if len(items) > 1 else items[0]
    return sections
