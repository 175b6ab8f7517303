"""Audits for readers: on the terminal (`text`, `rollup`), as a document (`json`), what codes mean (`catalogue`).

Everything here returns text or bytes; printing is for `cli`. `summary` counts once what all of them tell.
"""
