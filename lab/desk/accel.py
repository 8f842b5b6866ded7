# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM where it works, TCG elsewhere.

/dev/kvm may be there, and open, and yet no guest ever gets past its first instructions. So it is
asked to start something: the lab's own kernel, whose first words on the serial console are the
proof. The answer is kept with the image, for this host kernel and this QEMU.
"""

import os
import platform
import subprocess
import tempfile

from . import image

SECONDS = 20


def _starts(base):
    """Whether a kernel under KVM reaches its command line's end: it panics, having no init."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    with tempfile.NamedTemporaryFile() as console:
        command = ("qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-M", "q35", "-m", "512",
                   "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                   "-kernel", base.kernel, "-append", "console=ttyS0 panic=-1 quiet",
                   "-serial", "file:" + console.name)
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return False
        return b"Kernel panic" in image.read(console.name)


def probe(base):
    """Return "kvm" or "tcg"."""
    path = base.path("accel")
    version = subprocess.run(("qemu-system-x86_64", "--version"), stdout=subprocess.PIPE,
                             check=False).stdout.decode().splitlines()[0]
    key = f"{platform.release()} {version}"
    if os.path.exists(path):
        known, _, answer = image.read(path).decode().rpartition(" ")
        if known == key:
            return answer
    answer = "kvm" if _starts(base) else "tcg"
    image.write(path, f"{key} {answer}".encode())
    return answer
