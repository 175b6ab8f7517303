"""A vocabulary drawn from a seed, so that no detector can know a step by its name."""

from __future__ import annotations

import random

ONSETS = ("b", "br", "ch", "d", "dr", "f", "g", "gl", "h", "k", "l", "m", "n", "p", "qu", "r", "s", "st", "t", "v", "z")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou", "ö", "é", "ü")
CODAS = ("", "l", "m", "n", "r", "s", "x", "nd", "rk", "st")
VERBS = ("Install", "Migrate", "Warm up", "Notify", "Verify", "Restart", "Publish", "Drain", "Seed", "Compare", "Prüfe")


class Words:
    """Names of projects, steps, targets, people, all from one seed."""

    def __init__(self, seed: object) -> None:
        self.rng = random.Random(f"words {seed}")

    def word(self, syllables: int = 2, plain: bool = False) -> str:
        """One invented word; `plain` keeps it to ASCII."""
        vowels = VOWELS[:8] if plain else VOWELS
        parts = [self.rng.choice(ONSETS) + self.rng.choice(vowels) for _ in range(syllables)]
        return "".join(parts) + self.rng.choice(CODAS)

    def title(self) -> str:
        """A project's or an environment's name."""
        return " ".join(self.word(plain=self.rng.random() < 0.8).capitalize() for _ in range(self.rng.randint(1, 2)))

    def step(self) -> str:
        """A step's name, sometimes with brackets, quotes or an apostrophe in it."""
        shape = self.rng.choice(
            ("{v} {w}", "{v} {w}", "{v} the {w}", "{v} {w} [{x}]", '{v} "{w}"', "{w}'s {x} <{v}>", "{v} {w} & {x}")
        )
        return shape.format(v=self.rng.choice(VERBS), w=self.word(), x=self.word())

    def target(self) -> str:
        """A deployment target."""
        return f"{self.word(plain=True)}-{self.rng.choice(('web', 'app', 'sql', 'q'))}{self.rng.randint(1, 99):02d}"

    def node(self) -> str:
        """A server node's name."""
        return f"{self.word(plain=True).upper()}-{self.rng.choice(('HA', 'OCTO', 'DEP'))}{self.rng.randint(1, 9)}"

    def person(self) -> str:
        """Somebody who clicks."""
        name = f"{self.word().capitalize()} {self.word().capitalize()}"
        return f"{name} ({self.rng.choice(('DBA', 'Ops', 'QA', 'Leitung'))})"

    def sentence(self) -> str:
        """A line of script output."""
        count = self.rng.randint(2, 9)
        return " ".join(self.word(self.rng.randint(1, 3)) for _ in range(count)).capitalize() + self.rng.choice(
            ("", ".", "...", "!")
        )

    def guid(self) -> str:
        """32 lower-case hex digits."""
        return f"{self.rng.getrandbits(128):032x}"

    def suffix(self) -> str:
        """Ten capitals and digits, as after a task's number."""
        return "".join(self.rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=10))
