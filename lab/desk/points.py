# SPDX-License-Identifier: GPL-2.0-or-later
"""Stopping commands at each of their writing system calls; the loop runs inside (points.sh)."""

import os
import re
import shlex

from . import image
from .desktop import HOST_STATE
from .story import expect


def stop_everywhere(desktop, teller, guest, script, seconds):
    """Run one of points.sh's loops; return the number of points, failing if one went wrong."""
    with open(os.path.join(image.LAB, "desk", "points.sh"), encoding="utf-8") as file:
        loops = file.read()
    said = desktop.run(f"export state={shlex.quote(HOST_STATE)}\n{loops}\nbegin {guest}\n{script}",
                       seconds=seconds, check=False).out
    points = re.findall(r"^POINTS (\d+) (.*)$", said, re.MULTILINE)
    expect("WRONG" not in said, said.strip())
    expect(points and all(int(number) > 0 for number, _ in points), f"no point was reached: {said}")
    for number, name in points:
        teller.say(f"{number} points: {name}")
    return sum(int(number) for number, _ in points)
