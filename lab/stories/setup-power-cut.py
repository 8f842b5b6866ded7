# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: the power is cut during setup, the machine boots, and undo finds everything.

QEMU is killed while setup writes files, makes the initramfs and makes the boot menu. What the
desktop had written to its disk until then is there at the next boot, what its kernel had only in
memory is not; that a disk loses or reorders what it was given is not part of this.
"""

from desk.setup import Machine
from desk.story import expect

FRESH = True
LIMIT = 7200
LONG = True
DISK = "grub"

LOG = "/run/setup.log"
# What setup says just before, and how long to wait after it.
CUTS = (("writing /etc/initramfs-tools/modules", 0), ("update-initramfs", 6), ("update-grub", 4))


def tell(desktop, teller):
    machine = Machine(desktop, teller)
    first = machine.sources()
    for words, seconds in CUTS:
        desktop.spawn("hotseat setup --yes --gpu 01:00.0", LOG)
        desktop.wait_for(words, LOG, 600)
        desktop.run(f"sleep {seconds}")
        teller.say(f"The power is cut {seconds} s after: {words}")
        with teller.phase("boot"):
            desktop.cut_power()
            desktop.power_on()
        drivers = machine.drivers()
        teller.say(f"    drivers: {' '.join(drivers)}; "
                   + desktop.run("cat /proc/cmdline; ls -A /var/lib/hotseat/setup").out)
        found = desktop.run("hotseat --json check", check=False).out
        expect('"HS-13"' in found, "check does not say that setup was interrupted")
        machine.undo(first)
