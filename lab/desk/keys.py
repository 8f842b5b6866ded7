# SPDX-License-Identifier: GPL-2.0-or-later
"""Who received which key: the lines of keywatch, and of the guests, which speak the same."""

# Linux numbers (input-event-codes.h), along the rows of the keyboard
_ROWS = (("1234567890", 2), ("qwertyuiop", 16), ("asdfghjkl", 30), ("zxcvbnm", 44))
CODES = {name: first + i for row, first in _ROWS for i, name in enumerate(row)}
NAMES = {code: name for name, code in CODES.items()}
OTHERS = {29: "left Ctrl", 97: "right Ctrl", 88: "F12", 116: "power button"}
F12 = 88


def events(log, prefix):
    """(code, value) of each line that tells of a key; value 1 is pressed, 0 released."""
    lines = (line.split() for line in log.splitlines() if line.startswith(prefix + " "))
    return [(int(words[1]), int(words[2])) for words in lines
            if len(words) == 3 and words[1].isdigit() and words[2].isdigit()]


def text(log, prefix):
    """The letters and digits that went down, in order. Keys held on a slow machine repeat, which
    is value 2 and not counted."""
    return "".join(NAMES[code] for code, value in events(log, prefix)
                   if value == 1 and code in NAMES)


def explain(log, prefix):
    """The lines that tell of keys, each with the key's name."""
    verbs = {0: "released", 1: "pressed", 2: "repeated"}
    return [f"{prefix} {code} {value}".ljust(18) +
            f"{NAMES.get(code) or OTHERS.get(code, '?')} {verbs.get(value, '?')}"
            for code, value in events(log, prefix)]
