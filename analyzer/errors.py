"""What a user can act on: every error message says what was wrong and with which input."""

from __future__ import annotations


class AnalyzerError(Exception):
    """Base of all errors that end a command; its text is shown to the user, never a traceback."""


class UsageError(AnalyzerError):
    """The command line or the call asks for something that cannot be done (exit code 2)."""


class PathMissing(UsageError):
    """A PATH named by the user does not exist."""

    def __init__(self, path: object) -> None:
        super().__init__(f"no such file or folder: {path}")


class TaskUnknown(UsageError, KeyError):
    """A task was asked for of which the case knows nothing; the text names tasks that are near it."""

    __str__ = Exception.__str__  # a KeyError would put the text in quotes


class UnreadableSource(AnalyzerError):
    """A source was found but its bytes could not be read to the end (exit code 3)."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason

    def __reduce__(self) -> tuple[type[UnreadableSource], tuple[str, str]]:
        return type(self), (self.source, self.reason)


class SchemaMismatch(AnalyzerError):
    """A stage produced a table that is not the one declared in `schema`: a defect of ours, named at the spot."""
