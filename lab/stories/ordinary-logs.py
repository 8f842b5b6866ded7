# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a log in which nothing is wrong explains nothing.

The desktop's own journal with systemd and udev at their most talkative, the kernel's ring, what
libvirt and QEMU wrote about a guest that came and went, and that guest's kernel.
"""

from desk.guest import LINUX, Guest
from desk.story import expect, expect_equal

FRESH = True        # a desktop that other stories have used has errors to explain
LIMIT = 900
LONG = True
LINES = 100_000     # of ordinary log, at least

TALK = """
    systemctl log-level debug
    udevadm control --log-level=debug
    until [ "$(journalctl -b | wc -l)" -ge {lines} ]; do
        udevadm trigger; udevadm settle
        systemctl daemon-reload
        systemctl restart polkit
        journalctl --sync
    done
    systemctl log-level info
    udevadm control --log-level=info
"""

LOGS = {
    "the desktop's journal": "journalctl -b --no-pager",
    "the kernel's ring": "dmesg",
    "libvirt and QEMU on a guest": "cat /var/log/libvirt/qemu/calm.log",
    "the guest's kernel": "cat /var/log/libvirt/qemu/calm-serial0.log",
}


def tell(desktop, teller):
    guest = Guest(desktop, "calm")
    with teller.phase("a guest comes and goes"):
        guest.new(LINUX + " --cmdline 'console=ttyS0' --vcpus 1 --memory 256M --network none")
        desktop.run("hotseat up calm", seconds=120)
        guest.wait_ready(400)       # an emulated Linux inside an emulated desktop
        desktop.run("hotseat down calm", seconds=150)
    with teller.phase("the desktop talks"):
        desktop.run("sed -i s/Storage=volatile/Storage=volatile\\\\nRuntimeMaxUse=400M\\\\n"
                    "RateLimitBurst=0/ /etc/systemd/journald.conf.d/lab.conf; "
                    "systemctl restart systemd-journald")
        desktop.run(TALK.format(lines=LINES), seconds=300)
    read = 0
    for name, command in LOGS.items():
        with teller.phase(name):
            lines = int(desktop.run(f"{command} | wc -l", seconds=120).out)
            said = desktop.run(f"{command} | hotseat explain", seconds=120).out
        teller.say(f"{name}: {lines} lines")
        read += lines
        expect_equal(said, "Unknown: no line of this shows a cause that is known here.\n",
                     f"what explain finds in {name}")
    expect(read >= LINES, f"{read} lines are too few")
    guest.forget()
