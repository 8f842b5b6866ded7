# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows where the time of up goes, beside virsh start of the same domain, and what hotseatd takes.

Printed without a bound: this machine is emulated. Protects: selftest has each part in its report,
and hotseatd has no more memory after some rounds than after the first ones.
"""

import re

from desk.guest import Guest
from desk.story import expect

FRESH = True
LONG = True
LIMIT = 1500
ROUNDS = 5
PARTS = ("looking and asking", "hold sleep", "bind 0000:01:00.0", "bind 0000:01:00.1", "starting GUEST",
         "up ", "asked GUEST to shut down", "down ")
MAY_GROW = 1024     # KiB; glibc keeps some


def memory(desktop):
    """What is hotseatd's in memory, in KiB."""
    said = desktop.run("grep -E '^(VmRSS|RssAnon)' /proc/$(pidof hotseatd)/status; "
                       "grep -E '^(Pss|Private_Dirty):' /proc/$(pidof hotseatd)/smaps_rollup").out
    return {name: int(kib) for name, kib in re.findall(r"^(\w+):\s+(\d+) kB", said, re.MULTILINE)}


def with_virsh(desktop, teller, guest):
    for number in range(ROUNDS):
        taken = desktop.run("start=$(date +%s%N); virsh --quiet start timed; "
                            "echo $((($(date +%s%N) - start) / 1000000))", seconds=120).out.strip()
        teller.say(f"virsh start {number + 1}: {taken} ms, with the handover by the hook")
        desktop.run("virsh --quiet destroy timed", seconds=60)
        guest.wait_gone()


def tell(desktop, teller):
    guest = Guest(desktop, "timed")
    guest.new()
    with teller.phase("selftest"):
        report = desktop.run(f"hotseat selftest timed --rounds {ROUNDS} --seconds 1",
                             seconds=600).out
        teller.say(report)
        for part in PARTS:
            expect(re.search("^" + re.escape(part), report, re.MULTILINE),
                   f"the report has no {part!r}")
    first = memory(desktop)
    teller.say(f"hotseatd after {ROUNDS} rounds: {first}")
    with teller.phase("virsh start"):
        with_virsh(desktop, teller, guest)
    last = memory(desktop)
    teller.say(f"hotseatd after {2 * ROUNDS} rounds: {last}")
    expect(last["RssAnon"] <= first["RssAnon"] + MAY_GROW, "hotseatd grows with each round")
