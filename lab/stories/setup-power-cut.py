# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: the power is cut during setup and undo, again and again; the machine boots each time.

It goes off when setup has written its first file, while the next one makes the initramfs, and the
next the boot menu; then when undo has put its first file back. The last undo finds everything. What
the desktop had written to its disk until then is there at the next boot, what its kernel had only
in memory is not; that a disk loses or reorders what it was given is not part of this.
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
# A command, when the power goes off (a condition in the shell, a pause between two looks, seconds
# to wait then), and how far the command has come. Each goes on where the one before was stopped.
# What setup runs stands in its log twice, the first time below the diff.
SAID = f"[ $(grep -c '^  %s' {LOG}) = 2 ]"
CUTS = (
    (SETUP, "[ -e /etc/modprobe.d/hotseat.conf ]", ":", 0, "one file is written"),
    (SETUP, SAID % "update-initramfs", "sleep 0.2", 6, "update-initramfs runs"),
    (SETUP, SAID % "update-grub", "sleep 0.2", 4, "update-grub runs"),
    (UNDO, "[ ! -e /etc/grub.d/90_hotseat ]", ":", 0, "one file is back"),
)
LOOK = """cat /proc/cmdline; cd /etc
    ls -d modprobe.d/hotseat.conf default/grub.d/zz-hotseat.cfg grub.d/90_hotseat 2> /dev/null
    ls -A /var/lib/hotseat/setup"""


def cut(machine, command, condition, pause, seconds, name):
    """Cut the power in the middle of a command; the next boot works, and check tells of it.

    The desktop itself sees when it is time: from outside it would be too late. Its kernel then
    starts anew without a word to its disks, and QEMU ends with it.
    """
    desktop, teller = machine.desktop, machine.teller
    desktop.spawn(f"until {condition}; do {pause}; done; sleep {seconds}; "
                  "echo b > /proc/sysrq-trigger", "/run/cut.log")
    # not before the agent has answered
    desktop.spawn(f"sleep 5; {command}", LOG)
    desktop.wait_off(2000)
    teller.say(f"{command}: the power is cut, {name}")
    with teller.phase("boot"):
        desktop.power_on()
    drivers = machine.drivers()
    expect(drivers in (OWN, VFIO), f"the card is in two hands: {drivers}")
    teller.say(f"    drivers: {' '.join(drivers)}\n{desktop.run(LOOK).out}")
    found = desktop.run("hotseat --json check", check=False).out
    expect('"HS-13"' in found, "check does not say that setup was interrupted")


def tell(desktop, teller):
    machine = Machine(desktop, teller)
    first = machine.sources()
    for each in CUTS:
        cut(machine, *each)
    machine.undo(first)
    machine.reboot("after undo", lent=False)
