from __future__ import annotations

from pathlib import Path

import pytest

from tests.detectors.bundle import Bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """An empty folder to write a case into."""
    return Bundle(tmp_path)
