# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: the file systems of a running guest are at rest in its snapshot, and are let go whatever
is killed or does not answer.

A Linux guest, emulated in what is emulated, with QEMU's own guest agent and an ext4 to which it
writes a number every second. The agent's hook says when it holds still and when it goes on. What the
copies hold is looked at outside: a file system that is at rest has nothing in its journal.
"""

import base64
import gzip
import os
import re
import subprocess
import tempfile

from desk import image
from desk.guest import QUICK_LINUX, Guest
from desk.story import expect, expect_equal

FRESH = True
LONG = True
LIMIT = 3600
READY = 1800
NAME = "held"
IMAGE = f"/var/lib/libvirt/images/{NAME}.qcow2"
INITRD = f"/var/lib/libvirt/images/{NAME}-initrd"
OPTIONS = ("--virt-type qemu --vcpus 1 --memory 256M --network none --seat none "
           f"--kernel /lab/guest/vmlinuz --initrd {INITRD} --cmdline '{QUICK_LINUX}' "
           f"--disk {IMAGE}")
# The lab's initramfs, and over it what that lacks: the agent with its libraries, three modules.
MAKE_INITRD = r"""
    set -e
    mkdir -p /root/more/bin /root/more/modules && cd /root/more
    for module in virtio_console crc32c_generic ext4; do modprobe --show-depends $module; done |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | {
        number=50
        while read -r path; do
            number=$((number + 1)); to=modules/$number.ko
            case $path in *.xz) busybox xzcat $path;; *) cat $path;; esac > $to
        done
    }
    cp --parents -L $(ldd /usr/sbin/qemu-ga | grep -o '/[^ ]*') .
    cp /usr/sbin/qemu-ga bin/
    printf '#!/bin/sh\necho "GUESTHOOK $1" > /dev/console\n' > bin/freeze-hook
    cp /root/agent init && chmod +x init bin/*
    { cat /lab/guest/initrd; find . | busybox cpio -o -H newc; } > INITRD
"""


def put(desktop, data, path):
    """Write a file inside."""
    text = base64.b64encode(gzip.compress(data)).decode()
    desktop.run(f"base64 -d <<< {text} | gzip -d > {path}")


def empty_disk():
    """An ext4 without a file."""
    with tempfile.NamedTemporaryFile(dir=image.cache_dir()) as file:
        image.run("mke2fs", "-q", "-t", "ext4", "-F", file.name, "16M")
        return image.read(file.name)


class Copy:
    """The file system in an image of the desktop's, as tools outside find it."""

    def __init__(self, desktop, path):
        # -U: of an image that is written to, the start is read; the rest is not looked at.
        text = desktop.run(f"qemu-img convert -O raw {path} /tmp/raw && gzip -c /tmp/raw | base64 -w0",
                           seconds=300).out
        with tempfile.NamedTemporaryFile(dir=image.cache_dir()) as file:
            file.write(gzip.decompress(base64.b64decode(text)))
            file.flush()
            head = image.run("dumpe2fs", "-h", file.name)
            self.at_rest = "needs_recovery" not in head
            self.clean = subprocess.run(("e2fsck", "-fn", file.name), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, check=False).returncode == 0
            self.numbers = image.run("debugfs", "-R", "cat /numbers", file.name)

    @property
    def last(self):
        """The last number that the guest had written."""
        return int(([0] + re.findall(r"^\d+$", self.numbers, re.MULTILINE))[-1])


class Held(Guest):
    def wait_agent(self):
        """Until its agent has opened its port."""
        result = self.desktop.run(
            "timeout 300 bash -c \"until virsh dumpxml "
            f"{NAME} | grep -q \\\"guest_agent.0' state='connected'\\\"; do sleep 1; done\"",
            seconds=320, check=False)
        expect(result.status == 0, "no agent runs in the guest, which said:\n"
               + "\n".join(self.said().splitlines()[-30:]))

    def hooks(self):
        """How often it was told to hold still, and to go on."""
        said = self.said()
        return said.count("GUESTHOOK freeze"), said.count("GUESTHOOK thaw")

    def expect_writing(self, seconds=120):
        """It writes two more numbers. Return: the last one."""
        count = self.said().count("GUESTWROTE")
        said = self.desktop.wait_for("^GUESTWROTE", self.serial, seconds, count + 2)
        return int(re.findall(r"^GUESTWROTE (\d+)", said, re.MULTILINE)[-1])

    def is_frozen(self):
        said = self.desktop.run(f"virsh qemu-agent-command {NAME} --timeout 60 "
                                "'{\"execute\":\"guest-fsfreeze-status\"}'", seconds=150).out
        return '"frozen"' in said

    def toggle_agent(self, words):
        self.desktop.run(f"virsh send-key {NAME} KEY_F1")
        self.desktop.wait_for(f"^GUESTAGENT {words}", self.serial, 60)


def create(desktop, name, seconds=300):
    return desktop.run(f"hotseat snapshot create {NAME} {name}", seconds=seconds)


def units(desktop):
    """What of ours waits in systemd to let the guest go."""
    return desktop.run("systemctl list-units --all --no-legend --plain 'hotseat-thaw-*'").out


def kill_while_held(desktop, guest, first):
    """Kill a create at one writing call after the other until the guest is left held still.

    Return: the number of that call.
    """
    for point in range(first, 400, 2):
        result = desktop.run(f"/lab/bin/killat {point} hotseat snapshot create {NAME} killed",
                             check=False, seconds=300)
        expect_equal(result.status, 137, f"killed at call {point}: {result.out}{result.err}")
        if guest.is_frozen():
            return point
        desktop.run(f"hotseat snapshot list {NAME}", seconds=300)
    raise AssertionError("no kill left the guest held still")


def expect_whole(desktop, name, at_rest):
    copy = Copy(desktop, f"{IMAGE}.snapshot-{name}")
    expect_equal(copy.at_rest, at_rest, f"the file system in {name} is at rest")
    expect(copy.clean or not at_rest, f"e2fsck finds faults in {name}")
    return copy


def tell_of_kills(desktop, teller, guest):
    rescuers = (("systemd", None),
                ("the next command", f"hotseat snapshot list {NAME}"),
                ("the user", f"hotseat snapshot thaw {NAME}"))
    point = 27      # before it, nothing is held
    for who, command in rescuers:
        with teller.phase(f"killed while it holds still; {who} lets it go"):
            point = kill_while_held(desktop, guest, max(1, point - 2))
            result = desktop.run(command or ":", seconds=200)
            teller.say(f"killed at call {point}, {result.out.strip() or 'nothing asked'}")
            guest.expect_writing(150)
            expect(not guest.is_frozen(), f"{who} left it held still")
            listed = desktop.run(f"hotseat snapshot list {NAME}", seconds=300).out
            expect("killed" not in listed, listed)


def tell(desktop, teller):
    guest = Held(desktop, NAME)
    with teller.phase("a Linux guest with an agent"):
        put(desktop, image.read(os.path.join(image.LAB, "guest", "agent")), "/root/agent")
        put(desktop, empty_disk(), "/root/disk.raw")
        desktop.run(MAKE_INITRD.replace("INITRD", INITRD), seconds=200)
        desktop.run(f"qemu-img convert -f raw -O qcow2 /root/disk.raw {IMAGE}")
        guest.new(OPTIONS)
        desktop.run(f"hotseat up {NAME}", seconds=180)
        early = create(desktop, "early").out
        teller.say(early)
        expect("as after a power cut: no guest agent runs" in early, early)
        guest.wait_ready(READY)
        guest.wait_agent()
        guest.expect_writing()
    with teller.phase("at rest"):
        said = create(desktop, "rest").out
        teller.say(said)
        expect("its file systems at rest" in said, said)
        written = guest.expect_writing()
        expect_equal(guest.hooks(), (1, 1), "told to hold still, to go on")
        rest = expect_whole(desktop, "rest", True)
        teller.say(f"the copy ends with {rest.last}, the guest is at {written}")
        expect(0 < rest.last < written, "what was written later is in the copy")
        expect_equal(units(desktop), "", "what waits in systemd")
    with teller.phase("an agent that is there and does not answer"):
        guest.toggle_agent("stopped")
        result = create(desktop, "silent")
        teller.say(f"{result.out}{result.seconds:.0f} s")
        expect(re.search("as after a power cut: its guest agent does not .* should it do so later",
                         result.out), result.out)
        guest.expect_writing()
        expect_whole(desktop, "silent", False)
        teller.say(units(desktop))
        listed = desktop.run(f"hotseat snapshot list {NAME}").out
        teller.say(listed)
    with teller.phase("it answers at last, and holds still what nobody waits for"):
        guest.toggle_agent("goes on")
        desktop.wait_for("^GUESTHOOK thaw", guest.serial, 200, 2)
        guest.expect_writing(200)
        expect(not guest.is_frozen(), "the guest is held still")
        teller.say(f"told to hold still, to go on: {guest.hooks()}")
    tell_of_kills(desktop, teller, guest)
    with teller.phase("go back"):
        desktop.run(f"hotseat down --force --timeout 60 {NAME}", seconds=300)
        guest.wait_gone(120)
        desktop.run(f"hotseat snapshot revert {NAME} rest", seconds=200)
        back = Copy(desktop, IMAGE)
        expect((back.at_rest, back.clean, back.last) == (True, True, rest.last),
               f"after going back: {back.__dict__}")
        for name in ("early", "rest", "silent"):
            desktop.run(f"hotseat snapshot delete {NAME} {name}")
        expect_equal(desktop.run(f"ls -d {IMAGE}*").out, IMAGE + "\n", "files of the guest")
        expect_equal(units(desktop), "", "what waits in systemd")
        guest.forget()
