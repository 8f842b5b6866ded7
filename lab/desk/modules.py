# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel modules for the desktop, built when a story asks for them.

A folder lab/modules/NAME holds a kernel module's sources and its Kbuild file. It is compiled
against the headers of the image's own kernel by that release's own compiler, in a small root file
system beside the image: what is installed on this machine does not matter. Headers and modules
live in the folder of the image that they fit, and go with it.
"""

import hashlib
import os
import shutil
import tempfile

from . import image

FOLDER = os.path.join(image.LAB, "modules")
# Unpacked without their scripts, which takes a quarter of the time: nothing here is started but
# a compiler. So what other packages take for granted is named.
PACKAGES = ("base-files", "dash", "bash", "coreutils", "sed", "grep", "mawk", "findutils", "make",
            "gcc")


def names():
    """The modules there are."""
    return sorted(os.listdir(FOLDER))


def sources(name):
    folder = os.path.join(FOLDER, name)
    return [os.path.join(folder, each) for each in sorted(os.listdir(folder))]


def key(name):
    """A name for one state of a module's sources."""
    digest = hashlib.sha256()
    for path in sources(name):
        digest.update(os.path.basename(path).encode() + b"\0" + image.read(path))
    return digest.hexdigest()[:16]


def headers(base):
    """Return a root file system with compiler and headers; made now if there is none yet."""
    root = base.path("headers")
    if os.path.isdir(root):
        return root
    making = tempfile.mkdtemp(prefix="making-", dir=base.folder)
    try:
        image.mmdebstrap(making, (*PACKAGES, "linux-headers-" + base.release), "--variant=extract")
    except image.ImageError as error:
        raise image.ImageError(f"{error}\nThe image has Linux {base.release}. If the mirror has a "
                               f"newer one by now, remove {base.folder}: image and headers are "
                               "then made anew.") from error
    # Debian leaves the choice of awk to a script.
    os.symlink("mawk", os.path.join(making, "usr/bin/awk"))
    os.chmod(making, 0o755)
    os.rename(making, root)
    return root


def compile_module(base, name, target):
    root = headers(base)
    with tempfile.TemporaryDirectory(dir=os.path.join(root, "usr/src")) as folder:
        for path in sources(name):
            shutil.copy(path, folder)
        image.run("chroot", root, "make", "-s", "-C", f"/usr/lib/modules/{base.release}/build",
                  "M=" + folder[len(root):], "KCFLAGS=-Werror", "modules")
        # Under its last name only when it is whole.
        shutil.copy(os.path.join(folder, name + ".ko"), target + ".new")
        os.rename(target + ".new", target)


def build(base, wanted):
    """Return name -> path of the wanted modules, which fit the image's kernel."""
    paths = {}
    with image.cache_lock(image.cache_dir()):
        for name in wanted:
            paths[name] = base.path(f"{name}-{key(name)}.ko")
            if not os.path.exists(paths[name]):
                compile_module(base, name, paths[name])
    return paths
