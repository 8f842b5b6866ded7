# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a log in which nothing is wrong explains nothing.

The desktop's own journal with systemd and udev at their most talkative, the kernel's ring, what
libvirt and QEMU wrote about a guest that came and went, and that guest's kernel.
"""

from desk.guest import LINUX, Guest
from desk.story import expect, expect_equal

FRESH = True        # a desktop that other stories have used has errors to explain
LIMIT = 3600
LONG = True
LINES = 100_000     # of ordinary log, at least

# Everything that libvirt thinks while guests come and go, and systemd and udev beside it.
TALK = """
    systemctl log-level debug
    udevadm control --log-level=debug
    virt-admin daemon-log-filters 1:*
    virt-admin daemon-log-outputs 1:file:/var/log/libvirt/libvirtd-debug.log
    udevadm trigger; udevadm settle
    systemctl daemon-reload
    for round in $(seq 12); do
        hotseat up calm && sleep 5 && hotseat down --force calm
        journalctl --sync
        lines=$(wc -l < /var/log/libvirt/libvirtd-debug.log)
        echo round $round: $lines lines of libvirt
        [ $lines -lt 90000 ] || break
    done
    virt-admin daemon-log-filters 3:*
    systemctl log-level info
    udevadm control --log-level=info
"""

LOGS = {
    "the desktop's journal": "journalctl -b --no-pager",
    "the kernel's ring": "dmesg",
    "libvirt at its most talkative": "cat /var/log/libvirt/libvirtd-debug.log",
    "libvirt and QEMU on a guest": "cat /var/log/libvirt/qemu/calm.log",
    "the guest's kernel": "cat /root/guest.log",
}


def tell(desktop, teller):
    guest = Guest(desktop, "calm")
    with teller.phase("a guest comes and goes"):
        # Of type qemu: with KVM, nested in an emulator, it may stand still for minutes.
        guest.new(f"{LINUX} --cmdline 'console=ttyS0 no_timer_check' --vcpus 1 --memory 256M "
                  "--network none")
        desktop.run("hotseat up calm", seconds=180)
        guest.wait_ready(1500)  # Linux, emulated in what is emulated
        # the next start overwrites it
        desktop.run(f"cp {guest.serial} /root/guest.log; hotseat down --force calm", seconds=150)
    with teller.phase("the desktop talks"):
        desktop.run("sed -i s/Storage=volatile/Storage=volatile\\\\nRuntimeMaxUse=400M\\\\n"
                    "RateLimitBurst=0/ /etc/systemd/journald.conf.d/lab.conf; "
                    "systemctl restart systemd-journald")
        teller.say(desktop.run(TALK, seconds=1800).out)
    read = 0
    for name, command in LOGS.items():
        with teller.phase(name):
            lines = int(desktop.run(f"{command} | wc -l", seconds=300).out)
            said = desktop.run(f"{command} | hotseat explain", seconds=300).out
        teller.say(f"{name}: {lines} lines")
        expect(lines > 0, f"{name} is empty")
        read += lines
        expect_equal(said, "Unknown: no line of this shows a cause that is known here.\n",
                     f"what explain finds in {name}")
    expect(read >= LINES, f"{read} lines are too few")
    guest.forget()
