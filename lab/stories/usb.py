# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a USB device that is chosen for a guest is the guest's whenever it is plugged in while
the guest runs, whatever happens to hotseatd; afterwards the host has it, with its driver.
"""

from desk.guest import SMALL, Guest
from desk.story import expect_equal, expect_same

FRESH = False
LIMIT = 900
LONG = True

NAME = "headset"
DEVICE = "46f4:0002"        # QEMU's USB sound device
# The drivers of its interfaces, "-" for none; nothing if it is not plugged in.
DRIVERS = f"""
cd /sys/bus/usb/devices
for device in [0-9]*-*; do
    [ -e $device/idVendor ] || continue
    [ $(cat $device/idVendor):$(cat $device/idProduct) = {DEVICE} ] || continue
    for interface in $device:*; do
        basename "$(readlink $interface/driver || echo -)"
    done
done | sort -u"""
# QEMU takes the drivers off; it would claim the interfaces when a guest configures the device, for
# which the small guest has no driver.
HOST, GUEST, NOBODY = "snd-usb-audio", "-", ""


class Headset:
    """A device that is plugged into the desktop and out of it."""

    def __init__(self, desktop):
        self.desktop = desktop

    def plug(self):
        self.desktop.monitor.call("device_add", driver="usb-audio", id=NAME, audiodev="silence")

    def unplug(self):
        self.desktop.monitor.call("device_del", id=NAME)

    def wait(self, owner, what):
        """Wait until all its interfaces have this driver."""
        self.desktop.run(f"drivers() {{ {DRIVERS}\n}}; for try in $(seq 120); do "
                         f"[ \"$(drivers)\" = '{owner}' ] && exit 0; sleep 0.5; done",
                         seconds=240)
        expect_equal(self.desktop.run(DRIVERS).out.strip(), owner, what)


def in_qemu(desktop):
    """How many USB devices of the host the guest's QEMU has open."""
    said = desktop.run(f"virsh qemu-monitor-command {NAME} --hmp info usb").out
    return sum("Audio" in line for line in said.splitlines())


def comes_and_goes(desktop, headset):
    for round_ in (1, 2):
        headset.plug()
        headset.wait(GUEST, f"plugged in, {round_}. time")
        expect_equal(in_qemu(desktop), 1, "headsets in the guest")
        headset.unplug()
        headset.wait(NOBODY, "pulled out")


def without_service(desktop, headset):
    """What was plugged in while hotseatd was away."""
    desktop.run("systemctl stop hotseatd")
    headset.plug()
    headset.wait(HOST, "plugged in, and nobody there")
    desktop.run("systemctl start hotseatd")
    headset.wait(GUEST, "hotseatd is back")
    expect_equal(in_qemu(desktop), 1, "headsets in the guest")


def tell(desktop, teller):
    headset, guest = Headset(desktop), Guest(desktop, NAME)
    before = desktop.state()
    try:
        with teller.phase("up without it"):
            guest.new(SMALL)
            desktop.run(f"hotseat set {NAME} usb={DEVICE}")
            guest.up(seconds=240)
        with teller.phase("it comes and goes"):
            comes_and_goes(desktop, headset)
        with teller.phase("hotseatd is away"):
            without_service(desktop, headset)
        with teller.phase("down"):
            desktop.run(f"hotseat down {NAME}", seconds=240)
            guest.wait_gone()
            headset.wait(HOST, "after down")
        with teller.phase("up with it, and QEMU killed"):
            guest.up(seconds=240)
            headset.wait(GUEST, "plugged in from the start")
            desktop.run(f"kill -KILL $(cat /run/libvirt/qemu/{NAME}.pid)")
            guest.wait_gone(120)
            headset.wait(HOST, "after QEMU was killed")
    except Exception:
        teller.say(desktop.run(
            f"journalctl -b -n 60 --no-pager -u hotseatd -u libvirtd; lsusb; {DRIVERS}; "
            f"virsh dumpxml {NAME} | grep -A8 \"type='usb'\"; hotseat status; "
            f"tail -n 20 /var/log/libvirt/qemu/{NAME}.log", check=False).out)
        raise
    finally:
        guest.forget()
        headset.unplug()
        headset.wait(NOBODY, "at the end")
    expect_same(before, desktop.state(), "the desktop is not as before")
