"""A real race: nodes as processes over one task queue, writing Octopus's log formats and, apart from them, the truth.

Start with `config.Race` (what can be asked for), then `world` (users and time), `node` (claims and executes tasks),
`script` (what an execution says), `writer` (how lines reach a shared file), `bundle` (what a customer would send) and
`truth` (what really happened). Nothing that makes a race imports `analyzer`, and `analyzer` reads nothing
written by `truth`; only `auditing` holds the one against the other (see `score`).
"""
