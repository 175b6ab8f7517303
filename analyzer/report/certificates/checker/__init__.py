"""The parts of `verify.py`, which a certificate carries: joined to one file by `certificates.script`.

Only Python's standard library, 3.8 or later. In the order in which they are joined:

    names     how the analyzer names the files below a PATH
    lines     where the lines of a source begin and end
    entries   what a line says: task log, server log, API, database export, download
    proof     what all arguments need
    pages     the proofs by the root's lines in a download or `/details`
    order     the proofs by the order of lines in one file
    bounds    the proofs by the clocks of two files
    twice     the proofs that work was done twice, one after the other
    verify    everything together, and the command
"""
