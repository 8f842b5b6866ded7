# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what was kept is what starts again: disk, firmware variables and TPM state.

A guest with UEFI, TPM and huge pages counts its starts in all three (guest/firmware.c). One point is
kept, the guest goes on, and after going back it finds what it had written before that point, and not
what came after. Commands that are killed leave one of the two states. UEFI takes minutes to emulate.
"""

import re

from desk.guest import Guest
from desk.story import expect, expect_equal

FRESH = True
LONG = True
LIMIT = 7200
BOOT_LIMIT = 1800

PAGES = 256             # of 2 MiB, reserved
OPTIONS = ("--virt-type qemu --vcpus 1 --memory 256M --network none --disk 1G --firmware uefi "
           "--tpm yes --hugepages auto --os linux --kernel /lab/guest/firmware.efi")
IMAGE = "/var/lib/libvirt/images/kept.qcow2"
NVRAM = "/var/lib/libvirt/qemu/nvram/kept_VARS.fd"
# What a user's up asks of the service.
ASK_UP = ("busctl call org.hotseat.Hotseat1 /org/hotseat/Hotseat1 org.hotseat.Hotseat1 "
          "Up 'sa{sv}' kept 0")
SUMS = (f"sha256sum {NVRAM} $(find /var/lib/libvirt/swtpm -name '*permall') && "
        f"stat -c '%U:%G %a %n' {NVRAM} $(find /var/lib/libvirt/swtpm)")


def start(desktop, guest):
    """Start the guest; return what it finds on its disk, in its variable and in its TPM."""
    desktop.run(f"rm -f {guest.serial}")
    desktop.run("hotseat up kept", seconds=300)
    said = guest.wait_ready(BOOT_LIMIT)
    found = [re.search(rf"^GUEST{what} (\d+)", said, re.MULTILINE)
             for what in ("DISK", "VARIABLE", "TPM")]
    expect(all(found), f"the guest lacks disk, variable or TPM:\n{said}")
    return [int(match.group(1)) for match in found]


def stop(desktop, guest):
    desktop.run("hotseat down kept --timeout 240", seconds=400)
    guest.wait_gone()


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


def expect_half_refused(desktop, teller):
    """A guest that is half reverted is started by nobody; root's up, which may write to its images,
    brings it there first."""
    for point in range(12, 60, 4):
        desktop.run(f"/lab/bin/killat {point} hotseat snapshot revert kept first", check=False,
                    seconds=300)
        if desktop.run("find /var/lib/hotseat/snapshots -name .reverting").out:
            break
        desktop.run("hotseat snapshot list kept", seconds=300)
    else:
        raise AssertionError("no kill left the guest half reverted")
    for command in ("virsh start kept", ASK_UP):
        result = desktop.run(command, check=False, seconds=120)
        teller.say(f"killed at {point}; $ {command}\n{result.err.strip()}")
        expect(result.status != 0 and "half there" in result.err, f"{command} was not refused")


def tell(desktop, teller):
    guest = Guest(desktop, "kept")
    with teller.phase("a guest with UEFI, TPM and huge pages"):
        desktop.run(f"echo {PAGES} > /proc/sys/vm/nr_hugepages; mkdir -p /dev/hugepages; "
                    "mountpoint -q /dev/hugepages || mount -t hugetlbfs hugetlbfs /dev/hugepages; "
                    "systemctl try-restart libvirtd")
        teller.say(guest.new(OPTIONS).out)
    with teller.phase("first start"):
        first = start(desktop, guest)
        teller.say(f"disk, variable, TPM: {first}")
        expect_equal(first[:2], [0, 0], "what the first start finds on disk and in its variable")
        free = int(desktop.run("awk '/^HugePages_Free/ { print $2 }' /proc/meminfo").out)
        expect_equal(free, PAGES - 128, "huge pages that are free while the guest has 128")
        stop(desktop, guest)
    with teller.phase("keep"):
        teller.say(desktop.run("hotseat snapshot create kept first", seconds=300).out)
        teller.say(desktop.run("hotseat snapshot list kept").out)
        kept = state(desktop)
        teller.say(kept)
    with teller.phase("second start"):
        second = start(desktop, guest)
        expect_equal(second, [1, 1, first[2] + 1], "what the second start finds")
        with teller.phase("keep the disk while it runs"):
            said = desktop.run("hotseat snapshot create kept running", seconds=300).out
            expect("while it ran" in said, said)
            for refused in ("revert kept first", "create kept x --memory", "delete kept first"):
                result = desktop.run(f"hotseat snapshot {refused}", check=False)
                teller.say(result.err.strip())
                expect_equal(result.status, 1, f"snapshot {refused}: exit status")
        stop(desktop, guest)
        later = state(desktop)
        teller.say(later)
        expect_equal(later.splitlines()[0], "2", "what the second start wrote")
        for kind in ("VARS.fd", "permall"):
            expect([line for line in kept.splitlines() if kind in line][0] not in later,
                   f"the second start changed nothing in {kind}")
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
    with teller.phase("half on the way back"):
        expect_half_refused(desktop, teller)
    with teller.phase("third start"):
        expect_equal(start(desktop, guest), second, "what it finds after going back")
        stop(desktop, guest)
    with teller.phase("forget"):
        desktop.run("hotseat snapshot delete kept first && hotseat snapshot delete kept running",
                    seconds=300)
        left = desktop.run("find /var/lib/hotseat /var/lib/libvirt -name '*snapshot-*' -o "
                           "-name '*.hotseat-new'; qemu-img snapshot -l " + IMAGE).out
        expect_equal(left, "", "what is left of the snapshots")
        guest.forget()
