# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells stories one after the other, on a shared desktop where they allow it."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile

from . import accel, image, installed, modules, stage, story
from .channel import ChannelError
from .desktop import Desktop, DesktopError, direct_boot

TRIES = 3
NOT_MEASURED = "not measured"


class Runner:
    """The image, the desktop that runs, and what became of the stories."""

    def __init__(self, stage_folder, wanted_modules):
        self.teller = story.Teller()
        self.desktop = None
        self.faults = 0
        with self.teller.phase("image"):
            self.base = image.base()
        with self.teller.phase("modules"):
            built = modules.build(self.base, wanted_modules)
        with self.teller.phase("second disk"):
            self.second = tempfile.NamedTemporaryFile(prefix="second-", dir=image.cache_dir())
            image.second_disk(self.base, stage_folder, self.second.name, built)
        with self.teller.phase("accelerator"):
            self.accel = accel.probe(self.base)
            self.teller.say(f"The desktop runs under {self.accel.upper()}.")

    def close(self):
        self.drop_desktop()
        self.second.close()

    def drop_desktop(self):
        if self.desktop:
            self.desktop.stop()
            self.desktop = None

    def boot(self, disk=None):
        if disk:
            with self.teller.phase("disk " + disk):
                made = installed.disk(disk, self.second.name, self.accel)
            with self.teller.phase("boot"):
                self.desktop = installed.Installed(made, self.second.name, self.accel)
                self.desktop.wait_booted()
            return
        with self.teller.phase("boot"):
            self.desktop = Desktop(direct_boot(self.base), self.second.name, self.accel)
            self.desktop.wait_booted()

    def attempt(self, module):
        """Tell one story; return None, or why it failed."""
        try:
            if module.FRESH:
                self.drop_desktop()
            if not self.desktop:
                self.boot(module.DISK)
            with story.time_limit(module.LIMIT):
                before = self.desktop.state()
                module.tell(self.desktop, self.teller)
                if not module.FRESH:
                    story.expect_same(before, self.desktop.state(), "the desktop is left changed")
        except (story.Failed, story.Limit, DesktopError, ChannelError) as error:
            return str(error)
        return None

    def tell(self, name):
        """Tell a story, again where the emulator failed it; return None, or why it failed."""
        module = story.load(name)
        self.teller.say(f"\n# {name}: {module.__doc__.strip()}")
        for _ in range(TRIES):
            with self.teller.phase("story " + name):
                why = self.attempt(module)
            if why is None:
                if module.FRESH:
                    self.drop_desktop()
                return None
            fault = self.desktop.fault() if self.desktop else None
            self.teller.say(f"{name}: {why}")
            if self.desktop:
                self.teller.say(self.desktop.last_words())
                self.desktop.keep_logs(os.path.join(image.cache_dir(), "failed-" + name))
            # Who knows what it left behind.
            self.drop_desktop()
            if not fault:
                return why
            self.faults += 1
            self.teller.say(f"That was a fault of the emulator ({fault}), not of the story.")
        return f"{NOT_MEASURED}: the emulator failed {TRIES} times"

    def print_faults(self):
        if self.faults:
            plural = "" if self.faults == 1 else "s"
            self.teller.say(f"{self.faults} fault{plural} of the emulator, tried again")


@contextlib.contextmanager
def staged(folder, build):
    """The tree that is installed in the desktop: folder if there is one, else made from build."""
    if folder:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="hotseat-stage-") as made:
        # It is laid over "/", which gets the folder's mode as well.
        os.chmod(made, 0o755)
        stage.install(build, made)
        yield made


def run_as_root(arguments):
    """Run this program once more through sudo, with other arguments; return its status."""
    keep = ("HOTSEAT_LAB_DIR,HOTSEAT_LAB_SUITE,HOTSEAT_LAB_STEP,HOTSEAT_LAB_SEED,"
            "HOTSEAT_LAB_ROUNDS,HOTSEAT_LAB_ACTS,HOTSEAT_CORPUS,NO_COLOR")
    process = subprocess.Popen(("sudo", "--preserve-env=" + keep, sys.executable, sys.argv[0],
                                *arguments))
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has told it too.
            continue


def main(stage_folder, build, arguments, tell, wanted_modules=()):
    """Tell stories as root: making a root file system takes root, "meson install" must not have it.

    tell: called with a Runner, returns whether all is well; arguments: what the program was asked
    for, without stage and build; wanted_modules: of lab/modules, those that the stories need.
    """
    # Die by exception, so that no QEMU and no folder is left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    try:
        with staged(stage_folder, build) as folder:
            if os.geteuid() != 0:
                return run_as_root(["--stage", folder, *arguments])
            runner = Runner(folder, wanted_modules)
            try:
                return 0 if tell(runner) else 1
            finally:
                runner.close()
    except image.ImageError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
