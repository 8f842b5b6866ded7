# SPDX-License-Identifier: GPL-2.0-or-later
"""What the stories about setup have in common, whatever boot loader the desktop has."""

import re

from .desktop import CARD
from .story import expect, expect_equal, expect_same

# Files that setup may touch, with everything that undo promises to put back. What is generated
# (boot menus, initramfs images) is made anew and not compared; times change.
SOURCES = r"""
    find /etc /var/lib/hotseat -path /etc/hotseat -prune -o -type f -printf '%p %m %u:%g ' \
        -exec sh -c 'sha256sum < "$1"' - {} \; 2>/dev/null | grep -v -e /etc/mtab -e machine-id \
        -e /etc/resolv -e ld.so.cache -e '/etc/\.' | sort
    find /etc -type d | sort
"""

DRIVERS = "for d in %s; do basename $(readlink /sys/bus/pci/devices/$d/driver); done"
OWN = ["bochs-drm", "snd_hda_intel"]
ADDED = "-rt-"                      # in the second kernel's name


class Machine:
    """An installed desktop that setup changes."""

    def __init__(self, desktop, teller):
        self.desktop = desktop
        self.teller = teller

    def sources(self):
        return self.desktop.run(SOURCES).out

    def drivers(self):
        return self.desktop.run(DRIVERS % " ".join(CARD)).out.split()

    def set_up(self, options="--gpu 01:00.0"):
        """Run setup, as somebody who has read the diff."""
        expect_equal(self.drivers(), OWN, "drivers before setup")
        with self.teller.phase("setup --dry-run"):
            result = self.desktop.run(f"hotseat setup --dry-run {options}", user="gamer")
            self.teller.say(result.out)
            expect("vfio-pci.ids=" in result.out, "the diff has no vfio-pci.ids=")
        result = self.desktop.run(f"hotseat setup {options} < /dev/null", check=False)
        expect_equal(result.status, 1, "setup with nobody to ask")
        with self.teller.phase("setup"):
            result = self.desktop.run(f"hotseat setup --yes {options}", seconds=1200)
            self.teller.say(result.err + f"    {result.seconds:.0f} s")
        expect_equal(self.drivers(), OWN, "drivers after setup, before the boot")

    def reboot(self, entry, lent, release=False):
        """Boot anew; lent: is the card on vfio-pci then, and was never on its driver?"""
        with self.teller.phase(f"boot: {entry}"):
            self.desktop.reboot()
        said = self.desktop.run("cat /proc/cmdline; uname -r; journalctl -k -o short-monotonic | "
                                "grep -E '01:00|vfio'", check=False).out
        self.teller.say(said)
        drivers = self.drivers()
        self.teller.say(f"    drivers: {' '.join(drivers)}")
        expect_equal(drivers, ["vfio-pci"] * 2 if lent else OWN, f"drivers ({entry})")
        expect(("vfio-pci.ids=" in said.splitlines()[0]) == lent, f"the command line ({entry})")
        if lent:
            expect(not re.search(r"(bochs-drm|snd_hda_intel) 0000:01:00", said),
                   "a driver of its own had the card before vfio-pci")
        if release:
            name = said.splitlines()[1]
            expect(ADDED in name, f"this is not the kernel that was added: {name}")

    def check_finds(self, rule):
        """check says what it should of setup's files."""
        found = self.desktop.run("hotseat --json check", check=False).out
        for each in ("HS-13", "HS-14", "HS-15"):
            expect((f'"{each}"' in found) == (each == rule), f"check and {each}")

    def add_kernel(self):
        """Install another kernel: its files, and then the scripts that its package would run."""
        with self.teller.phase("a new kernel"):
            self.desktop.run("""
                set -e
                cd /opt/kernel
                v=$(ls usr/lib/modules)
                mv usr/lib/modules/$v /usr/lib/modules/
                mv boot/* /boot/
                depmod $v
                DEB_MAINT_PARAMS=configure run-parts --report --exit-on-error \
                    --arg=$v --arg=/boot/vmlinuz-$v /etc/kernel/postinst.d
            """, seconds=1200)

    def undo(self, first):
        """Take everything back; the sources are as they were, byte for byte."""
        with self.teller.phase("setup --undo"):
            result = self.desktop.run("hotseat setup --undo", seconds=1200)
            self.teller.say(result.err + result.out + f"    {result.seconds:.0f} s")
        expect_same(first, self.sources(), "files after undo")
        result = self.desktop.run("hotseat setup --undo")
        expect("nothing to undo" in result.out, "a second undo finds something")
