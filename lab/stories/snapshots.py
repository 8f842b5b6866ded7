# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what was kept is what starts again: disk, firmware variables and TPM state.

A Linux guest with UEFI, TPM and huge pages counts its starts on its disk. One point is kept, the
guest goes on, and after going back it finds what it had written before that point, and not what
came after. Commands that are killed leave one of the two states. UEFI takes minutes to emulate.
"""

import re

from desk.guest import Guest
from desk.story import expect, expect_equal

FRESH = True
LONG = True
LIMIT = 7200
BOOT_LIMIT = 1800

OPTIONS = ("--virt-type qemu --vcpus 1 --memory 384M --network none --disk 1G --firmware uefi "
           "--tpm yes --hugepages auto --kernel $(echo /boot/vmlinuz-*) --initrd /lab/guest/initrd "
           "--cmdline 'console=ttyS0 quiet'")
IMAGE = "/var/lib/libvirt/images/kept.qcow2"
NVRAM = "/var/lib/libvirt/qemu/nvram/kept_VARS.fd"
SUMS = (f"sha256sum {NVRAM} $(find /var/lib/libvirt/swtpm -name '*permall') && "
        f"stat -c '%U:%G %a %n' {NVRAM} $(find /var/lib/libvirt/swtpm)")


def boot(desktop, guest, wanted):
    """Start the guest; it must find this number on its disk. Shut it down again."""
    desktop.run(f"rm -f {guest.serial}")
    said = start(desktop, guest)
    found = re.findall(r"^GUESTDISK (\d+)", said, re.MULTILINE)
    expect_equal(found, [str(wanted)], "what the guest found on its disk")
    desktop.run("hotseat down kept --timeout 120", seconds=300)
    guest.wait_gone()


def start(desktop, guest):
    desktop.run("hotseat up kept", seconds=300)
    return guest.wait_ready(BOOT_LIMIT)


def disk(desktop):
    """The number on the disk, as the host reads it."""
    return desktop.run(f"qemu-img dd -f qcow2 -O raw bs=512 count=1 if={IMAGE} of=/tmp/sector && "
                       "tr -d '\\0' < /tmp/sector | head -n 1", seconds=60).out.strip()


def state(desktop):
    return disk(desktop) + "\n" + desktop.run(SUMS).out


def killed(desktop, command, points):
    """Kill a command at some of its writing calls; each time show what is there then."""
    for point in points:
        result = desktop.run(f"/lab/bin/killat {point} hotseat snapshot {command}", check=False,
                             seconds=300)
        expect(result.status in (0, 124, 137), f"killat: {result.status} {result.err}")
        listed = desktop.run("hotseat snapshot list kept", seconds=300).out
        yield point, listed


def tell(desktop, teller):
    guest = Guest(desktop, "kept")
    with teller.phase("a guest with UEFI, TPM and huge pages"):
        desktop.run("echo 256 > /proc/sys/vm/nr_hugepages; mkdir -p /dev/hugepages; "
                    "mountpoint -q /dev/hugepages || mount -t hugetlbfs hugetlbfs /dev/hugepages; "
                    "systemctl try-restart libvirtd")
        teller.say(guest.new(OPTIONS).out)
    with teller.phase("first start"):
        boot(desktop, guest, 0)
    with teller.phase("keep"):
        teller.say(desktop.run("hotseat snapshot create kept first", seconds=300).out)
        teller.say(desktop.run("hotseat snapshot list kept").out)
        kept = state(desktop)
        teller.say(kept)
    with teller.phase("second start"):
        start(desktop, guest)
        with teller.phase("keep the disk while it runs"):
            said = desktop.run("hotseat snapshot create kept running", seconds=300).out
            expect("while it ran" in said, said)
            for refused in ("revert kept first", "create kept x --memory", "delete kept first"):
                result = desktop.run(f"hotseat snapshot {refused}", check=False)
                teller.say(result.err.strip())
                expect_equal(result.status, 1, f"snapshot {refused}: exit status")
        desktop.run("hotseat down kept --timeout 120", seconds=300)
        guest.wait_gone()
        later = state(desktop)
        teller.say(later)
        expect_equal(later.splitlines()[0], "2", "what the second start wrote")
        expect(kept != later, "the second start changed neither variables nor TPM")
    with teller.phase("killed while keeping"):
        for point, listed in killed(desktop, "create kept third", (2, 8, 15, 25, 40)):
            expect_equal(state(desktop), later, f"the guest after create was killed at {point}")
            if "third" in listed:
                desktop.run("hotseat snapshot delete kept third", seconds=300)
    with teller.phase("killed while going back"):
        for point, _ in killed(desktop, "revert kept first", (2, 6, 12, 20, 30, 45)):
            now = state(desktop)
            expect(now in (kept, later), f"after revert was killed at {point}:\n{now}")
    with teller.phase("go back"):
        teller.say(desktop.run("hotseat snapshot revert kept first", seconds=300).out)
        expect_equal(state(desktop), kept, "the guest after revert")
    with teller.phase("third start"):
        boot(desktop, guest, 1)
    with teller.phase("forget"):
        desktop.run("hotseat snapshot delete kept first && hotseat snapshot delete kept running",
                    seconds=300)
        left = desktop.run("find /var/lib/hotseat /var/lib/libvirt -name '*snapshot-*' -o "
                           "-name '*.hotseat-new'; qemu-img snapshot -l " + IMAGE).out
        expect_equal(left, "", "what is left of the snapshots")
        guest.forget()
