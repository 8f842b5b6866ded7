# SPDX-License-Identifier: GPL-2.0-or-later
"""Initramfs archives: busybox, a few kernel modules, an init.

Both the desktop and its guest start from one of these. A distribution's own initramfs asks udev
what the machine is made of; we know, and under emulation the question costs ten seconds.
"""

import lzma
import os
import stat

APPLETS = ("sh", "mount", "umount", "insmod", "cp", "switch_root", "poweroff")


def _entry(name, mode, data=b""):
    """One member of a "newc" cpio archive, which is what the kernel unpacks."""
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def pack(files, links=()):
    """Return an uncompressed archive.

    files: path -> bytes, all of them executable; links: path -> target. Folders come by
    themselves. Not compressed, because unpacking would be emulated and copying is not.
    """
    links = dict(links)
    folders = {"proc", "sys", "dev", "root"}
    for path in (*files, *links):
        while path := os.path.dirname(path):
            folders.add(path)
    # Sorting puts each folder before what it holds.
    parts = [_entry(path, stat.S_IFDIR | 0o755) for path in sorted(folders)]
    parts += [_entry(path, stat.S_IFREG | 0o755, data) for path, data in files.items()]
    parts += [_entry(path, stat.S_IFLNK | 0o777, target.encode()) for path, target in links.items()]
    return b"".join(parts) + _entry("TRAILER!!!", 0)


def collect_modules(modules_dir, wanted):
    """Return (name, bytes) of the wanted kernel modules, each after those it needs.

    modules_dir is a /usr/lib/modules/VERSION; what is built into that kernel is left out.
    """
    needs, paths = {}, {}
    with open(os.path.join(modules_dir, "modules.dep"), encoding="ascii") as deps:
        for line in deps:
            path, _, rest = line.partition(":")
            name = os.path.basename(path).split(".")[0].replace("-", "_")
            paths[name] = path
            # modules.dep lists the nearest need first, and insmod wants it last.
            needs[name] = [os.path.basename(p).split(".")[0].replace("-", "_")
                           for p in reversed(rest.split())]
    order = []
    for name in wanted:
        for each in (*needs.get(name, ()), name):
            if each in paths and each not in order:
                order.append(each)

    def load(name):
        with open(os.path.join(modules_dir, paths[name]), "rb") as file:
            data = file.read()
        return lzma.decompress(data) if paths[name].endswith(".xz") else data

    return [(name, load(name)) for name in order]


def system(init, busybox, modules, programs=()):
    """Return the archive of a small system: init (bytes), busybox (bytes), modules as from
    collect_modules(), and programs (name -> bytes) in /bin."""
    files = {"init": init, "bin/busybox": busybox}
    # A shell's * sorts, so the number is the order of loading.
    for number, (name, data) in enumerate(modules):
        files[f"modules/{number:02}-{name}.ko"] = data
    for name, data in dict(programs).items():
        files[f"bin/{name}"] = data
    return pack(files, {f"bin/{applet}": "busybox" for applet in APPLETS})
