# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: whoever is killed at whatever moment, the card comes back, and nothing is left or leaked.

Rounds of up and down in one boot, while a process opens the card every second. In each, hotseatd,
the relay, QEMU, libvirtd or the command line are killed at random moments. HOTSEAT_LAB_SEED repeats a run; HOTSEAT_LAB_ROUNDS
makes it shorter.
"""

import os
import random

from desk.desktop import CARD, HOST_STATE
from desk.guest import SMALL, Guest
from desk.story import expect, expect_same

FRESH = True
LONG = True
LIMIT = 7200

ROUNDS = int(os.environ.get("HOTSEAT_LAB_ROUNDS", "20"))
TINY = SMALL.replace("256M", "64M") + " --seat seat0"
VICTIMS = {
    "hotseatd": "$(pidof hotseatd)",
    "the relay": "$(pidof hotseat-relay)",
    "qemu": "$(cat /run/libvirt/qemu/killed.pid)",
    "libvirtd": "$(pidof libvirtd)",
    "the command line": "$asked",
}
OPENER = f"while :; do (: < /dev/dri/$(cd /sys/bus/pci/devices/{CARD[0]}/drm; echo card*)); sleep 1; done"
# Everything is over when the guest is off and no journal is left. libvirtd may be starting again.
SETTLED = """
    settled() { [ -z "$(find /run/hotseat -type f)" ] && [ ! -e /run/libvirt/qemu/killed.pid ] &&
        virsh --quiet domstate killed 2> /dev/null | grep -q 'shut off'; }
    for i in $(seq 120); do settled && break; sleep 0.5; done
"""


def attack(command, kills):
    """A command, and who is killed how long after its beginning."""
    lines = [f"{command} > /tmp/killed.said 2>&1 & asked=$!"]
    before = 0.0
    for when, victim in kills:
        lines.append(f"sleep {when - before:.2f}; kill -KILL {VICTIMS[victim]} 2> /dev/null")
        before = when
    return "\n".join(lines) + "\nwait $asked; echo status $?\n"


def draw(dice, longest):
    """One or two victims and moments, in order."""
    return sorted((round(dice.uniform(0.0, longest), 2), dice.choice(list(VICTIMS)))
                  for _ in range(dice.choice((1, 1, 2))))


def counts(desktop):
    """Open descriptors of the services, and pages that nobody can take away."""
    return desktop.run("for name in hotseatd hotseat-relay libvirtd; do echo $name "
                       "$(ls /proc/$(pidof $name)/fd | wc -l); done; "
                       "grep -E '^(HugePages_Free|Mlocked|Unevictable):' /proc/meminfo").out


def after_quiet_rounds(desktop, rounds):
    """What counts() says after so many rounds in which nobody is killed."""
    for _ in range(rounds):
        desktop.run("hotseat up killed; hotseat down --force --timeout 5 killed; true\n" + SETTLED,
                    seconds=200)
    return counts(desktop)


def held(counted):
    """KiB that nobody can take away; descriptors are a process's, and go with it."""
    return sum(int(line.split()[1]) for line in counted.splitlines() if line.endswith("kB"))


def one_round(desktop, teller, number, dice, before):
    up, down = draw(dice, 6.0), draw(dice, 3.0)
    teller.say(f"{number}: up, killed {up}; down, killed {down}")
    said = desktop.run(attack("hotseat up killed", up)
                       + attack("hotseat down --force --timeout 5 killed", down),
                       seconds=400, check=False).out
    # Whatever of it still runs is ended as its owner would; the card is nobody's to ask for.
    desktop.run("systemctl reset-failed libvirtd; systemctl start libvirtd.socket libvirtd; "
                "virsh destroy killed", seconds=120, check=False)
    desktop.run(SETTLED, seconds=120, check=False)
    alone = desktop.run(HOST_STATE).out == before
    if not alone:
        desktop.run("hotseat recover", seconds=120)
    expect_same(before, desktop.run(HOST_STATE).out, f"round {number}: {said}")
    return alone


def tell(desktop, teller):
    seed = int(os.environ.get("HOTSEAT_LAB_SEED", random.randrange(1 << 32)))
    teller.say(f"HOTSEAT_LAB_SEED={seed}")
    dice = random.Random(seed)
    guest = Guest(desktop, "killed")
    desktop.run("systemctl daemon-reload; udevadm control --reload")
    guest.new(TINY)
    before = desktop.run(HOST_STATE).out
    desktop.spawn(OPENER, "/tmp/opener.log")
    first = after_quiet_rounds(desktop, 1)
    with teller.phase("rounds"):
        alone = sum(one_round(desktop, teller, number, dice, before)
                    for number in range(1, ROUNDS + 1))
    teller.say(f"{ROUNDS} rounds; all was back by itself in {alone}, after recover in the others.")
    with teller.phase("leaks"):
        killed = after_quiet_rounds(desktop, 1)
        quiet = after_quiet_rounds(desktop, 3)
        teller.say(f"before:\n{first}after the rounds:\n{killed}")
        expect(killed == quiet, f"something is leaked by a round:\n{killed}{quiet}")
        # Services that started anew lock somewhat more or less; a guest has 64 MiB.
        expect(held(killed) - held(first) < 4096,
               f"pages were lost with who was killed:\n{first}{killed}")
    expect_same(before, desktop.run(HOST_STATE).out, "after the last round")
