"""How fast the analyzer is, beside the tools one would otherwise reach for, on the same files.

`templates` turns one rendered log into thousands that differ, `tasks` says what tasks of a share are like (with the
words of `tests.race`), `corpora` writes the shares once into a cache folder, with what was planted in them.
"""
