# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a domain from elsewhere is judged, mended, and becomes a guest that starts.

One is as libvirt keeps it, with what guides had in 2018; one is what a web page made of such a
one. Where the strangers' data are beside the project, the XML that the project began with too.
"""

import base64
import os

from desk.guest import Guest
from desk.image import PROJECT
from desk.story import expect, expect_equal

FRESH = False
LIMIT = 900

IMAGE = "/var/lib/libvirt/images/elsewhere.qcow2"
FOREIGN = f"""<domain type='qemu'>
  <name>foreign</name>
  <uuid>3d0dbb5e-7d3b-4b62-9ae3-0e6f0c6f7a11</uuid>
  <memory unit='MiB'>256</memory>
  <currentMemory unit='MiB'>128</currentMemory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/><vmport state='on'/></features>
  <clock offset='localtime'><timer name='tsc' present='yes' mode='native'/></clock>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='unsafe'/>
      <source file='{IMAGE}'/>
      <target dev='sda' bus='sata'/>
    </disk>
    <interface type='network'>
      <mac address='52:54:00:aa:bb:01'/>
      <source network='default'/>
      <model type='rtl8139'/>
    </interface>
    <hostdev mode='subsystem' type='pci' managed='no'>
      <source><address domain='0x0000' bus='0x77' slot='0x00' function='0x0'/></source>
    </hostdev>
    <memballoon model='virtio'/>
  </devices>
</domain>
"""
PAGE = """<domain type='kvm' id='3' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>fromapage</name>
  <memory unit='KiB'>8388608</memory>
  <vcpu placement='static'>4</vcpu>
    <vcpupin vcpu='0' cpuset='0'/>
    <type arch='x86_64' machine='pc-i440fx-bionic'>hvm</type>
    <loader readonly='yes' type='pflash'>/usr/share/elsewhere/OVMF.fd</loader>
      <relaxed state='on'/>
      <hidden state='on'/>
  <cpu mode='host-passthrough' check='none'/>
  <clock offset='localtime'>
    <timer name='hypervclock' present='yes'/>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' io='threads'/>
      <source file='/home/other/win10.qcow2'/>
      <target dev='hda' bus='ide'/>
      <address type='drive' controller='0' bus='0' target='0' unit='0'/>
    <interface type='bridge'>
      <mac address='52:54:00:aa:bb:02'/>
      <source bridge='br7'/>
      <model type='rtl8139'/>
    <hostdev mode='subsystem' type='pci' managed='yes'>
        <address domain='0x0000' bus='0x42' slot='0x00' function='0x0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
    <qemu:arg value='-object'/>
    <qemu:arg value='input-linux,id=m,evdev=/dev/input/event9'/>
    <qemu:env name='QEMU_AUDIO_DRV' value='pa'/>
"""


def put(desktop, path, text):
    code = base64.b64encode(text.encode()).decode()
    desktop.run(f"echo {code} | base64 -d > {path}")


def seed():
    """What the project began with, by a stranger: beside the project, or not there."""
    folder = os.environ.get("HOTSEAT_CORPUS") or os.path.join(PROJECT, "../shared/corpus")
    path = os.path.join(folder, "seed/blog-win10.xml")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as text:
        return text.read()


def live(desktop, teller):
    """lint and fix a guest that libvirt keeps."""
    put(desktop, "/root/foreign.xml", FOREIGN)
    with teller.phase("lint --guest"):
        desktop.run("virsh define --validate /root/foreign.xml")
        said = desktop.run("hotseat lint --guest foreign", check=False)
        expect_equal(said.status, 1, "exit status with what is broken")
        for rule in ("ST-01", "ST-04", "GR-11", "MM-01", "MM-02", "TM-03"):
            expect(rule in said.out, f"lint does not say {rule}:\n{said.out}")
        teller.say(said.out.splitlines()[0])
    with teller.phase("fix --guest"):
        said = desktop.run("cd /root && hotseat fix --guest foreign --yes").out
        teller.say(said.splitlines()[0])
        kept = desktop.run("virsh dumpxml --inactive foreign").out
        for piece in ("type='qcow2'", "52:54:00:aa:bb:01", "3d0dbb5e-7d3b-4b62-9ae3-0e6f0c6f7a11",
                      "<memballoon model='none'/>", "cache='writeback'", "bus='sata'"):
            expect(piece in kept, f"{piece} is not in what fix left:\n{kept}")
        again = desktop.run("cd /root && hotseat fix --guest foreign --yes").out
        expect(": 0 mended" in again, f"a second time mends more:\n{again}")
        desktop.run("virsh define --validate /root/foreign.xml.orig; virsh undefine foreign; "
                    "rm -f /root/foreign.xml*", check=False)


def start(desktop, teller, name, text):
    """import, and up until it runs."""
    guest = Guest(desktop, name)
    put(desktop, f"/root/{name}.xml", text)
    with teller.phase(f"import {name}"):
        said = desktop.run(f"hotseat import /root/{name}.xml --name {name} --virt-type qemu "
                           f"--memory 256M --vcpus 1 --disk {IMAGE}", seconds=120).out
        teller.say(said)
        expect("viostor" in said, "the report does not name the driver that Windows wants")
    with teller.phase(f"up {name}"):
        desktop.run(f"hotseat up {name}", seconds=180)
        expect_equal(desktop.run(f"virsh domstate {name}").out.strip(), "running", "state")
        said = desktop.run(f"virsh dumpxml {name}").out
        expect("bus='ide'" in said, "the disk of an installed Windows is on another bus")
        desktop.run(f"virsh destroy {name}")
        guest.wait_gone()
    guest.forget()
    desktop.run(f"rm -f /root/{name}.xml")


def tell(desktop, teller):
    desktop.run(f"qemu-img create -q -f qcow2 {IMAGE} 64M")
    live(desktop, teller)
    start(desktop, teller, "fromapage", PAGE)
    text = seed()
    if text is not None:
        start(desktop, teller, "seed", text)
    desktop.run(f"virsh net-destroy default; rm -f {IMAGE}", check=False)
