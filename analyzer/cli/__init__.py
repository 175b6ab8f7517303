"""The `analyzer` command: arguments, printing and exit codes. It decides nothing.

One module per command. None of them imports anything heavy before its command runs: `analyzer --help` answers at once.
"""

from __future__ import annotations

from analyzer.cli import audit, catalogues, doctor, ingest, show, terminal
from analyzer.cli.app import EXIT_CODES, FOUND, WRONG, app, exit_codes

COMMANDS = (  # in the order of the help page
    (audit.audit, EXIT_CODES),
    (show.show, exit_codes(clean="shown", usage="wrong usage, a missing PATH, or no such task")),
    (doctor.doctor, exit_codes(clean="everything was read", usage=WRONG, partial="something could not be read")),
    (ingest.ingest, exit_codes(clean="written", usage=WRONG, partial="something could not be read")),
    (catalogues.explain, None),
    (catalogues.detectors, None),
    (catalogues.formats, None),
)
for _command, _epilog in COMMANDS:
    app.command(epilog=_epilog)(_command)

__all__ = ["COMMANDS", "FOUND", "app", "main"]


def main() -> None:
    """What the `analyzer` command runs."""
    terminal.forgive_encodings()
    app()
