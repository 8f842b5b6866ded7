# SPDX-License-Identifier: GPL-2.0-or-later
"""The desktop's disks, and the cache they live in.

The first disk is the system: Debian from packages, a minute's work, kept until the recipe
(lab/image and the code that reads it) changes. The second, made in a second for every run,
carries what changes from day to day: the project as "meson install" leaves it, the guest and the
tools. The desktop's initramfs lays it over the system.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass

from . import initrd

LAB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROJECT = os.path.dirname(LAB)
# Debian 13; the lab also runs with Debian 12, whose libvirt and QEMU are older.
SUITE = os.environ.get("HOTSEAT_LAB_SUITE", "trixie")

# virtio_pci is built into Debian 13's kernel, not into Debian 12's. crc32c is one that ext4 asks
# for by itself, which modules.dep does not know.
DESKTOP_MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4")
GUEST_MODULES = ("virtio_pci", "button", "evdev", "virtio_input", "virtio_blk")
TOOLS = ("keywatch", "cpuidleaf", "killat", "inputrate", "bluetooth")
# With libraries that the desktop has.
SESSION_TOOLS = ("sessionbus",)

# What no story reads. The other system emulators would each be asked for their capabilities
# by libvirt, which takes seconds apiece.
EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*",
            "/usr/bin/qemu-system-i386", "/usr/bin/qemu-system-x86_64-microvm")


class ImageError(Exception):
    """The disks could not be made; the message says which command failed and what it said."""


@dataclass
class Base:
    """What the cache holds for one recipe."""
    folder: str

    def path(self, name):
        return os.path.join(self.folder, name)

    disk = property(lambda self: self.path("disk.img"))
    kernel = property(lambda self: self.path("vmlinux"))
    initrd = property(lambda self: self.path("initrd"))

    @property
    def release(self):
        """What "uname -r" says in there."""
        return read(self.path("release")).decode()


def cache_dir():
    """HOTSEAT_LAB_DIR, or .lab under the project; made if missing."""
    path = os.environ.get("HOTSEAT_LAB_DIR") or os.path.join(PROJECT, ".lab")
    os.makedirs(path, exist_ok=True)
    return os.path.abspath(path)


@contextlib.contextmanager
def cache_lock(folder):
    """Two runs at once would build over each other."""
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(*command, **options):
    """Run a command that has to succeed; its words only when it does not."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, errors="replace", check=False, **options)
    if result.returncode != 0:
        tail = "\n".join(result.stdout.splitlines()[-15:])
        raise ImageError(f"{' '.join(command)}: exit status {result.returncode}\n{tail}")
    return result.stdout


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def recipe_hash(*more):
    """A name for everything the system disk is made from; more: other files of the code."""
    digest = hashlib.sha256(SUITE.encode())
    folder = os.path.join(LAB, "image")
    recipe = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    recipe += [os.path.join(LAB, "desk", name) for name in ("image.py", "initrd.py", *more)]
    for path in recipe:
        digest.update(os.path.basename(path).encode() + b"\0" + read(path))
    return digest.hexdigest()[:16]


def host_mirror():
    """The Debian mirror this machine already uses, or None for mmdebstrap's own choice."""
    try:
        listing = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(RELEASE) $(REPO_URI)")
    except (ImageError, OSError):
        return None
    for line in listing.splitlines():
        origin, _, rest = line.partition(" ")
        release, _, uri = rest.partition(" ")
        # The security archive has the same origin, but holds no whole distribution.
        if origin == "Debian" and "security" not in release and uri.startswith("http"):
            return uri
    return None


def packages():
    """The packages by their names in this suite: "NAME | NAME" is Debian 13's and 12's."""
    with open(os.path.join(LAB, "image", "packages"), encoding="utf-8") as file:
        lines = (line.split("#")[0].strip() for line in file)
        names = [line.split(" | ") for line in lines if line]
    return [name[-1 if SUITE == "bookworm" else 0] for name in names]


def unpack_kernel(bzimage, root):
    """Return the ELF kernel inside a bzImage.

    QEMU starts it directly (PVH): no decompressor to emulate, which inside the guest is
    emulation within emulation. zstd comes from the image, not from this machine.
    """
    if bzimage[0x202:0x206] != b"HdrS":
        raise ImageError("the kernel of the image is no bzImage")
    setup_sectors = bzimage[0x1f1]
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    # The last four bytes are the unpacked size, which is none of zstd's.
    payload = bzimage[start:start + length - 4]
    result = subprocess.run(("chroot", root, "zstd", "-dc"), input=payload,
                            stdout=subprocess.PIPE, check=False)
    if result.returncode != 0 or result.stdout[:4] != b"\x7fELF":
        raise ImageError("the kernel of the image could not be unpacked with zstd")
    return result.stdout


def mmdebstrap(root, include, *options):
    """Unpack Debian packages, and what they need, under root."""
    mirror = host_mirror()
    # INITRD=No: the lab has its own initramfs, and making Debian's takes a while.
    run("mmdebstrap", "--mode=root", "--aptopt=Apt::Install-Recommends false",
        "--dpkgopt=force-unsafe-io", *options, "--include=" + ",".join(include), SUITE, root,
        *([mirror] if mirror else []), env={**os.environ, "INITRD": "No"})


def debootstrap(root, more=(), hook=None):
    """Make a Debian system under root; with more packages than the list's, and a last shell
    command that is given the root as $1."""
    mmdebstrap(root, [*packages(), *more], "--variant=minbase", "--dpkgopt=force-confold",
               *(f"--dpkgopt=path-exclude={path}" for path in EXCLUDED),
               "--customize-hook=" + os.path.join(LAB, "image", "customize"),
               *(["--customize-hook=" + hook] if hook else []))


def make_disk(tree, disk, megabytes):
    """A file system image of a tree. With a journal, as everywhere: without one, what was fsynced
    is not sure to be found after a reset."""
    run("mke2fs", "-q", "-t", "ext4", "-O", "^metadata_csum",
        "-E", "root_owner=0:0", "-d", tree, disk, f"{megabytes}M")


def build_base(folder):
    """Fill folder with disk, kernel, initramfs and what the guest is made from."""
    root = os.path.join(folder, "root")
    debootstrap(root)
    boot = os.path.join(root, "boot")
    version = next(name[8:] for name in os.listdir(boot) if name.startswith("vmlinuz-"))
    modules_dir = os.path.join(root, "usr/lib/modules", version)
    busybox = read(os.path.join(root, "bin/busybox"))

    write(os.path.join(folder, "release"), version.encode())
    write(os.path.join(folder, "vmlinux"),
          unpack_kernel(read(os.path.join(boot, "vmlinuz-" + version)), root))
    write(os.path.join(folder, "busybox"), busybox)
    write(os.path.join(folder, "initrd"),
          initrd.system(read(os.path.join(LAB, "image", "init")), busybox,
                        initrd.collect_modules(modules_dir, DESKTOP_MODULES)))
    # The guest's init is not part of the recipe, so only its modules are kept here.
    os.mkdir(os.path.join(folder, "guest-modules"))
    for number, (name, data) in enumerate(initrd.collect_modules(modules_dir, GUEST_MODULES)):
        write(os.path.join(folder, "guest-modules", f"{number:02}-{name}"), data)
    make_disk(root, os.path.join(folder, "disk.img"), 1536)
    shutil.rmtree(root)


def base():
    """Return the Base for today's recipe, made now if the cache has none. Those of other suites
    stay."""
    cache = cache_dir()
    folder = os.path.join(cache, f"base-{SUITE}-{recipe_hash()}")
    with cache_lock(cache):
        if os.path.isdir(folder):
            return Base(folder)
        for stale in os.listdir(cache):
            if stale.startswith((f"base-{SUITE}-", "making-")):
                remove_tree(os.path.join(cache, stale))
        making = tempfile.mkdtemp(prefix="making-", dir=cache)
        os.chmod(making, 0o755)
        build_base(making)
        # Only a finished one ever has the name that is looked for.
        os.rename(making, folder)
    return Base(folder)


def remove_tree(path):
    """Remove a folder of the cache, but nothing through what is mounted below it.

    A run that is killed while packages are unpacked leaves this machine's own /proc, /sys and
    /dev/shm mounted there.
    """
    with open("/proc/mounts", encoding="utf-8") as mounts:
        below = [line.split()[1] for line in mounts if line.split()[1].startswith(path + "/")]
    for mount in reversed(below):
        run("umount", mount)
    shutil.rmtree(path)


def compile_c(*arguments):
    run(os.environ.get("CC", "gcc"), "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Wshadow",
        "-Wstrict-prototypes", "-Wmissing-prototypes", *arguments)


def build_tools(folder):
    """Compile the lab's C tools; most statically, as the guest has no C library."""
    os.makedirs(folder, exist_ok=True)
    for tool in TOOLS:
        compile_c("-static", "-o", os.path.join(folder, tool),
                  os.path.join(LAB, "tools", tool + ".c"))
    for tool in SESSION_TOOLS:
        compile_c("-o", os.path.join(folder, tool), os.path.join(LAB, "tools", tool + ".c"),
                  "-lsystemd")


def build_small_guest(path):
    """Compile the guest that needs no Linux: 32-bit code that runs on nothing."""
    compile_c("-static", "-m32", "-ffreestanding", "-nostdlib", "-fno-pie", "-no-pie",
              "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables",
              "-mgeneral-regs-only", "-Wl,--build-id=none,--no-warn-rwx-segments",
              "-Wl,-T," + os.path.join(LAB, "guest", "small.ld"),
              "-o", path, os.path.join(LAB, "guest", "small.c"))


def build_firmware_guest(path):
    """Compile the guest that needs UEFI alone: 64-bit code that runs wherever it is put."""
    compile_c("-ffreestanding", "-nostdlib", "-fpie", "-no-pie", "-fno-stack-protector",
              "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-mgeneral-regs-only",
              "-mno-red-zone", "-fshort-wchar",
              "-Wl,--build-id=none,--no-warn-rwx-segments",
              "-Wl,-T," + os.path.join(LAB, "guest", "firmware.ld"),
              "-o", path, os.path.join(LAB, "guest", "firmware.c"))


def guest_initrd(base_image, tools):
    """The guest's archive: keywatch tells what it hears, cpuidleaf what processor it has."""
    folder = base_image.path("guest-modules")
    modules = [(name[3:], read(os.path.join(folder, name))) for name in sorted(os.listdir(folder))]
    return initrd.system(read(os.path.join(LAB, "guest", "init")),
                         read(base_image.path("busybox")), modules,
                         {name: read(os.path.join(tools, name)) for name in TOOLS[:2]})


def second_disk(base_image, stage, disk, modules=None):
    """Write the desktop's second disk: /lab, and the stage tree that is laid over the system.

    Of the guests, /lab/guest/small is for type 'qemu', where Linux takes minutes to start, and
    firmware.efi for UEFI there; /lab/guest/vmlinuz and initrd are Linux, for type 'kvm'.

    stage: where "meson install --destdir" has put the project, or None for a desktop without;
    modules: name -> path of kernel modules, which become /lab/modules/NAME.ko.
    """
    with tempfile.TemporaryDirectory(dir=cache_dir()) as tree:
        os.chmod(tree, 0o755)
        build_tools(os.path.join(tree, "bin"))
        guest = os.path.join(tree, "guest")
        os.mkdir(guest)
        os.link(base_image.kernel, os.path.join(guest, "vmlinuz"))
        build_small_guest(os.path.join(guest, "small"))
        build_firmware_guest(os.path.join(guest, "firmware.efi"))
        write(os.path.join(guest, "initrd"), guest_initrd(base_image, os.path.join(tree, "bin")))
        os.mkdir(os.path.join(tree, "modules"))
        for name, path in (modules or {}).items():
            shutil.copy(path, os.path.join(tree, "modules", name + ".ko"))
        if stage:
            shutil.copytree(stage, os.path.join(tree, "stage"), symlinks=True)
        else:
            os.mkdir(os.path.join(tree, "stage"))
        make_disk(tree, disk, 192)
