"""Small sources one behind the other in a buffer that is used again."""

from __future__ import annotations

from analyzer.ingest import task_log
from analyzer.reading import packs
from analyzer.reading.packs import Shelf


def shelf_of(*datas: bytes, shelf: Shelf | None = None) -> Shelf:
    shelf = shelf or Shelf(task_log)
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


def test_a_source_that_is_larger_than_a_pack_has_a_shelf_for_itself(monkeypatch):
    monkeypatch.setattr(packs, "PACK", 8)
    shelf = Shelf(task_log)
    shelf.room(30)[:30] = b"x" * 30
    shelf.keep("large.txt", 30)
    assert not shelf.fits(8)
    assert shelf.taken().text(0).data == b"x" * 30
    shelf.empty()
    assert shelf.fits(7)
