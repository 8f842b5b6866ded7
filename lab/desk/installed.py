# SPDX-License-Identifier: GPL-2.0-or-later
"""Desktops that are installed: a partitioned disk, firmware, a boot loader, an initramfs.

Each kind of disk is made once and kept: Debian from packages, then one boot by QEMU itself in
which the system puts its own boot loader there, as an installer would. A story gets a layer over
it, which lives as long as the story, across reboots and power cuts.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

from . import image
from .desktop import Desktop, DesktopError

FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd"
SECTOR = 512
ESP_MIB, SYSTEM_MIB = 256, 2304

# no_timer_check: where the machine that emulates has much to do, a tick comes too late for the
# kernel's test of the timer, and it panics ("timer doesn't work").
ARGUMENTS = "no_timer_check console=ttyS0 panic=-1 mitigations=off systemd.show_status=0"

GRUB = """GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT="%s"
GRUB_CMDLINE_LINUX=""
GRUB_TERMINAL=console
GRUB_DISABLE_OS_PROBER=true
""" % ARGUMENTS


# Another kernel's files, as its package has them, to be installed while a story runs: unpacking a
# package takes minutes in an emulated machine.
SECOND_KERNEL = r"""set -e
    export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
    mkdir -p "$1/opt/kernel" && cd "$1/opt/kernel"
    apt-get download "$(apt-cache depends linux-image-rt-amd64 |
                        sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p')"
    dpkg-deb -x *.deb . && rm *.deb"""


@dataclass
class Kind:
    """What makes one kind of disk."""
    packages: tuple
    install: str                     # run in the booted system: puts the boot loader there


GRUB_INSTALL = ("grub-install --target=x86_64-efi --efi-directory=/boot/efi --removable --no-nvram"
                " && update-grub")

KINDS = {
    "grub": Kind(("grub-efi-amd64", "initramfs-tools"), GRUB_INSTALL),
    "dracut": Kind(("grub-efi-amd64", "dracut"), GRUB_INSTALL),
    # kernel-install would take the arguments from /proc/cmdline if this file were missing.
    "systemd-boot": Kind(("systemd-boot", "initramfs-tools"),
                         "mkdir -p /etc/kernel && "
                         f"echo 'root=/dev/vda2 rw {ARGUMENTS}' > /etc/kernel/cmdline && "
                         "bootctl --no-variables install && "
                         "printf 'timeout 0\n' > /boot/efi/loader/loader.conf && "
                         "for v in $(ls /lib/modules); do"
                         " kernel-install add $v /boot/vmlinuz-$v || exit 1; done"),
}


@dataclass
class Disk:
    """A finished disk of one kind."""
    folder: str

    disk = property(lambda self: os.path.join(self.folder, "disk.img"))


def prepare_tree(kind, root):
    """What an installer would have written down, and an initramfs with what this machine needs.

    MODULES=list and no compression worth the name: an initramfs is made again and again here, in
    an emulated machine.
    """
    def put(path, text):
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        image.write(path, text.encode())

    put("etc/fstab", "/dev/vda2 / ext4 rw,noatime 0 0\n/dev/vda1 /boot/efi vfat umask=0077 0 0\n")
    os.makedirs(os.path.join(root, "boot/efi"), exist_ok=True)
    version = os.listdir(os.path.join(root, "usr/lib/modules"))[0]
    if "dracut" in kind.packages:
        put("etc/dracut.conf.d/lab.conf",
            'compress="cat"\nhostonly="yes"\nadd_drivers+=" bochs virtio_blk "\n')
        command = ("dracut", "--no-hostonly", "--force", f"/boot/initrd.img-{version}", version)
    else:
        conf = image.read(os.path.join(root, "etc/initramfs-tools/initramfs.conf")).decode()
        put("etc/initramfs-tools/initramfs.conf",
            conf.replace("MODULES=most", "MODULES=list") + "\nCOMPRESS=lz4\n")
        with open(os.path.join(root, "etc/initramfs-tools/modules"), "a", encoding="ascii") as file:
            file.write("virtio_blk\nvirtio_pci\next4\nbochs\n")
        command = ("update-initramfs", "-c", "-k", version)
    if "grub-efi-amd64" in kind.packages:
        put("etc/default/grub", GRUB)
    image.run("chroot", root, *command)
    return version


def make_disk(root, path, folder):
    """A GPT with an ESP and an ext4 that has a journal: power is cut here."""
    esp, system = (os.path.join(folder, name) for name in ("esp.img", "system.img"))
    image.run("mkfs.vfat", "-C", "-F", "32", esp, str(ESP_MIB * 1024))
    image.run("mke2fs", "-q", "-t", "ext4", "-E", "root_owner=0:0", "-d", root, system,
              f"{SYSTEM_MIB}M")
    with open(path, "wb") as disk:
        disk.truncate((ESP_MIB + SYSTEM_MIB + 4) << 20)
    table = (f"label: gpt\nstart=1MiB, size={ESP_MIB}MiB, type=uefi\n"
             f"start={ESP_MIB + 1}MiB, size={SYSTEM_MIB}MiB, type=linux\n")
    subprocess.run(("sfdisk", "-q", path), input=table.encode(), check=True,
                   stdout=subprocess.DEVNULL)
    for part, start in ((esp, 1), (system, ESP_MIB + 1)):
        image.run("dd", f"if={part}", f"of={path}", "bs=1M", f"seek={start}", "conv=notrunc,sparse")
        os.unlink(part)


def system_disk(path, image_format, more=""):
    return ("-drive", f"if=none,id=system,file={path},format={image_format},cache=unsafe",
            "-device", "virtio-blk-pci,drive=system,addr=3" + more)


def install(kind, folder, disk, second_disk, accel):
    """Boot the new system by its own kernel, and let it put its boot loader there."""
    boot = ("-kernel", os.path.join(folder, "vmlinuz"), "-initrd", os.path.join(folder, "initrd"),
            "-append", "root=/dev/vda2 rw " + ARGUMENTS, *system_disk(disk, "raw"))
    desktop = Desktop(boot, second_disk, accel)
    try:
        desktop.wait_booted(1500)
        desktop.run(kind.install, seconds=1500)
        desktop.run("sync; umount /boot/efi; mount -o remount,ro / || true", check=False)
        desktop.run("sync")
    except DesktopError as error:
        desktop.keep_logs(os.path.join(image.cache_dir(), "failed-disk"))
        raise image.ImageError(f"the boot loader could not be installed: {error}\n"
                               + desktop.last_words()) from None
    finally:
        desktop.stop()


def build(name, folder):
    """Fill folder with a disk without a boot loader, and with the kernel to start it by."""
    kind = KINDS[name]
    root = os.path.join(folder, "root")
    image.debootstrap(root, kind.packages, SECOND_KERNEL)
    version = prepare_tree(kind, root)
    for part, path in (("vmlinuz", "boot/vmlinuz-" + version),
                       ("initrd", "boot/initrd.img-" + version)):
        image.write(os.path.join(folder, part), image.read(os.path.join(root, path)))
    make_disk(root, os.path.join(folder, "disk.img"), folder)
    shutil.rmtree(root)


def cached(prefix, make):
    """Return the cache's folder for what is made by the present recipe; make(folder) fills it."""
    cache = image.cache_dir()
    folder = os.path.join(cache, prefix + image.recipe_hash("installed.py"))
    if os.path.isdir(folder):
        return folder
    for stale in os.listdir(cache):
        if stale.startswith(prefix):
            image.remove_tree(os.path.join(cache, stale))
    making = tempfile.mkdtemp(prefix="making-", dir=cache)
    os.chmod(making, 0o755)
    try:
        make(making)
    except BaseException:
        image.remove_tree(making)
        raise
    os.rename(making, folder)
    return folder


def bare(name):
    """The disk of a kind before its first boot: packages alone, no emulation."""
    return cached(f"bare-{name}-", lambda folder: build(name, folder))


def disk(name, second_disk, accel):
    """Return the Disk of a kind, made now if the cache has none (some minutes)."""
    def make(folder):
        source = bare(name)
        path = os.path.join(folder, "disk.img")
        image.run("cp", "--sparse=always", os.path.join(source, "disk.img"), path)
        install(KINDS[name], source, path, second_disk, accel)

    with image.cache_lock(image.cache_dir()):
        return Disk(cached(f"installed-{name}-", make))


class Installed(Desktop):
    """A desktop that its own firmware and boot loader start, and that can be started again.

    The project is copied over the system at the first boot, as a package would be installed.
    """

    third = "virtio-gpu-pci"         # no twin of the second card: ids on the command line tell

    def __init__(self, made, second_disk, accel):
        self.layers = tempfile.mkdtemp(prefix="disk-", dir=image.cache_dir())
        layer, variables = (os.path.join(self.layers, name) for name in ("disk.qcow2", "vars.fd"))
        image.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", made.disk, "-F", "raw", layer)
        shutil.copy(VARIABLES, variables)
        self.boot = ("-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={FIRMWARE}",
                     "-drive", f"if=pflash,unit=1,format=raw,file={variables}",
                     *system_disk(layer, "qcow2", ",bootindex=0"))
        super().__init__(self.boot, second_disk, accel)
        self.copied = False

    def wait_booted(self, seconds=1500):
        super().wait_booted(seconds)
        self.run("mkdir -p /lab && mount /dev/vdb /lab")
        if not self.copied:
            self.run("cp -a /lab/stage/. / && sync && systemctl daemon-reload")
            self.copied = True

    def wait_off(self, seconds=600):
        """Wait until QEMU has ended by itself, which is what a reboot is here (-no-reboot)."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise DesktopError(f"the desktop is not down after {seconds} s") from None

    def power_on(self):
        """Start again from the same disk, and wait until it is up."""
        self.cut_power()
        for name in ("qmp", "agent"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        self.start(self.boot)
        self.wait_booted()

    def reboot(self):
        self.run("systemd-run --on-active=1 systemctl reboot", check=False)
        self.wait_off()
        self.power_on()

    def stop(self):
        super().stop()
        shutil.rmtree(self.layers, ignore_errors=True)
