# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: whatever a guest wants of the host beside its card, it gets, and the host gets back.

Huge pages, a governor, cores of its own, a stopped display manager, no sleep; each looked at from
outside, and compared line by line with before.
"""

import re

from desk.desktop import CARD
from desk.guest import Guest, expect_lent, expect_refused
from desk.story import expect, expect_equal, expect_same

FRESH = True
LIMIT = 1500

# What the guest's owner would have written with "hotseat set" and "virsh edit".
WANTS = ('<hotseat:lend hugepages="yes" governor="performance" cpuset="yes" '
         'display-manager="stop"/>')
PAGES = "<memoryBacking><hugepages/></memoryBacking>"

# A display manager that keeps the second card open, as compositors do.
DISPLAY_MANAGER = f"""cat > /etc/systemd/system/desk.service <<'END'
[Service]
ExecStart=sh -c 'exec sleep infinity < /dev/dri/by-path/pci-{CARD[0]}-card'
END
ln -sf /etc/systemd/system/desk.service /etc/systemd/system/display-manager.service
systemctl daemon-reload
systemctl start display-manager.service"""

STATE = r"""
grep -H . /sys/devices/system/node/node*/hugepages/*/nr_hugepages
grep -H . /sys/class/vtconsole/*/bind
grep -H . /sys/kernel/mm/transparent_hugepage/enabled
grep -sH . /sys/devices/system/cpu/cpufreq/*/scaling_governor
for unit in system.slice user.slice init.scope; do
    echo "$unit runs on $(cat /sys/fs/cgroup/$unit/cpuset.cpus.effective 2> /dev/null ||
                          cat /sys/fs/cgroup/cpuset.cpus.effective)"
done
for unit in desk hotseat-sleep hotseat-profile; do
    echo "$unit is $(systemctl is-active $unit.service)"
done
systemd-inhibit --list --no-legend --no-pager | grep -o 'Hotseat.*'
find /run/systemd/system.control /var/lib/hotseat -type f 2> /dev/null
:"""


def state(desktop):
    return desktop.state() + desktop.run(STATE).out


def define(desktop, guest, *edits):
    script = " ".join(f"-e '{edit}'" for edit in edits)
    desktop.run(f"virsh dumpxml --inactive {guest.name} | sed {script} > /tmp/steps.xml; "
                "virsh define /tmp/steps.xml")


def short(desktop, teller, guest):
    """More pages than there is memory for: how many are missing, and nothing is left behind."""
    define(desktop, guest, "s/<memory unit=[^>]*>[0-9]*</<memory unit=\"KiB\">4194304</",
           "s/<currentMemory unit=[^>]*>[0-9]*</<currentMemory unit=\"KiB\">4194304</")
    expect_refused(desktop, teller, "hotseat up steps", 3, "of 2048 huge pages of 2 MiB on node0",
                   r"only \d+ can be had: \d+ \([\d.]+ [MG]iB\) are short", lines=30)
    define(desktop, guest, "s/>4194304</>262144</")


def look(desktop, teller):
    """What is different while the guest has the card."""
    now = state(desktop)
    expect_lent(desktop)
    for line in ("hugepages-2048kB/nr_hugepages:128", "user.slice runs on 0",
                 "system.slice runs on 0", "init.scope runs on 0", "desk is inactive",
                 "hotseat-sleep is active"):
        expect(line in now, f"not so while the guest has the card: {line}\n{now}")
    expect(re.search(r"Hotseat.*sleep:idle.*block", now), f"nothing holds off sleep: {now}")
    expect(not re.search(r"vtcon\d+/bind:1", re.sub(r".*vtcon0/bind.*\n", "", now)),
           f"a console is still on the screen: {now}")
    free = desktop.run("cat /sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
                       "free_hugepages").out.strip()
    expect_equal(free, "0", "pages that the guest does not use")
    refused = desktop.run("systemctl suspend --check-inhibitors=yes", check=False)
    teller.say(f"$ systemctl suspend --check-inhibitors=yes\n{refused.out}{refused.err}")
    expect(refused.status != 0 and "Hotseat" in refused.out + refused.err,
           "suspend was not refused")
    if not desktop.run("ls /sys/devices/system/cpu/cpufreq/policy0", check=False).out:
        teller.say("The emulated processor has no governors: not tried.")


def tell(desktop, teller):
    guest = Guest(desktop, "steps")
    guest.new()
    desktop.run(DISPLAY_MANAGER)
    define(desktop, guest, f"s|\\(<hotseat:card [^>]*/>\\)|\\1{WANTS}|", f"s|\\(<vcpu \\)|{PAGES}\\1|",
           "s/\\(<vcpupin vcpu=.0. cpuset=.\\)[0-9]*/\\11/")
    before = state(desktop)
    teller.say(before)
    with teller.phase("huge pages are short"):
        short(desktop, teller, guest)
        expect_same(before, state(desktop), "something is left of an up that failed")
    with teller.phase("up"):
        guest.up(seconds=240)
        teller.say(desktop.run("hotseat status").out)
        look(desktop, teller)
    with teller.phase("down"):
        desktop.run("hotseat down --force --timeout 20 steps", seconds=240)
        guest.wait_gone()
        expect_same(before, state(desktop), "the desktop is not as it was before up")
    teller.say("After down all is as before, line by line.")
