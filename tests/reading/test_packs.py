"""Small sources one behind the other in a buffer that is used again."""

from __future__ import annotations

import pytest

from analyzer.ingest import task_log
from analyzer.reading import packs
from analyzer.reading.packs import Shelf, even


def shelf_of(*datas: bytes, shelf: Shelf | None = None) -> Shelf:
    shelf = shelf or Shelf(task_log, 99)
    for number, data in enumerate(datas):
        assert shelf.fits(len(data))
        shelf.room(len(data))[: len(data)] = data
        shelf.keep(f"{number}.txt", len(data))
    return shelf


def test_sources_on_a_shelf_are_one_block():
    segments = shelf_of(b"a\r\nb\n", b"c", b"d\n").taken()
    block = segments.block()
    assert [block.raw(row) for row in range(len(block))] == [b"a", b"b", b"c", b"d"]
    assert (block.which.tolist(), block.lines.tolist()) == ([0, 0, 1, 2], [1, 2, 1, 1])
    assert (block.offsets.tolist(), segments.sizes.tolist()) == ([0, 3, 0, 0], [5, 1, 2])
    assert segments.text(1) == ("1.txt", b"c")


def test_what_is_copied_out_stays_when_the_buffer_is_used_again():
    shelf = shelf_of(b"one\n", b"two\n")
    segments = shelf.taken()
    text, data = segments.text(1), segments.data
    shelf.empty()
    again = shelf_of(b"three\n", shelf=shelf).taken()
    assert again.data is data
    assert again.block().raw(0) == b"three"
    assert text == ("1.txt", b"two\n")


def test_a_source_that_is_larger_than_a_shelf_has_it_for_itself():
    shelf = Shelf(task_log, 8)
    shelf.room(30)[:30] = b"x" * 30
    shelf.keep("large.txt", 30)
    assert not shelf.fits(8)
    assert shelf.taken().text(0).data == b"x" * 30
    shelf.empty()
    assert shelf.fits(7)


@pytest.mark.parametrize("sizes", [[], [5], [99], [30] * 7, [1] * 149])
def test_packs_are_about_as_large_as_one_another(monkeypatch, sizes):
    monkeypatch.setattr(packs, "PACK", 100)
    made = [0]
    room = even(sum(sizes), max(sizes, default=0))
    for size in sizes:
        if made[-1] + size >= room:
            made.append(0)
        made[-1] += size
    assert len(made) == max(1, round(sum(sizes) / 100))
    assert max(made) - min(made) <= 2 * max(sizes, default=0)
