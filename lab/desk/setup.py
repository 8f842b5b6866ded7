# SPDX-License-Identifier: GPL-2.0-or-later
"""What the stories about setup have in common, whatever boot loader the desktop has."""

import re

from .desktop import CARD
from .story import expect, expect_equal, expect_same

# Files that setup may touch, with everything that undo promises to put back. What is generated
# (boot menus, initramfs images) is made anew and not compared; times change.
SOURCES = r"""
    cd /
    files() {
        find etc var/lib/hotseat "$@" 2>/dev/null | grep -v -z -x -e etc/mtab -e etc/machine-id \
            -e etc/resolv.conf -e etc/ld.so.cache -e etc/adjtime -e 'etc/\..*' | sort -z
    }
    files -printf '%p %y %m %u:%g %l\0' | tr '\0' '\n'
    files -type f -print0 | xargs -0 sha256sum
"""

DRIVERS = "for d in %s; do basename $(readlink /sys/bus/pci/devices/$d/driver); done"
OWN = ["bochs-drm", "snd_hda_intel"]
VFIO = ["vfio-pci", "vfio-pci"]
ADDED = "-rt-"                      # in the second kernel's name


class Machine:
    """An installed desktop that setup changes."""

    def __init__(self, desktop, teller):
        self.desktop = desktop
        self.teller = teller

    def whole_story(self, choose_former):
        """There and back, with a look at the former entry and another kernel in between.

        choose_former: called with this object, makes the former entry that of the next boot
        """
        first = self.sources()
        self.set_up()
        self.reboot("the usual entry", lent=True)
        self.check_finds(None)
        choose_former(self)
        self.reboot("the former entry", lent=False)
        self.check_finds("HS-15")
        self.add_kernel()
        self.reboot("the new kernel", lent=True, release=True)
        self.undo(first)
        self.reboot("after undo", lent=False, release=True)

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
            result = self.desktop.run(f"hotseat setup --yes {options}", seconds=2400)
            self.teller.say(result.err + f"    {result.seconds:.0f} s")
        expect_equal(self.drivers(), OWN, "drivers after setup, before the boot")

    def reboot(self, entry, lent, release=False):
        """Boot anew; lent: is the card on vfio-pci then, and was never on its driver?"""
        with self.teller.phase(f"boot: {entry}"):
            self.desktop.reboot()
        # not the journal: what it had in dracut's initramfs is another machine's to it
        said = self.desktop.run("cat /proc/cmdline; uname -r; dmesg | grep -E '01:00|vfio'",
                                check=False).out
        self.teller.say(said)
        drivers = self.drivers()
        self.teller.say(f"    drivers: {' '.join(drivers)}")
        expect_equal(drivers, VFIO if lent else OWN, f"drivers ({entry})")
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
            """, seconds=2400)

    def undo(self, first):
        """Take everything back; the sources are as they were, byte for byte."""
        with self.teller.phase("setup --undo"):
            result = self.desktop.run("hotseat setup --undo", seconds=2400)
            self.teller.say(result.err + result.out + f"    {result.seconds:.0f} s")
        expect_same(first, self.sources(), "files after undo")
        result = self.desktop.run("hotseat setup --undo")
        # what a power cut may have left behind has no ledger, and is swept up here
        expect("nothing to undo" in result.out, "a second undo finds something")


def choose_grub_entry(machine):
    """The former entry of the kernel that runs, for one boot."""
    machine.desktop.run(r"""
        set -e
        entry=$(sed -n "s/.*menuentry_id_option '\(hotseat-former-$(uname -r)-[^']*\)'.*/\1/p" \
                /boot/grub/grub.cfg | head -1)
        [ -n "$entry" ]
        grub-reboot "hotseat-former>$entry"
    """)
