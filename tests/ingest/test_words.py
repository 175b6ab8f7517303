"""Words looked for together are found where each of them is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.ingest.words import Search

WORDS = (b"correlationId", b"went offline", b"rror 1222", b"12345678")
SEARCH = Search(WORDS)
PIECES = st.sampled_from([*WORDS, *(word[:-1] for word in WORDS), *(word[1:] for word in WORDS), b"corr", b" ", b"12"])


@given(st.lists(PIECES | st.binary(max_size=5)).map(b"".join))
def test_every_place(data):
    places = {at for word in WORDS for at in range(len(data)) if data.startswith(word, at)}
    assert SEARCH.find(data).tolist() == sorted(places)


@pytest.mark.parametrize("size", range(12))
def test_words_at_the_end_of_a_buffer(size):
    assert SEARCH.find(b"." * size + b"12345678").tolist() == [size]


@pytest.mark.parametrize("words", [(b"offline",), (b"12345678", b"12345678")], ids=["short", "twice"])
def test_words_that_cannot_be_looked_for(words):
    with pytest.raises(ValueError, match=re.escape(repr(words[0]))):
        Search(words)
