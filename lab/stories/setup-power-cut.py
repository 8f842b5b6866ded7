# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: the power is cut during setup, the machine boots, and undo finds everything.

QEMU is killed while setup writes files, makes the initramfs and makes the boot menu, and while undo
puts files back. What the desktop had written to its disk until then is there at the next boot, what
its kernel had only in memory is not; that a disk loses or reorders what it was given is not part of
this.
"""

from desk.setup import Machine
from desk.story import expect

FRESH = True
LIMIT = 7200
LONG = True
DISK = "grub"

LOG = "/run/setup.log"
SETUP = "hotseat setup --yes --gpu 01:00.0"
# What setup says just before, and how long to wait after it.
CUTS = (("writing /etc/initramfs-tools/modules", 0), ("update-initramfs", 6), ("update-grub", 4))


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
    for words, seconds in CUTS[:-1]:
        cut(machine, SETUP, words, seconds)
        machine.undo(first)
    cut(machine, SETUP, *CUTS[-1])
    cut(machine, "hotseat setup --undo", "(restoring|removing) /etc/initramfs-tools/modules", 0)
    machine.undo(first)
    machine.reboot("after undo", lent=False)
