# SPDX-License-Identifier: GPL-2.0-or-later
"""What a story is, and how it is told.

A story is a file in lab/stories. Its docstring says what it protects; then

    FRESH = True        it needs a desktop of its own (False: it leaves the desktop as it found it,
                        which is checked, and shares one)
    LIMIT = 240         seconds after which it is over
    LONG = True         it is told only when asked for (may be left out)
    MODULES = ("x",)    lab/modules that it needs; in there as /lab/modules/x.ko (may be left out)
    def tell(desktop, teller): ...

It acts through the desktop and checks with expect(). Whatever is raised is a failure.
"""

import contextlib
import importlib.util
import os
import signal
import sys
import time

from . import image


class Failed(Exception):
    """The desktop or the guest is not as the story says."""


class Limit(Exception):
    """The story took too long."""


def expect(truth, otherwise):
    """Fail with a sentence unless something is true."""
    if not truth:
        raise Failed(otherwise)


def expect_equal(found, wanted, what):
    if found != wanted:
        raise Failed(f"{what}:\n  found  {found!r}\n  wanted {wanted!r}")


def expect_same(before, after, what):
    """Fail with the lines that differ."""
    old, new = before.splitlines(), after.splitlines()
    if before != after:
        lines = [f"  - {line}" for line in old if line not in new]
        lines += [f"  + {line}" for line in new if line not in old]
        raise Failed(f"{what}:\n" + "\n".join(lines or ["  (only the order)"]))


class Teller:
    """Says what happens and keeps the times."""

    def __init__(self):
        self.start = time.monotonic()
        self.times = []
        self.depth = 0
        self.colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def say(self, text, code=None):
        """Print; code: an SGR code, used where there is colour."""
        print(f"\33[{code}m{text}\33[0m" if code and self.colour else text, flush=True)

    def narrate(self, sentence):
        self.say(f"\n{sentence}", "3")

    @contextlib.contextmanager
    def phase(self, name):
        """Time one part of the whole; a failed one counts as well."""
        start = time.monotonic()
        self.say(f"== {start - self.start:.0f} s == {name}", "2")
        # In the order of their beginnings: what a phase is made of stands below it.
        entry = ["  " * self.depth + name, 0.0]
        self.times.append(entry)
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            entry[1] = time.monotonic() - start

    def print_times(self):
        self.say("\nTime")
        for name, seconds in self.times:
            self.say(f"  {seconds:6.1f} s  {name}")
        self.say(f"  {time.monotonic() - self.start:6.1f} s  in all")


@contextlib.contextmanager
def time_limit(seconds):
    """Raise Limit in the middle of whatever is going on."""
    def over(*_):
        raise Limit(f"not over after {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def names():
    """The stories there are."""
    folder = os.path.join(image.LAB, "stories")
    return sorted(name[:-3] for name in os.listdir(folder) if name.endswith(".py"))


def load(name):
    """Return the module of a story."""
    path = os.path.join(image.LAB, "stories", name + ".py")
    spec = importlib.util.spec_from_file_location("story_" + name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    module.LONG = False
    module.MODULES = ()
    spec.loader.exec_module(module)
    return module
