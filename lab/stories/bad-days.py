# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what goes wrong is said in a line or two, with the contract's exit status, no trace."""

from desk.guest import SMALL, Guest, expect_refused
from desk.story import Failed, expect

FRESH = False
LIMIT = 600

UNITS = "libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket"
STRANGER = """<domain type='qemu'><name>stranger</name><memory unit='MiB'>64</memory>
    <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"""
JOURNAL = "/run/hotseat/11111111-2222-3333-4444-555555555555.journal"

# Command, exit status, words that must be said; as root
USAGE = (
    ("hotseat frobnicate", 2, "frobnicate"),
    ("hotseat upp bad", 2, '"up"'),
    ("hotseat up", 2, "GUEST"),
    ("hotseat up bad worse", 2, "worse"),
    ("hotseat up --nonsense bad", 2, "nonsense"),
    ("hotseat up --json bad", 2, "json"),
    ("hotseat down --timeout soon bad", 2, "soon"),
    ("hotseat down --timeout -1 bad", 2, "-1"),
    ("hotseat --root /nowhere devices", 5, "/nowhere"),
)
NEW = (
    (f"hotseat new big {SMALL} --memory 1T", 1, "memory|GiB"),
    (f"hotseat new big {SMALL} --vcpus 64", 1, "64|core"),
    (f"hotseat new big {SMALL} --memory lots", 2, "lots"),
    (f"hotseat new big {SMALL} --disk 10X", 2, "10X"),
    (f"hotseat new bad {SMALL}", 1, "bad"),
    (f"hotseat new ../bad {SMALL}", 2, "name"),
    (f"hotseat new big {SMALL} --gpu 09:00.0", 1, "09:00.0"),
    (f"hotseat new big {SMALL} --gpu banana", 1, "banana"),
    (f"hotseat new big {SMALL} --network nowhere", 1, "nowhere"),
    (f"hotseat new big {SMALL} --usb mouse", 2, "lsusb"),
    (f"hotseat new big {SMALL} --vendor-id thirteenchars", 2, "thirteenchars|12"),
    ("hotseat new big --iso /nowhere.iso", 1, "/nowhere.iso"),
    ("hotseat new big --disk /nowhere.qcow2", 1, "/nowhere.qcow2"),
    ("hotseat new big --kernel /nowhere", 1, "/nowhere"),
)


def check_table(desktop, teller, table):
    wrong = []
    before = desktop.state()
    for command, status, words in table:
        try:
            expect_refused(desktop, teller, command, status, words, before=before)
        except Failed as error:
            wrong.append(str(error))
    expect(not wrong, "\n".join(wrong))


def without_libvirt(desktop, teller):
    desktop.run(f"systemctl stop {UNITS}")
    try:
        for command in ("up bad", "down bad", "list", f"new big {SMALL}"):
            expect_refused(desktop, teller, "hotseat " + command, 1, "libvirt", "systemctl start")
    finally:
        desktop.run("systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket "
                    "libvirtd.service")


def missing_image(desktop, teller):
    guest = Guest(desktop, "disky")
    guest.new(f"{SMALL} --disk 1G")
    image = "/var/lib/libvirt/images/disky.qcow2"
    desktop.run(f"rm {image}; virsh pool-refresh default")
    expect_refused(desktop, teller, "hotseat up disky", 1, image)
    guest.forget()


def keyboard_gone(desktop, teller):
    """Said before anything is touched."""
    guest = Guest(desktop, "deaf")
    guest.new()
    desktop.run("virsh dumpxml --inactive deaf | sed s/event-kbd/event-gone/ > /tmp/deaf.xml; "
                "virsh define /tmp/deaf.xml")
    expect_refused(desktop, teller, "hotseat up deaf", 1, "event-gone")
    guest.forget()


def usb_gone(desktop, teller):
    """Found by libvirt only, after the card was lent: so it comes back."""
    guest = Guest(desktop, "padless")
    guest.new()
    desktop.run("virsh dumpxml --inactive padless | sed \"s,</devices>,<hostdev mode='subsystem' "
                "type='usb'><source><vendor id='0x1111'/><product id='0x2222'/></source></hostdev>"
                "</devices>,\" > /tmp/padless.xml; virsh define /tmp/padless.xml")
    expect_refused(desktop, teller, "hotseat up padless", 3, "0x1111|USB", lines=12)
    guest.forget()


def strangers(desktop, teller):
    desktop.run(f"cat > /tmp/stranger.xml <<'END'\n{STRANGER}\nEND\nvirsh define /tmp/stranger.xml")
    for command in ("up", "down"):
        expect_refused(desktop, teller, f"hotseat {command} stranger", 1, "stranger")
        expect_refused(desktop, teller, f"hotseat {command} nobody", 1, "nobody")
    desktop.run("virsh undefine stranger")


def without_rights(desktop, teller):
    for command in ("up bad", "down bad", "recover", f"new big {SMALL}", "list"):
        expect_refused(desktop, teller, "hotseat " + command, 1, "sudo", user="gamer")


def damaged_journal(desktop, teller):
    desktop.run(f"mkdir -p -m 700 /run/hotseat; echo 'these are no records' > {JOURNAL}")
    for command in ("status", "recover", "up bad"):
        expect_refused(desktop, teller, "hotseat " + command, 5, JOURNAL)
    desktop.run(f"rm {JOURNAL}")


def tell(desktop, teller):
    guest = Guest(desktop, "bad")
    guest.new()
    with teller.phase("usage"):
        check_table(desktop, teller, USAGE)
    with teller.phase("new"):
        check_table(desktop, teller, NEW)
    for act in (without_libvirt, missing_image, keyboard_gone, usb_gone, strangers, without_rights,
                damaged_journal):
        with teller.phase(act.__name__.replace("_", " ")):
            act(desktop, teller)
    guest.forget()
