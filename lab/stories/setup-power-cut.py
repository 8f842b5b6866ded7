# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: the power is cut during setup and undo, again and again; the machine boots each time.

QEMU is killed while setup writes files, while the next one makes the initramfs, and the next the
boot menu; then while undo puts files back. The last undo finds everything. What the desktop had
written to its disk until then is there at the next boot, what its kernel had only in memory is not;
that a disk loses or reorders what it was given is not part of this.
"""

from desk.setup import Machine
from desk.story import expect

FRESH = True
LIMIT = 7200
LONG = True
DISK = "grub"

LOG = "/run/setup.log"
SETUP = "hotseat setup --yes --gpu 01:00.0"
UNDO = "hotseat setup --undo"
# A command, what it says just before, and how long to wait after it. Each goes on where the one
# before was stopped.
CUTS = (
    (SETUP, "writing /etc/initramfs-tools/modules", 0),
    (SETUP, "update-initramfs", 6),
    (SETUP, "update-grub", 4),
    (UNDO, "(restoring|removing) /etc/initramfs-tools/modules", 0),
)


def cut(machine, command, words, seconds):
    """Cut the power in the middle of a command; the next boot works, and check tells of it."""
    desktop, teller = machine.desktop, machine.teller
    desktop.spawn(command, LOG)
    desktop.wait_for(words, LOG, 900)
    desktop.run(f"sleep {seconds}")
    teller.say(f"{command}: the power is cut {seconds} s after: {words}")
    with teller.phase("boot"):
        desktop.cut_power()
        desktop.power_on()
    teller.say(f"    drivers: {' '.join(machine.drivers())}; "
               + desktop.run("cat /proc/cmdline; ls -A /var/lib/hotseat/setup").out)
    found = desktop.run("hotseat --json check", check=False).out
    expect('"HS-13"' in found, "check does not say that setup was interrupted")


def tell(desktop, teller):
    machine = Machine(desktop, teller)
    first = machine.sources()
    for command, words, seconds in CUTS:
        cut(machine, command, words, seconds)
    machine.undo(first)
    machine.reboot("after undo", lent=False)
