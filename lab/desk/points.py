# SPDX-License-Identifier: GPL-2.0-or-later
"""Stopping commands at each of their writing system calls; the loop runs inside (points.sh).

The commands do the work themselves here: with hotseatd there, a killed command is only a caller
that is gone. What becomes of a killed hotseatd is told in service and service-killed.
"""

import os
import re
import shlex

from . import image
from .desktop import HOST_STATE
from .story import expect


def stop_everywhere(desktop, teller, guest, script, seconds, each=1):
    """Run one of points.sh's loops, at each so-many-th point; return the number of points, failing
    if one went wrong."""
    with open(os.path.join(image.LAB, "desk", "points.sh"), encoding="utf-8") as file:
        loops = file.read()
    # For whoever wants all of them, or tries a loop out and has no time.
    step = int(os.environ.get("HOTSEAT_LAB_STEP", each))
    desktop.run("systemctl mask --runtime --now hotseatd")
    try:
        said = desktop.run(f"export state={shlex.quote(HOST_STATE)}\n{loops}\n"
                           f"begin {guest} {step}\n{script}", seconds=seconds, check=False).out
    finally:
        desktop.run("systemctl unmask --runtime hotseatd")
    points = re.findall(r"^POINTS (\d+) (.*)$", said, re.MULTILINE)
    expect("WRONG" not in said, said.strip())
    expect(points and all(int(number) > 0 for number, _ in points), f"no point was reached: {said}")
    for number, name in points:
        teller.say(f"{number} points: {name}" + (f" (each {step}th)" if step > 1 else ""))
    return sum(int(number) for number, _ in points)
