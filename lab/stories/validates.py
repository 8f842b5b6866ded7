# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what new and set write passes libvirt's own schema, becomes a QEMU command line, and
QEMU starts with it: every option of both commands, at least once."""

import re

from desk.desktop import CARD
from desk.guest import LINUX, SMALL, Guest
from desk.story import expect, expect_equal

FRESH = True
LIMIT = 3600

VOLUME = "/var/lib/libvirt/images/valid.qcow2"
RAW = "/var/lib/libvirt/images/raw.img"
MEDIA = "--iso /lab/guest/small --iso /lab/guest/initrd"
USB = "--usb 1234:5678 --usb 046d:c52b"
QEMU = "--virt-type qemu --vcpus 1 --memory 256M --network none"
# Options, whether it is started (of type qemu alone: what a kvm guest looks like is read by QEMU
# too, when libvirt makes its command line), and what its XML must have in it.
VARIANTS = (
    ("qemu, Windows 11 with all there is",
     f"{QEMU} --os win11 --firmware secure --tpm yes --disk 10G {MEDIA} {USB} --sound window "
     "--looking-glass 1920x1080-hdr", True, ("enrolled-keys", "ivshmem-plain", "0xc52b")),
    ("qemu, Linux from a raw image on SATA, BIOS",
     f"{QEMU} --os linux --firmware bios --disk {RAW} --disk-bus sata --sound card", True,
     ("type='raw'", "bus='sata'", "offset='utc'")),
    ("qemu, a block device", f"{QEMU} --os linux --disk /dev/loop0", True,
     ("<source dev='/dev/loop0'", "iothread='1'")),
    ("qemu, reserved huge pages", f"{SMALL} --hugepages auto", True,
     ("<page size='2048' unit='KiB'/>",)),
    ("qemu, the small kernel", SMALL, True, ()),
    ("the default: kvm, Windows 11, a new disk", "--disk 10G", False,
     ("secure-boot", "tpm-crb", "type='spice'")),
    ("kvm, Windows 10, media", f"--os win10 --disk 10G {MEDIA} --memory 512M --vcpus 1",
     False, ("microsoft.com/win/10",)),
    ("kvm, no vendor id, no network, no TPM, no sound", "--disk none --vendor-id none "
     "--network none --tpm no --sound none", False, ()),
    ("kvm, an old driver, Looking Glass, no huge pages", "--disk none --nvidia-driver 461 "
     "--looking-glass 2560x1440 --hugepages no --firmware uefi", False,
     ("<hidden state='on'/>", "<size unit='M'>64</size>")),
    ("kvm, a kernel", "--kernel /lab/guest/vmlinuz --initrd /lab/guest/initrd "
     "--cmdline 'console=ttyS0 quiet'", False, ()),
    ("qemu, Linux", LINUX, False, ()),
    ("kvm, huge pages of its own, by a seat, on a network, a card by name",
     "--disk none --hugepages yes --seat seat0 --network default --vendor-id 1234567890ab "
     f"--gpu {CARD[0]} --memory 256M", False,
     ("value='1234567890ab'", 'hugepages="yes"', "/dev/hotseat/seat0/1-keyboard")),
)
# What has a test of its own below.
APART = ("--dry-run", "--help")

SETTINGS = "memory=300M vcpus=1 governor=performance cpuset=yes display-manager=stop " \
           "hugepages=yes chord=alt-alt screen=window"
SET = ("<memory unit='KiB'>307200</memory>", "governor=\"performance\"", "cpuset=\"yes\"",
       "display-manager=\"stop\"", "hugepages=\"yes\"", "grabToggle='alt-alt'",
       "<model type='vga'")
BACK = "governor=keep cpuset=no display-manager=keep hugepages=no"
SEAT = "seat=seat0 mouse=evdev usb=1234:5678 chord=leftmeta+f3 monitors=none"
ANEW = f"gpu={CARD[0]} screen=card"
MOVE = "disk-bus=virtio"
HELPER, HELPER_IMAGE = "ua-hotseat-driver", "/var/lib/libvirt/images/valid-driver.qcow2"


def check_all_tried(desktop):
    """An option of new or a key of set that nothing here has is a test that was forgotten."""
    asked = " ".join(options for _, options, _, _ in VARIANTS)
    offered = re.findall(r"^  (--[a-z-]+)", desktop.run("hotseat new --help").out, re.MULTILINE)
    expect(len(offered) > 20, f"new has only these options: {offered}")
    for option in offered:
        expect(option in APART or f"{option} " in asked, f"{option} is in no variant")
    # the first time libvirt asks each QEMU what it can
    desktop.run("hotseat new valid --disk none --dry-run | grep '<domain' && ! virsh dominfo valid",
                seconds=600)
    said = desktop.run("hotseat set valid colour=red", check=False).err
    keys = re.search(r"KEY=VALUE: (.*)", said).group(1).split(", ")
    expect(len(keys) > 8, f"set has only these keys: {keys}")
    for key in keys:
        expect(f"{key}=" in f"{SETTINGS} {BACK} {SEAT} {ANEW} {MOVE}", f"{key} is set nowhere")


def check_volume(desktop):
    info = desktop.run(f"qemu-img info -U {VOLUME}").out
    expect("file format: qcow2" in info and "10 GiB" in info, f"the new disk is {info}")


def judge(desktop, words):
    """libvirt's schema and its QEMU driver like what is defined; return the XML."""
    xml = desktop.run("virsh dumpxml --inactive valid | tee /tmp/valid.xml && "
                      "virsh define --validate /tmp/valid.xml > /dev/null").out
    # Where a USB device is plugged in is looked up by a start and not by this.
    # What drives a passed device libvirt 9.0 decides only when it starts one.
    if "type='usb' managed" not in xml:
        desktop.run("sed \"s|<hostdev mode='subsystem' type='pci'[^>]*>|&<driver name='vfio'/>|\" "
                    "/tmp/valid.xml > /tmp/native.xml && "
                    "virsh domxml-to-native qemu-argv --xml /tmp/native.xml > /dev/null")
    for word in words:
        # libvirt keeps metadata as it came, and quotes the rest in its own way
        expect(word in xml, f"there is no {word} in:\n{xml}")
    return xml


def run_once(desktop, guest):
    desktop.run("hotseat up valid", seconds=180)
    expect_equal(desktop.run("virsh domstate valid").out.strip(), "running", "state")
    desktop.run("virsh destroy valid")
    guest.wait_gone()


def tell_new(desktop, teller, guest):
    for what, options, starts, words in VARIANTS:
        with teller.phase(what):
            guest.new(options)
            judge(desktop, words)
            if "10G" in options:
                check_volume(desktop)
            if starts:
                run_once(desktop, guest)
            desktop.run("virsh net-destroy default", check=False)
            guest.forget()


def tell_set(desktop, teller, guest):
    with teller.phase("set"):
        guest.new()
        before = judge(desktop, ())
        said = desktop.run(f"hotseat set valid {SETTINGS} --dry-run").out
        # judge() defines it anew, and libvirt 9.0 then has the controllers in another order
        expect_equal(sorted(judge(desktop, ()).splitlines()), sorted(before.splitlines()),
                     "the guest after --dry-run")
        teller.say(said)
        desktop.run(f"hotseat set valid {SETTINGS}")
        judge(desktop, SET)
        desktop.run(f"hotseat set valid {BACK}")
        expect("hotseat:lend" not in judge(desktop, ()), "an empty lend element stayed")
        desktop.run(f"hotseat set valid {SEAT}")
        judge(desktop, ("/dev/hotseat/seat0/1-keyboard", "/dev/hotseat/seat0/1-mouse", "0x5678"))
        desktop.run("grep -x valid=leftmeta+f3 /etc/hotseat/seat0.conf && "
                    "hotseat set valid chord=none && [ ! -s /etc/hotseat/seat0.conf ]")
        # Only a guest that runs can be asked whether it drives a virtio mouse: one-chord does.
        expect_equal(desktop.run("hotseat set valid mouse=passthrough", check=False).status, 1,
                     "exit status of set mouse=passthrough")
        desktop.run("hotseat set valid seat=none usb=none")
        desktop.run(f"hotseat set valid {ANEW}")
        after = judge(desktop, ("<model type='none'/>",))
        # What was not named is as it was: devices keep their addresses, the guest its id.
        for kept in (r"<uuid>.*", r"<kernel>.*", r"<serial type='pty'>"):
            expect_equal(re.findall(kept, after), re.findall(kept, before), kept)
        expect_equal(after.count("<hostdev"), 2, "functions of the card")
        run_once(desktop, guest)
        for wrong in ("memory=much", "gpu=0000:99:00.0", "chord=x", "colour=red", "vcpus=0"):
            result = desktop.run(f"hotseat set valid {wrong}", check=False)
            teller.say(result.err.strip())
            expect(result.status in (1, 2), f"set {wrong}: exit status {result.status}")
            expect(wrong.split("=")[0] in result.err or wrong.split("=")[1] in result.err,
                   f"set {wrong} says {result.err}")
        guest.forget()


def tell_disk_bus(desktop, teller, guest):
    """An installed system's disk to virtio, with the way back from in between."""
    def moved(options, *words):
        desktop.run(f"hotseat set valid {options}")
        return judge(desktop, words)

    with teller.phase("set disk-bus"):
        guest.new(f"{SMALL} --disk {RAW} --disk-bus sata")
        moved(MOVE, HELPER, HELPER_IMAGE, "bus='sata'")
        desktop.run("hotseat up valid", seconds=180)
        listed = desktop.run("hotseat list").out
        teller.say(listed)
        expect("does not drive its small disk" in listed, "list does not say what is missing")
        said = desktop.run(f"hotseat set valid {MOVE}", check=False)
        teller.say(said.err.strip())
        expect_equal(said.status, 1, "exit status while nothing drives the small disk")
        expect("without a driver" in said.err, "QEMU does not say that nothing drives the disk")
        desktop.run("virsh destroy valid")
        guest.wait_gone()
        expect_equal(desktop.run(f"hotseat set valid {MOVE}", check=False).status, 1,
                     "exit status for a guest that is off")
        expect("bus='sata'" not in moved(f"{MOVE} --driver-seen", HELPER), "the disk stayed on SATA")
        run_once(desktop, guest)
        moved("disk-bus=sata", HELPER, "bus='sata'")
        moved(f"{MOVE} --driver-seen", HELPER)
        expect(HELPER not in moved(MOVE), "the small disk stayed")
        desktop.run(f"[ ! -e {HELPER_IMAGE} ]")
        run_once(desktop, guest)
        guest.forget()


def tell(desktop, teller):
    guest = Guest(desktop, "valid")
    # libvirt looks for the mount when it starts
    desktop.run("echo 160 > /proc/sys/vm/nr_hugepages; mkdir -p /dev/hugepages; "
                "mountpoint -q /dev/hugepages || mount -t hugetlbfs hugetlbfs /dev/hugepages; "
                f"truncate -s 64M {RAW}; modprobe loop; losetup /dev/loop0 {RAW}; "
                "systemctl try-restart libvirtd")
    check_all_tried(desktop)
    tell_new(desktop, teller, guest)
    tell_set(desktop, teller, guest)
    tell_disk_bus(desktop, teller, guest)
