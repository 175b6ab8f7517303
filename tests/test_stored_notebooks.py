"""The notebooks as they lie in the repository. `python -m tests.test_stored_notebooks` renews their outputs.

That they still run is checked by `pytest --nbmake notebooks`.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path

import pytest

import analyzer

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
SAMPLES = NOTEBOOKS.parent / "sample_logs"
MOST_BYTES = 600_000
ELSEWHERE = re.compile(r"/(?:home|tmp|root|work|Users)/|[A-Z]:\\\\|0x[0-9a-f]{8,}")
"""Places and addresses of the machine that ran it."""
TOLD = {
    "01_first_look.ipynb": [("double-run", None), ("double-run", 22404)],
    "02_proving_a_double_run.ipynb": [("hand-over", 33601), ("hand-over", 33603)],
    "03_many_customers.ipynb": [("segments", 55108)],
}
"""Of which sample and task each tells the answer in full."""


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def codes(path):
    return [cell for cell in load(path)["cells"] if cell["cell_type"] == "code"]


def outputs(path):
    return list(chain.from_iterable(cell["outputs"] for cell in codes(path)))


def text(path):
    """Everything that outputs say in words."""
    told = []
    for one in outputs(path):
        told += one.get("text", [])
        told += one.get("data", {}).get("text/plain", [])
    return "".join(told)


def test_there_are_three():
    assert [path.name for path in PATHS] == list(TOLD)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
class TestStored:
    def test_all_cells_ran_in_order_and_none_failed(self, path):
        assert [cell["execution_count"] for cell in codes(path)] == list(range(1, len(codes(path)) + 1))
        assert {one["output_type"] for one in outputs(path)} <= {"stream", "display_data", "execute_result"}
        assert not [one for one in outputs(path) if one.get("name") == "stderr"]

    def test_it_has_prose_tables_and_a_picture_that_any_host_shows(self, path):
        prose = [cell for cell in load(path)["cells"] if cell["cell_type"] == "markdown"]
        assert sum(len("".join(cell["source"]).split()) for cell in prose) > 200
        kinds = [kind for one in outputs(path) for kind in one.get("data", {})]
        assert {"text/html", "image/png"} <= set(kinds)

    def test_it_is_small_and_says_nothing_of_where_and_when_it_ran(self, path):
        content = path.read_text(encoding="utf-8")
        assert len(content.encode()) < MOST_BYTES
        assert not ELSEWHERE.search(text(path))
        assert "iopub" not in content

    def test_it_says_what_the_analyzer_says_today(self, path):
        said = " ".join(text(path).split())
        for sample, task in TOLD[path.name]:
            audit = analyzer.audit(analyzer.read(SAMPLES / sample))
            answer = repr(audit).split("\n")[0] if task is None else audit[task].headline
            assert answer in said, "run: python -m tests.test_stored_notebooks"


def test_what_is_printed_comes_as_text_and_in_its_place():
    assert analyzer.doctor(analyzer.read(SAMPLES / "double-run")) in text(NOTEBOOKS / "01_first_look.ipynb")


def renew(path):
    """Run a notebook and store its outputs, without a trace of the machine and the time."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, record_timing=False, resources={"metadata": {"path": str(path.parent)}}).execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for at, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{at:02}", {}
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    for each in PATHS:
        renew(each)
