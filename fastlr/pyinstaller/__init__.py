"""The hook by which PyInstaller collects fastlr whole. PyInstaller finds it by an entry point."""

from pathlib import Path

__all__ = ["hook_folders"]


def hook_folders() -> list[str]:
    """Return the folder of the hook, which PyInstaller asks for by the group ``pyinstaller40``.

    Returns
    -------
    list of str
        One path.
    """
    return [str(Path(__file__).parent)]
