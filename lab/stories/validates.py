# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what new writes passes libvirt's own schema, and QEMU starts with it."""

from desk.guest import LINUX, SMALL, Guest
from desk.story import expect, expect_equal

FRESH = False
LIMIT = 600

VOLUME = "/var/lib/libvirt/images/valid.qcow2"
MEDIA = "--iso /lab/guest/small --iso /lab/guest/initrd --usb 1234:5678 --usb 046d:c52b"
# Of type kvm only looked at, of type qemu also started where it says so
VARIANTS = (
    ("the default: kvm, UEFI, a new disk", "--disk 10G", False),
    ("kvm, UEFI, media and USB", f"--disk 10G {MEDIA} --memory 512M --vcpus 1", False),
    ("kvm, no vendor id, no network", "--disk none --vendor-id none --network none", False),
    ("kvm, a kernel", "--kernel /lab/guest/vmlinuz --initrd /lab/guest/initrd "
     "--cmdline 'console=ttyS0 quiet'", False),
    ("qemu, the small kernel", SMALL, False),
    ("qemu, Linux", LINUX, False),
    ("qemu, UEFI, a new disk, media and USB",
     f"--virt-type qemu --vcpus 1 --memory 512M --disk 10G {MEDIA} --network none", True),
)


def check_volume(desktop):
    info = desktop.run(f"qemu-img info -U {VOLUME}").out
    expect("file format: qcow2" in info and "10 GiB" in info, f"the new disk is {info}")


def tell(desktop, teller):
    guest = Guest(desktop, "valid")
    for what, options, starts in VARIANTS:
        with teller.phase(what):
            guest.new(options)
            desktop.run("virsh dumpxml --inactive valid > /tmp/valid.xml && "
                        "virsh define --validate /tmp/valid.xml")
            if "10G" in options:
                check_volume(desktop)
            if starts:
                desktop.run("hotseat up valid", seconds=120)
                expect_equal(desktop.run("virsh domstate valid").out.strip(), "running", "state")
                desktop.run("virsh destroy valid")
                guest.wait_gone()
            desktop.run("virsh net-destroy default", check=False)
            guest.forget()
