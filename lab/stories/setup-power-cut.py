# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: the power is cut during setup and undo, again and again; the machine boots each time.

QEMU is killed while setup writes files, while the next one makes the initramfs, and the next the
boot menu; then while undo puts files back. The last undo finds everything. What the desktop had
written to its disk until then is there at the next boot, what its kernel had only in memory is not;
that a disk loses or reorders what it was given is not part of this.
"""

from desk.setup import OWN, VFIO, Machine
from desk.story import expect

FRESH = True
LIMIT = 7200
LONG = True
DISK = "grub"

LOG = "/run/setup.log"
SETUP = "hotseat setup --yes --gpu 01:00.0"
UNDO = "hotseat setup --undo"
# A command, what it says just before, how often it has said it then (the first time with the diff),
# and how long to wait after it. Each goes on where the one before was stopped.
CUTS = (
    (SETUP, "^  writing /etc/initramfs-tools/modules", 1, 0),
    (SETUP, "^  update-initramfs", 2, 6),
    (SETUP, "^  update-grub", 2, 4),
    (UNDO, "^  (restoring|removing) /etc/initramfs-tools/modules", 1, 0),
)


def last_line(desktop):
    return desktop.run(f"tail -n 1 {LOG}").out.strip()


def cut(machine, command, words, times, seconds):
    """Cut the power in the middle of a command; the next boot works, and check tells of it."""
    desktop, teller = machine.desktop, machine.teller
    desktop.spawn(command, LOG)
    desktop.wait_for(words, LOG, 1800, times)
    desktop.run(f"sleep {seconds}")
    teller.say(f"{command}: the power is cut {seconds} s after: {last_line(desktop)}")
    with teller.phase("boot"):
        desktop.cut_power()
        desktop.power_on()
    drivers = machine.drivers()
    expect(drivers in (OWN, VFIO), f"the card is in two hands: {drivers}")
    teller.say(f"    drivers: {' '.join(drivers)}; "
               + desktop.run("cat /proc/cmdline; ls -A /var/lib/hotseat/setup").out)
    found = desktop.run("hotseat --json check", check=False).out
    expect('"HS-13"' in found, "check does not say that setup was interrupted")


def tell(desktop, teller):
    machine = Machine(desktop, teller)
    first = machine.sources()
    for each in CUTS:
        cut(machine, *each)
    machine.undo(first)
    machine.reboot("after undo", lent=False)
