# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab itself: groups, binding, a guest with the card, and keys that go where they should.

Without hotseat: what it would do is done here by hand, so that a failure of the other stories is
theirs and not the ground's.
"""

from desk.desktop import (BOOT_DISPLAY, CARD, KEYBOARD, MOUSE, SHARED_CARD, SHARED_NIC)
from desk.story import expect, expect_equal, expect_same

FRESH = False
LIMIT = 240

DOMAIN = f"""
<domain type='qemu'>
  <name>substrate</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>
    <kernel>/lab/guest/small</kernel></os>
  <features><acpi/><apic/></features>
  <devices>
    <serial type='file'><source path='/var/log/libvirt/qemu/substrate-serial0.log'/></serial>
    <controller type='usb' model='none'/>
    <input type='keyboard' bus='virtio'/><input type='mouse' bus='virtio'/>
    <input type='evdev'>
      <source dev='{KEYBOARD}' grab='all' repeat='on' grabToggle='ctrl-ctrl'/></input>
    <input type='evdev'><source dev='{MOUSE}'/></input>
    <memballoon model='none'/><video><model type='none'/></video>
    <hostdev mode='subsystem' type='pci' managed='no'>
      <source><address domain='0' bus='1' slot='0' function='0'/></source>
      <address type='pci' domain='0' bus='1' slot='0' function='0' multifunction='on'/></hostdev>
    <hostdev mode='subsystem' type='pci' managed='no'>
      <source><address domain='0' bus='1' slot='0' function='1'/></source>
      <address type='pci' domain='0' bus='1' slot='0' function='1'/></hostdev>
  </devices>
</domain>
"""

SERIAL = "/var/log/libvirt/qemu/substrate-serial0.log"
DESKTOP_KEYS = "/tmp/desktop-keys.log"
# Linux numbers of the letters that are typed
A, B, C, X, Y, Z = 30, 48, 46, 45, 21, 44


def group_of(desktop, address):
    listing = desktop.run("ls $(readlink -f /sys/bus/pci/devices/"
                          f"{address}/iommu_group)/devices").out
    return set(listing.split())


def pressed(log, prefix):
    """The keys that went down, in order."""
    lines = (line.split() for line in log.splitlines() if line.startswith(prefix + " "))
    return [int(words[1]) for words in lines if words[1].isdigit() and words[2] == "1"]


def tell(desktop, teller):
    with teller.phase("groups"):
        expect_equal(group_of(desktop, CARD[0]), set(CARD), "the second card's group")
        expect_equal(group_of(desktop, BOOT_DISPLAY), {BOOT_DISPLAY}, "the boot display's group")
        shared = group_of(desktop, SHARED_CARD)
        expect({SHARED_CARD, SHARED_NIC} <= shared, f"the third card's group is {shared}")

    before = desktop.state()
    with teller.phase("libvirt answers"):
        desktop.run(f"cat > /tmp/substrate.xml <<'END'\n{DOMAIN}\nEND\n"
                    "virsh define /tmp/substrate.xml", seconds=90)

    with teller.phase("bind to vfio-pci"):
        desktop.run("modprobe vfio-pci; cd /sys/bus/pci/devices; for d in " + " ".join(CARD) + """
            do
                echo vfio-pci > $d/driver_override
                echo $d > $d/driver/unbind
                echo $d > /sys/bus/pci/drivers_probe
            done""")
        for function in CARD:
            expect(f"driver {function} ../../../../bus/pci/drivers/vfio-pci" in desktop.state(),
                   f"{function} is not on vfio-pci")

    desktop.spawn("/lab/bin/keywatch -p DESKTOPKEY", DESKTOP_KEYS)
    with teller.phase("virsh start"):
        desktop.run("virsh start substrate", seconds=90)
    with teller.phase("guest up"):
        said = desktop.wait_for("^GUESTKEY ready", SERIAL, 180)
        for line in said.splitlines():
            if line.startswith("GUEST"):
                teller.say(line)
    with teller.phase("typing on both sides"):
        desktop.type("abc")
        desktop.wait_for(f"^GUESTKEY {C} 0", SERIAL, 30)
        desktop.chord()
        desktop.type("xyz")
        desktop.wait_for(f"^DESKTOPKEY {Z} 0", DESKTOP_KEYS, 30)
        desktop.chord()
        desktop.type("a")
        guest = desktop.wait_for(f"^GUESTKEY {A} 0", SERIAL, 30, times=2)
    letters = {A, B, C, X, Y, Z}
    typed = [key for key in pressed(guest, "GUESTKEY") if key in letters]
    expect_equal(typed, [A, B, C, A], "what the guest was typed")
    here = pressed(desktop.run("cat " + DESKTOP_KEYS).out, "DESKTOPKEY")
    expect_equal([key for key in here if key in letters], [X, Y, Z], "what the desktop was typed")

    with teller.phase("virsh destroy and drivers back"):
        desktop.run("""virsh destroy substrate; virsh undefine substrate
            cd /sys/bus/pci/devices; for d in """ + " ".join(CARD) + """
            do
                echo $d > $d/driver/unbind
                echo > $d/driver_override
                echo $d > /sys/bus/pci/drivers_probe
            done
            pkill keywatch""")
    expect_same(before, desktop.state(), "the card did not come back as it was")
