# SPDX-License-Identifier: GPL-2.0-or-later
"""The desktop: a QEMU machine with three graphics cards, an IOMMU, a keyboard and a mouse.

    00:02.0            boot display
    01:00.0, 01:00.1   the second card and its sound function, alone in a group: can be lent
    02:00.0, 03:00.0   a third card and a network card below root ports without ACS: one group

Commands run inside through the guest agent; keys come from outside through the monitor and
arrive at a USB keyboard, as a hand's would.
"""

import base64
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

from .channel import Channel, ChannelError

BOOT_DISPLAY = "0000:00:02.0"
CARD = ("0000:01:00.0", "0000:01:00.1")
SHARED_CARD = "0000:02:00.0"
SHARED_NIC = "0000:03:00.0"
KEYBOARD = "/dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_keyboard-event-kbd"
MOUSE = "/dev/input/by-id/usb-QEMU_QEMU_USB_Mouse_mouse-event-mouse"

# Faults of the emulator's own, each recognised by words that nothing else prints. A story that
# meets one has measured nothing, and is tried again.
FAULTS = (
    ("QEMU's SVM emulation: CR8 written with a virtual interrupt pending", "qemu.log",
     re.compile(r"tcg_handle_interrupt: assertion failed: "
                r"\((bql_locked|qemu_mutex_iothread_locked)\(\)\)")),
    ("QEMU's SVM emulation: stack of a vCPU thread damaged", "console.log",
     re.compile(r"corrupted stack end detected inside scheduler(?s:.{0,2000})CPU \d+/KVM")),
)


# What must be the same before and after a card was lent, one fact a line; for stories too that
# look more often than the agent can be asked.
HOST_STATE = r"""
    cd /sys/bus/pci/devices
    find */driver -maxdepth 0 -printf 'driver %h %l\n'
    grep -H . */driver_override | sed 's/^/override /'
    find /run/hotseat -type f -printf 'journal %p\n' 2>/dev/null || true
"""


class DesktopError(Exception):
    """The desktop did not start, went away, or did not answer."""


@dataclass
class Result:
    """What a command inside said."""
    status: int
    out: str
    err: str
    seconds: float


def shorten(command, length=200):
    """A command for a message: scripts are long."""
    return command if len(command) <= length else command[:length] + " ..."


def direct_boot(base):
    """Kernel, initramfs and system disk of a desktop that QEMU itself starts, and whose disk
    forgets."""
    return (
        "-kernel", base.kernel, "-initrd", base.initrd,
        # Under load the kernel's look at its timer, a few ticks long, sees none and gives up.
        "-append", "console=ttyS0 panic=-1 intel_iommu=on mitigations=off no_timer_check "
                   "systemd.show_status=0",
        # snapshot=on: writes go to a file that is gone with QEMU.
        "-drive", f"if=none,id=system,file={base.disk},format=raw,snapshot=on,cache=unsafe",
        "-device", "virtio-blk-pci,drive=system,addr=3",
    )


def machine(boot, second_disk, accel, folder, third="secondary-vga"):
    """The QEMU command line; boot: the part of it that says what is started from where."""
    accels = {"kvm": ("-accel", "kvm", "-cpu", "host"),
              # One thread for both processors. With one for each (thread=multi) a kernel that
              # patches its own code (jump labels, as the first use of KVM or of cpusets does it)
              # now and then dies on the other processor, in the middle of the old instruction:
              # seen in __schedule and in get_page_from_freelist, once in a dozen boots. It is
              # hardly slower. A small translation buffer is thrown away again and again.
              "tcg": ("-accel", "tcg,thread=single,tb-size=512", "-cpu", "max")}
    return (
        # A runner that is killed cannot clean up: then the kernel does.
        "setpriv", "--pdeathsig", "KILL", "--",
        "qemu-system-x86_64", "-name", "hotseat-lab", *accels[accel], "-smp", "2", "-m", "3072",
        "-M", "q35,kernel-irqchip=split,i8042=off,vmport=off", "-nodefaults", "-no-user-config",
        "-display", "none", "-no-reboot",
        *boot,
        "-serial", f"file:{folder}/console.log",
        "-qmp", f"unix:{folder}/qmp,server=on,wait=off",
        "-device", "intel-iommu,intremap=on,caching-mode=on,device-iotlb=on",
        # snapshot=on: writes go to a file that is gone with QEMU.
        "-drive", f"if=none,id=second,file={second_disk},format=raw,snapshot=on,cache=unsafe",
        "-device", "virtio-blk-pci,drive=second,addr=4",
        "-device", "VGA,addr=2",
        # Root ports have ACS: what is below this one has a group of its own.
        "-device", "pcie-root-port,id=port1,chassis=1,slot=1,addr=6.0",
        "-device", "secondary-vga,bus=port1,addr=0.0,multifunction=on",
        "-device", "intel-hda,id=hda,bus=port1,addr=0.1",
        # Without a codec behind it the sound driver gives up.
        "-audiodev", "none,id=silence", "-device", "hda-duplex,bus=hda.0,audiodev=silence",
        # Two functions of one device without ACS: they and all below are one group.
        "-device", "pcie-root-port,id=port2,chassis=2,slot=2,addr=7.0,multifunction=on,"
                   "disable-acs=on",
        "-device", "pcie-root-port,id=port3,chassis=3,slot=3,addr=7.1,disable-acs=on",
        "-device", f"{third},bus=port2,addr=0.0",
        "-netdev", "user,id=net,restrict=on", "-device", "e1000e,bus=port3,addr=0.0,netdev=net",
        # The serial numbers make the names below /dev/input/by-id.
        "-device", "qemu-xhci,addr=8", "-device", "usb-kbd,serial=keyboard",
        "-device", "usb-mouse,serial=mouse",
        "-device", "virtio-serial-pci,addr=9",
        "-chardev", f"socket,id=agent,path={folder}/agent,server=on,wait=off",
        "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
    )


class Desktop:
    """A running desktop; a context manager, so that none is left behind."""

    # A keyboard has sixteen events' room, and an emulated computer empties it slowly.
    key_pause = 0.1
    third = "secondary-vga"          # the card that shares its group: here the second card's twin

    def __init__(self, boot, second_disk, accel):
        """boot: QEMU's arguments from direct_boot(), or those of an installed disk."""
        # Sockets have short names, so not below the cache.
        self.folder = tempfile.mkdtemp(prefix="hotseat-lab-")
        self.second_disk = second_disk
        self.accel = accel
        self.monitor = self.agent = None
        self.process = None
        self.start(boot)

    def start(self, boot):
        with open(self.path("qemu.log"), "ab") as log:
            # A session of its own: a terminal's Ctrl+C is for the runner, which then cleans up.
            self.process = subprocess.Popen(machine(boot, self.second_disk, self.accel, self.folder,
                                                    self.third),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def path(self, name):
        return os.path.join(self.folder, name)

    def cut_power(self):
        """End QEMU, however it feels."""
        for channel in (self.monitor, self.agent):
            if channel:
                channel.close()
        self.monitor = self.agent = None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """End QEMU and forget what it wrote."""
        self.cut_power()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_booted(self, seconds=400):
        """Return when systemd says that it is done."""
        try:
            self.monitor = Channel(self.path("qmp"), 10)
            self.monitor.call("qmp_capabilities")
            self.agent = Channel(self.path("agent"), 10)
            self.agent.sync(seconds)
        except ChannelError as error:
            raise DesktopError(f"the desktop did not start: {error}") from None
        # Drivers are loaded by udev, which systemd does not wait for.
        self.run("systemctl is-system-running --wait; udevadm settle", seconds=seconds, check=False)

    def reset(self, seconds=180):
        """Press the reset button: what was not on the disk is lost. Return when it has booted."""
        try:
            # It was started so that a reboot would end it.
            self.monitor.call("set-action", reboot="reset")
            self.monitor.call("system_reset")
            self.agent.sync(seconds)
        except ChannelError as error:
            raise DesktopError(f"the desktop did not come back: {error}") from None
        self.run("systemctl is-system-running --wait; udevadm settle", seconds=seconds, check=False)

    def fault(self):
        """Return which known fault of the emulator has ended this desktop, or None."""
        for name, log, words in FAULTS:
            if words.search(self.log(log)):
                return name
        return None

    def log(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def keep_logs(self, folder):
        """Copy the logs to a folder, for whoever wants to know why."""
        os.makedirs(folder, exist_ok=True)
        for name in ("console.log", "qemu.log"):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(self.log(name))

    def last_words(self, lines=15):
        """The ends of the console and of QEMU's own output, for a failed story."""
        return "\n".join(f"    {name}: {line}" for name in ("console.log", "qemu.log")
                         for line in self.log(name).splitlines()[-lines:])

    # -- inside ----------------------------------------------------------------------------------

    def run(self, command, user="root", seconds=120, check=True):
        """Run a shell command inside and return its Result.

        check: a status other than 0 is an error. A command that outlives its seconds is killed.
        """
        argv = ["-c", command]
        path = "/bin/bash"
        if user != "root":
            path, argv = "/usr/sbin/runuser", ["-u", user, "--", "/bin/bash", *argv]
        # What a login would have set; the agent has next to nothing.
        home = "/root" if user == "root" else "/home/" + user
        start = time.monotonic()
        try:
            pid = self.agent.call("guest-exec", path=path, arg=argv, capture_output=True,
                                  env=["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
                                       "LANG=C.UTF-8", "HOME=" + home])["pid"]
            pause = 0.02
            while True:
                answer = self.agent.call("guest-exec-status", pid=pid)
                taken = time.monotonic() - start
                if answer["exited"]:
                    break
                if taken > seconds:
                    self.agent.call("guest-exec", path="/bin/kill", arg=["-KILL", str(pid)])
                    raise DesktopError(f"{shorten(command)}: not done after {seconds} s")
                time.sleep(pause)
                # Each question costs the desktop time as well.
                pause = min(pause * 1.5, 0.3)
        except ChannelError as error:
            raise DesktopError(f"{shorten(command)}: {error}") from None
        status = answer.get("exitcode", 128 + answer.get("signal", 0))
        result = Result(status, *(base64.b64decode(answer.get(key, "")).decode(errors="replace")
                                  for key in ("out-data", "err-data")), taken)
        if check and status != 0:
            raise DesktopError(f"{command}: exit status {status}\n{result.out}{result.err}".rstrip())
        return result

    def read(self, path, start=0):
        """The text of a file inside, from a byte on; "" if there is none. Far cheaper than a
        command."""
        try:
            handle = self.agent.call("guest-file-open", path=path, mode="r")
        except ChannelError:
            return ""
        parts = []
        try:
            self.agent.call("guest-file-seek", handle=handle, offset=start, whence=0)
            while True:
                answer = self.agent.call("guest-file-read", handle=handle, count=1 << 20)
                parts.append(base64.b64decode(answer["buf-b64"]))
                if answer["eof"] or not answer["count"]:
                    return b"".join(parts).decode(errors="replace")
        finally:
            self.agent.call("guest-file-close", handle=handle)

    def spawn(self, command, log):
        """Start a shell command inside and leave it running; its output goes to the file log."""
        self.run(f"setsid bash -c {shlex.quote(command)} > {log} 2>&1 < /dev/null &")

    def wait_for(self, words, log, seconds, times=1):
        """Wait until a file inside has a number of lines with these words (a regular
        expression); return its text. The waiting is done inside, which is cheaper than asking."""
        loop = (f"until [ $(grep -csE {shlex.quote(words)} {log}) -ge {times} ] 2> /dev/null; "
                "do sleep 0.3; done")
        result = self.run(f"timeout {seconds} bash -c {shlex.quote(loop)}; cat {log}",
                          seconds=seconds + 20, check=False)
        if len(re.findall(words, result.out, re.MULTILINE)) < times:
            raise DesktopError(f"{log} has no line with {words!r} after {seconds} s; it ends with\n"
                               + "\n".join(result.out.splitlines()[-10:]))
        return result.out

    def state(self):
        """What must be the same before and after a guest: drivers, overrides, journals, domains,
        disk images.

        Text, one fact a line, so that two of them can be compared and shown.
        """
        return self.run(HOST_STATE + r"""
            virsh --quiet list --all | awk '{ $1 = "domain"; print }'
            find /var/lib/libvirt/images -type f -printf 'image %p\n'
            :""").out

    # -- at the keyboard -------------------------------------------------------------------------

    def keys(self, *names, down):
        """Press or release keys (QEMU's names, as in "sendkey"), one report each."""
        for name in names:
            event = {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}}
            self.monitor.call("input-send-event", events=[event])
            time.sleep(self.key_pause)

    def type(self, text):
        """Press and release one key after the other: lower case letters and digits."""
        for name in text:
            self.keys(name, down=True)
            self.keys(name, down=False)

    def chord(self, first="ctrl", second="ctrl_r"):
        """Hold two keys together, which moves the seat."""
        self.keys(first, second, down=True)
        self.keys(first, second, down=False)
