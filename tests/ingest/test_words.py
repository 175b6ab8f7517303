"""Words looked for together are found where each of them is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.ingest.words import Search

WORDS = (b"correlationId", b"went offline", b"Error 1222", b"error 1222", b"0123456789")
SEARCH = Search(WORDS)
PIECES = st.sampled_from([*WORDS, *(word[:-1] for word in WORDS), *(word[1:] for word in WORDS), b"corr", b" ", b"01"])


@given(st.lists(PIECES | st.binary(max_size=5)).map(b"".join))
def test_every_place(data):
    places = {at for word in WORDS for at in range(len(data)) if data.startswith(word, at)}
    assert SEARCH.find(data).tolist() == sorted(places)


@pytest.mark.parametrize("size", range(20))
@pytest.mark.parametrize("word", WORDS)
def test_words_at_the_end_of_a_buffer(size, word):
    assert SEARCH.find(b"." * size + word).tolist() == [size]
    assert not len(SEARCH.find(b"." * size + word[:-1]))


@pytest.mark.parametrize("last", range(256))
def test_any_byte_may_follow_a_short_word(last):
    data = b"".join(b"." * gap + b"error 1222" + bytes((last,)) for gap in range(8))
    assert len(SEARCH.find(data)) == 8


def test_words_that_begin_with_one_another():
    assert Search((b"went offline", b"went offline again")).find(b"one went offline again").tolist() == [4]


def test_a_short_word_cannot_be_looked_for():
    with pytest.raises(ValueError, match=re.escape("b'123456789'")):
        Search((b"0123456789", b"123456789"))
