"""Known incidents as data, and one small engine that holds them against a case."""

from __future__ import annotations

from analyzer.incidents.catalogue import CATALOGUE
from analyzer.incidents.engine import recognise

__all__ = ["CATALOGUE", "recognise"]
