/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain-cases.h"

#include <stddef.h>

/*
 * A guest with nothing to say about it, and for each rule what to change in it so that the rule
 * speaks, and what to change so that it nearly does.
 */
const char clean_domain[] =
	"<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
	"  <name>w</name>\n"
	"  <metadata>\n"
	"    <libosinfo:libosinfo "
	"xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>\n"
	"      <libosinfo:os id='http://microsoft.com/win/11'/>\n"
	"    </libosinfo:libosinfo>\n"
	"  </metadata>\n"
	"  <memory unit='GiB'>8</memory>\n"
	"  <currentMemory unit='KiB'>8388608</currentMemory>\n"
	"  <memoryBacking><nosharepages/></memoryBacking>\n"
	"  <vcpu placement='static'>4</vcpu>\n"
	"  <iothreads>1</iothreads>\n"
	"  <cputune>\n"
	"    <vcpupin vcpu='0' cpuset='2'/>\n"
	"    <vcpupin vcpu='1' cpuset='6'/>\n"
	"    <vcpupin vcpu='2' cpuset='3'/>\n"
	"    <vcpupin vcpu='3' cpuset='7'/>\n"
	"    <emulatorpin cpuset='0-1,4-5'/>\n"
	"  </cputune>\n"
	"  <os firmware='efi'>\n"
	"    <type arch='x86_64' machine='pc-q35-9.2'>hvm</type>\n"
	"    <nvram>/var/lib/libvirt/qemu/nvram/w_VARS.fd</nvram>\n"
	"  </os>\n"
	"  <features>\n"
	"    <acpi/>\n"
	"    <hyperv mode='custom'>\n"
	"      <relaxed state='on'/><vapic state='on'/><spinlocks state='on' retries='8191'/>\n"
	"      <vpindex state='on'/><runtime state='on'/><synic state='on'/><stimer state='on'/>\n"
	"      <frequencies state='on'/><tlbflush state='on'/><ipi state='on'/>\n"
	"    </hyperv>\n"
	"    <vmport state='off'/>\n"
	"  </features>\n"
	"  <cpu mode='host-passthrough' check='none' migratable='off'>\n"
	"    <topology sockets='1' dies='1' cores='2' threads='2'/>\n"
	"  </cpu>\n"
	"  <clock offset='localtime'>\n"
	"    <timer name='rtc' tickpolicy='catchup'/>\n"
	"    <timer name='hpet' present='no'/>\n"
	"    <timer name='hypervclock' present='yes'/>\n"
	"  </clock>\n"
	"  <pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='no'/></pm>\n"
	"  <devices>\n"
	"    <disk type='file' device='disk'>\n"
	"      <driver name='qemu' type='qcow2' cache='none' io='native' iothread='1'/>\n"
	"      <source file='/var/lib/libvirt/images/w.qcow2'/>\n"
	"      <target dev='vda' bus='virtio'/>\n"
	"    </disk>\n"
	"    <controller type='usb' model='qemu-xhci' ports='15'/>\n"
	"    <interface type='network'><source network='default'/><model "
	"type='virtio'/></interface>\n"
	"    <input type='evdev'><source dev='/dev/input/by-id/a-event-kbd' grab='all' "
	"repeat='on'/></input>\n"
	"    <input type='evdev'><source dev='/dev/input/by-id/b-event-mouse'/></input>\n"
	"    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>\n"
	"    <sound model='ich9'/>\n"
	"    <audio id='1' type='pipewire' runtimeDir='/run/user/1000'/>\n"
	"    <video><model type='none'/></video>\n"
	"    <hostdev mode='subsystem' type='pci' managed='no'>\n"
	"      <source><address domain='0' bus='0x01' slot='0x00' function='0x0'/></source>\n"
	"      <address type='pci' domain='0' bus='0x05' slot='0x00' function='0x0' "
	"multifunction='on'/>\n"
	"    </hostdev>\n"
	"    <hostdev mode='subsystem' type='pci' managed='no'>\n"
	"      <source><address domain='0' bus='0x01' slot='0x00' function='0x1'/></source>\n"
	"      <address type='pci' domain='0' bus='0x05' slot='0x00' function='0x1'/>\n"
	"    </hostdev>\n"
	"    <hostdev mode='subsystem' type='pci'><source><address bus='1' slot='0' "
	"function='2'/></source></hostdev>\n"
	"    <hostdev mode='subsystem' type='pci'><source><address bus='1' slot='0' function='3'"
	"/></source></hostdev>\n"
	"    <memballoon model='none'/>\n"
	"  </devices>\n"
	"</domain>\n";

#define EVDEV "<source dev='/dev/input/by-id/b-event-mouse'/>"
#define BEFORE_END "<memballoon model='none'/>"
#define ARGUMENT(value)                                                                            \
	"</devices><qemu:commandline><qemu:arg value='" value "'/></qemu:commandline>"
#define SET(first, name, more)                                                                     \
	"</devices><qemu:commandline><qemu:arg value='-device'/><qemu:arg value='" first           \
	"'/><qemu:arg value='-set'/><qemu:arg value='device." name                                 \
	".romfile=/r'/>"                                                                           \
	"</qemu:commandline>" more
#define FUNCTION(bus, slot, function, to_bus, to_slot, to_function)                                \
	"<address domain='0' bus='" bus "' slot='" slot "' function='" function                    \
	"'/></source>\n"                                                                           \
	"      <address type='pci' domain='0' bus='" to_bus "' slot='" to_slot                     \
	"' function='" to_function "'"
#define PASSED(bus, slot)                                                                          \
	"<hostdev type='pci'><source><address bus='" bus "' slot='" slot "'/></source></hostdev>"
#define LOADER(path) "<os><loader type='pflash'>" path "</loader>"

const struct domain_case domain_cases[] = {
	{ "DO-01", "</domain>", "", "</domain><!-- a - b -->" },
	{ "DO-02", "<os firmware='efi'>", "", "<os  firmware='efi'>" },
	{ "DO-03", "<name>w<", "<name>${NAME}<", "<name>w$<" },
	{ "DO-04", BEFORE_END, BEFORE_END "<x:y/>", BEFORE_END "<x:y xmlns:x='urn:x'/>" },
	{ "DO-05", "*domain", "network", "domain" },
	{ "DO-07", "<type arch='x86_64' machine='pc-q35-9.2'>hvm</type>", "", "<type>hvm</type>" },
	{ "DO-08", "<timer name='hpet'", "<timer name='pit' tickpolicy='merge'/><timer name='hpet'",
	  "<timer name='pit' tickpolicy='delay'/><timer name='hpet'" },
	{ "DO-07#2", "<memory unit='GiB'>8</memory>", "", "<memory>8388608</memory>" },
	{ "DX-01", "pc-q35-9.2", "pc-i440fx-9.2", "pc-q35-10.0" },
	{ "DX-01", " machine='pc-q35-9.2'", "", " machine='q35'" },
	{ "DX-02", "pc-q35-9.2", "pc-q35-4.2", "pc-q35-7.2" },
	{ "DX-03", "<os firmware='efi'>", LOADER("/usr/share/a.fd"),
	  "<os firmware='efi'><loader type='pflash'>/usr/share/a.fd</loader>" },
	{ "DX-04", "<os firmware='efi'>", LOADER("/usr/share/OVMF/OVMF_CODE.fd"),
	  LOADER("/usr/share/OVMF/OVMF_CODE_4M.fd") },
	{ "DX-05", "<os firmware='efi'>",
	  "<features><smm state='off'/></features><os firmware='efi'><firmware><feature "
	  "name='secure-boot' enabled='yes'/></firmware>",
	  "<features><smm state='off'/></features><os firmware='efi'><firmware><feature "
	  "name='secure-boot' enabled='no'/></firmware>" },
	{ "DX-06", "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>", "",
	  "<tpm><backend type='passthrough'/></tpm>" },
	{ "DX-08", "<os firmware='efi'>\n", "<os><type>hvm</type></os><os firmware='efi'>",
	  "<os firmware='efi'><x/>" },
	{ "SD-23", BEFORE_END, BEFORE_END "<emulator>/usr/bin/kvm-spice</emulator>",
	  BEFORE_END "<emulator>/usr/bin/kvm</emulator>" },
	{ "CP-01", "mode='host-passthrough'", "mode='host-model'", "mode='maximum'" },
	{ "CP-02", "sockets='1' dies='1' cores='2' threads='2'",
	  "sockets='2' dies='1' cores='1' threads='2'",
	  "sockets='1' dies='2' cores='1' threads='2'" },
	{ "CP-02#2", "cores='2' threads='2'", "cores='4' threads='2'", "cores='4' threads='1'" },
	{ "CP-03", "*vcpupin", "shares", "vcpupin " },
	{ "CP-04", "<topology", "<feature policy='require' name='svm'/><topology",
	  "<feature policy='require' name='topoext'/><topology" },
	{ "CP-09", "<topology", "<feature policy='disable' name='hypervisor'/><topology",
	  "<feature policy='require' name='hypervisor'/><topology" },
	{ "CP-11", "<topology", "<feature policy='require' name='vmx'/><topology",
	  "<feature policy='disable' name='vmx'/><topology" },
	{ "CP-13", "<topology",
	  "<feature policy='require' name='topoext'/></cpu><features><hyperv><evmcs "
	  "state='on'/></hyperv></features><cpu><topology",
	  "<feature policy='require' name='vmx'/></cpu><features><hyperv><evmcs "
	  "state='on'/></hyperv></features><cpu><topology" },
	{ "PN-01", "<emulatorpin cpuset='0-1,4-5'/>", "<emulatorpin cpuset='0-3'/>",
	  "<emulatorpin cpuset='1,4'/>" },
	{ "PN-01#2", "<vcpupin vcpu='3' cpuset='7'/>", "", "<vcpupin vcpu='3' cpuset='7' x='y'/>" },
	{ "PN-01#3", "cpuset='7'", "cpuset='6'", "cpuset='5'" },
	{ "PN-01#4", "vcpu='3'", "vcpu='2'", "vcpu='4'" },
	{ "PN-02", "cpuset='2'", "cpuset='0'", "cpuset='10'" },
	{ "PN-04", "<emulatorpin",
	  "<vcpusched vcpus='0' scheduler='fifo' priority='1'/><emulatorpin",
	  "<vcpusched vcpus='0' scheduler='batch'/><emulatorpin" },
	{ "HV-01", "<vpindex state='on'/>", "", "<vpindex state='on'></vpindex>" },
	{ "HV-02", "<frequencies state='on'/>", "<frequencies state='off'/>",
	  "<frequencies state='on'/><evmcs state='off'/>" },
	{ "HV-03", "<vmport", "<kvm><hidden state='on'/></kvm><vmport",
	  "<kvm><hidden state='off'/></kvm><vmport" },
	{ "HV-05", "mode='custom'", "mode='passthrough'", "mode='host-model'" },
	{ "HV-06", "<relaxed", "<vendor_id state='on' value='a,b'/><relaxed",
	  "<vendor_id state='on' value='123456789012'/><relaxed" },
	{ "HV-07", "retries='8191'", "retries='4094'", "retries='4095'" },
	{ "CD-02", "<relaxed", "<vendor_id state='on' value='whatever'/><relaxed",
	  "<vendor_id state='off' value='whatever'/><relaxed" },
	{ "TM-01", "offset='localtime'", "offset='utc'", "offset='timezone'" },
	{ "TM-02", "<timer name='hpet' present='no'/>", "", "<timer present='no' name='hpet'/>" },
	{ "TM-02#2", "tickpolicy='catchup'", "tickpolicy='merge'", "tickpolicy='delay'" },
	{ "TM-03", "<timer name='rtc'", "<timer name='tsc' mode='native'/><timer name='rtc'",
	  "<timer name='tsc' frequency='3000000000'/><timer name='rtc'" },
	{ "TM-04", "<vmport state='off'/>", "", "<vmport state='off'></vmport>" },
	{ "TM-05", "<acpi/>", "<acpi/><ioapic driver='kvm'/>", "<acpi/><ioapic driver='qemu'/>" },
	{ "TM-05#2", "<acpi/>",
	  "<acpi/><ioapic driver='kvm'/></features><devices><iommu model='intel'><driver "
	  "intremap='on'/></iommu></devices><features>",
	  "<acpi/><ioapic driver='qemu'/></features><devices><iommu model='intel'><driver "
	  "intremap='on'/></iommu></devices><features>" },
	{ "TM-06", "<vmport state='off'/>", "<ps2 state='off'/>",
	  "<ps2 state='off'/><vmport state='off'/>" },
	{ "TM-07", "</devices>", ARGUMENT("cpu-pm=on"), ARGUMENT("cpu-pm=off") },
	{ "WN-08", "<suspend-to-mem enabled='no'/>", "<suspend-to-mem enabled='yes'/>",
	  "<suspend-to-mem  enabled='no'/>" },
	{ "MM-01", "8388608", "8388607", "8388608 " },
	{ "MM-02", "<memballoon model='none'/>", "", "<memballoon model='none'></memballoon>" },
	{ "MM-03", "<memory unit",
	  "<memtune><hard_limit unit='GiB'>8</hard_limit></memtune><memory unit",
	  "<memtune><soft_limit unit='GiB'>8</soft_limit></memtune><memory unit" },
	{ "MM-04", "<nosharepages/>", "<locked/>", "<nosharepages/><!-- <locked/> -->" },
	{ "MM-05", "<nosharepages/>", "<hugepages><page size='3' unit='G'/></hugepages>",
	  "<hugepages><page size='2' unit='G'/></hugepages>" },
	{ "MM-07", BEFORE_END,
	  BEFORE_END "<filesystem type='mount'><driver type='virtiofs'/></filesystem>",
	  BEFORE_END "<filesystem type='mount'><driver type='path'/></filesystem>" },
	{ "ST-01", "type='qcow2'", "type='raw'", "type='vmdk'" },
	{ "ST-02", "bus='virtio'", "bus='ide'", "bus='sata'" },
	{ "ST-02#2", "bus='virtio'", "bus='sata'", "bus='scsi'" },
	{ "ST-04", "cache='none'", "cache='writeback'", "cache='directsync'" },
	{ "ST-04#2", "cache='none' io='native'", "cache='unsafe'", "cache='writeback'" },
	{ "ST-05", " iothread='1'", "", " iothread='1' queues='1'" },
	{ "ST-10", "iothread='1'", "iothread='2'", "iothread='01'" },
	{ "ST-08", "<disk type='file' device='disk'>",
	  "<disk type='block'><source dev='/dev/sda'/></disk><disk type='file'>",
	  "<disk type='block'><source dev='/dev/disk/by-id/a'/></disk><disk type='file'>" },
	{ "ST-09", "/var/lib/libvirt/images/", "/home/u/", "/homes/" },
	{ "NW-01", "<model type='virtio'/>", "<model type='rtl8139'/>", "<model type='e1000e'/>" },
	{ "HD-01", "bus='0x05' slot='0x00' function='0x1'", "bus='0x06' slot='0x00' function='0x0'",
	  "bus='0x05' slot='0x00' function='0x3'" },
	{ "HD-01#2", "bus='0x05' slot='0x00' function='0x1'",
	  "bus='0x05' slot='0x00' function='0x0'", "bus='0x06' slot='0x00' function='0x0'" },
	{ "HD-04", "<address bus='1' slot='0' function='3'/>",
	  "<address bus='0x1' slot='0x0' function='0x1'/>",
	  "<address bus='0x1' slot='0x0' function='0x5'/>" },
	{ "HD-05", "bus='0x05' slot='0x00' function='0x1'", "bus='0x05' slot='0x01' function='0x1'",
	  "bus='0x00' slot='0x01' function='0x1'" },
	{ "HD-02", "bus='0x05' slot='0x00' function='0x0'", "bus='0x00' slot='0x05' function='0x0'",
	  "bus='0x04' slot='0x05' function='0x0'" },
	/* what the chipset has is on the root bus, and its functions are no card's */
	{ "HD-02", FUNCTION("0x01", "0x00", "0x0", "0x05", "0x00", "0x0"),
	  FUNCTION("0x01", "0x00", "0x0", "0x00", "0x02", "0x0"),
	  FUNCTION("0x00", "0x02", "0x0", "0x00", "0x02", "0x0") },
	{ "HD-01", FUNCTION("0x01", "0x00", "0x1", "0x05", "0x00", "0x1"),
	  FUNCTION("0x01", "0x00", "0x1", "0x06", "0x00", "0x0"),
	  FUNCTION("0x00", "0x14", "0x0", "0x06", "0x00",
		   "0x0") "/></hostdev><hostdev type='pci'>"
			  "<source>" FUNCTION("0x00", "0x14", "0x2", "0x07", "0x00", "0x0") },
	{ "HD-03", "</devices>", ARGUMENT("-snapshot"), "</devices><qemu:commandline/>" },
	{ "HD-06", "</devices>", SET("{\"driver\":\"vfio-pci\",\"id\":\"mine\"}", "mine", ""),
	  SET("vfio-pci,id=mine,host=1:0.0", "mine", "") },
	{ "HD-06", "</devices>", SET("pci-testdev,id=mine", "hostdev0", ""),
	  SET("pci-testdev,id=mine", "hostdev0",
	      "<qemu:capabilities><qemu:del capability='device.json'/></qemu:capabilities>") },
	{ "BD-11", "<source><address domain='0' bus='0x01' slot='0x00' function='0x1'/></source>",
	  "<driver name='vfio'/><source><address domain='0' bus='0x01' slot='0x00' "
	  "function='0x1'/></source>",
	  "<driver model='vfio-pci'/><source><address domain='0' bus='0x01' slot='0x00' "
	  "function='0x1'/></source>" },
	{ "PW-02", "<source><address domain='0' bus='0x01' slot='0x00' function='0x1'/></source>",
	  "<rom file='/a.rom'/><source><address domain='0' bus='0x01' slot='0x00' "
	  "function='0x1'/></source>",
	  "<rom bar='off'/><source><address domain='0' bus='0x01' slot='0x00' "
	  "function='0x1'/></source>" },
	{ "VD-01", "<video><model type='none'/></video>", "<graphics type='spice'/>",
	  "<graphics type='spice'/><video><model type='none'/></video>" },
	{ "VD-01#2", "<video><model type='none'/></video>",
	  "<shmem name='looking-glass'><model type='ivshmem-plain'/></shmem><video><model "
	  "type='virtio'/></video>",
	  "<shmem name='looking-glass'><model type='ivshmem-plain'/></shmem><video><model "
	  "type='vga'/></video>" },
	{ "VD-02", "<model type='none'/>", "<model type='cirrus'/>", "<model type='vga'/>" },
	{ "VD-02#2", "<model type='none'/>", "<model type='qxl'/>", "<model type='virtio'/>" },
	{ "VD-03", BEFORE_END, BEFORE_END "<channel type='spicevmc'/>",
	  BEFORE_END "<channel type='spicevmc'/><graphics type='spice'/>" },
	{ "US-01", "model='qemu-xhci'", "model='ich9-ehci1'", "model='nec-xhci'" },
	{ "US-02", BEFORE_END,
	  BEFORE_END "<hostdev type='usb'><source><address bus='1' device='4'/></source></hostdev>",
	  BEFORE_END "<hostdev type='usb'><source><address bus='1' port='4'/></source></hostdev>" },
	{ "US-02#2", BEFORE_END,
	  BEFORE_END "<hostdev type='usb'><source><vendor id='0x1'/><product id='0x2'/></source>"
		     "</hostdev><hostdev type='usb'><source><vendor id='0x1'/><product id='0x2'/>"
		     "</source></hostdev>",
	  BEFORE_END "<hostdev type='usb'><source><vendor id='0x1'/><product id='0x2'/></source>"
		     "</hostdev><hostdev type='usb'><source><vendor id='0x1'/><product id='0x3'/>"
		     "</source></hostdev>" },
	{ "LG-01", BEFORE_END, BEFORE_END "<shmem name='a'><size unit='M'>32</size></shmem>",
	  BEFORE_END "<shmem name='a'><model type='ivshmem-plain'/></shmem>" },
	{ "LG-01#2", BEFORE_END,
	  BEFORE_END
	  "<shmem name='a'><model type='ivshmem-plain'/><size unit='M'>33</size></shmem>",
	  BEFORE_END
	  "<shmem name='a'><model type='ivshmem-plain'/><size unit='M'>64</size></shmem>" },
	{ "LG-01#3", "</devices>", ARGUMENT("ivshmem-plain,memdev=lg"),
	  ARGUMENT("{\"driver\":\"ivshmem-plain\"}") },
	{ "IN-01", "</devices>", ARGUMENT("input-linux,id=k,evdev=/dev/input/by-id/a-event-kbd"),
	  ARGUMENT("-object") },
	{ "IN-01#2", EVDEV, "", "<source dev='/dev/input/by-id/c-event-mouse'/>" },
	{ "IN-02", EVDEV, "<source dev='/dev/input/by-id/b-event-mouse' grab='all'/>",
	  "<source dev='/dev/input/by-id/b-event-mouse' grabToggle='ctrl-ctrl'/>" },
	{ "IN-03", " repeat='on'", "", " repeat='on' grabToggle='ctrl-ctrl'" },
	{ "IN-04", "/dev/input/by-id/b-event-mouse", "/dev/input/event3",
	  "/dev/input/by-path/event3" },
	{ "IN-04#2", "/dev/input/by-id/b-event-mouse", "/dev/input/by-id/b-mouse",
	  "/dev/input/by-id/b-if01-event-kbd" },
	{ "IN-07", BEFORE_END, BEFORE_END "<input type='tablet' bus='usb'/>",
	  BEFORE_END "<input type='mouse' bus='virtio'/>" },
	{ "AU-01", "</devices>",
	  "</devices><qemu:commandline><qemu:env name='QEMU_AUDIO_DRV' "
	  "value='pa'/></qemu:commandline>",
	  "</devices><qemu:commandline><qemu:env name='PIPEWIRE_LATENCY' "
	  "value='1'/></qemu:commandline>" },
	{ "AU-02", "<audio id='1' type='pipewire' runtimeDir='/run/user/1000'/>", "",
	  "<graphics type='spice'/>" },
	{ "AU-04", " runtimeDir='/run/user/1000'", "", " runtimeDir='/run/user/1'" },
	{ "AU-05", "type='pipewire' runtimeDir='/run/user/1000'", "type='pulseaudio'",
	  "type='pulseaudio' serverName='a'" },
	{ "AU-09", "<sound model='ich9'/>", "<sound model='ac97'/>", "<sound model='usb'/>" },
	{ "AU-10", "<audio id='1' type='pipewire' runtimeDir='/run/user/1000'/>",
	  "<audio id='1' type='pipewire' runtimeDir='/run/user/1000'><output "
	  "latency='20'/></audio>",
	  "<audio id='1' type='pipewire' runtimeDir='/run/user/1000'><output "
	  "latency='20000'/></audio>" },
	/* against the machine */
	{ "GR-11", BEFORE_END, PASSED("0x77", "0") BEFORE_END, PASSED("0", "0x14") BEFORE_END },
	{ "GR-05", BEFORE_END, PASSED("0", "1") BEFORE_END, PASSED("0", "0x14") BEFORE_END },
	{ "GR-02", BEFORE_END, PASSED("3", "0") BEFORE_END, PASSED("0", "0x14") BEFORE_END },
	{ "RS-03", "slot='0' function='3'", "slot='0x1f' function='3'", "slot='0x0' function='3'" },
	{ "PN-01#5", "cpuset='7'", "cpuset='8'", "cpuset='5'" },
	{ "CP-03#2", "cpuset='6'", "cpuset='5'", "cpuset='5-6'" },
	{ "CP-06", "cpuset='7'", "cpuset='4'", "cpuset='5'" },
	{ "CP-07", "cpuset='7'", "cpuset='1'", "cpuset='5'" },
	{ "MM-05#2", "<nosharepages/>", "<hugepages/>",
	  "<hugepages><page size='2' unit='M'/>"
	  "</hugepages>" },
	{ "MM-01#2", "<memory unit='GiB'>8<", "<memory unit='GiB'>64<", "<memory unit='GiB'>30<" },
	{ "DX-04#2", BEFORE_END, BEFORE_END "<emulator>/usr/bin/qemu-kvm</emulator>",
	  BEFORE_END "<emulator>/usr/bin/qemu-system-x86_64</emulator>" },
	{ "ST-01#2", "w.qcow2", "raw.qcow2", "good.qcow2" },
	{ "ST-03", BEFORE_END, PASSED("0", "0x17") BEFORE_END, PASSED("0", "0x14") BEFORE_END },
	{ "AU-06", "/run/user/1000", "/run/user/1001", "/run/user/1000/" },
	{ "CP-05", "<topology", "<topology", "<cache mode='passthrough'/><topology" },
	{ "CP-05#2", "cpuset='7'/>\n",
	  "cpuset='1'/></cputune><cpu><cache "
	  "mode='passthrough'/></cpu><cputune>",
	  "cpuset='5'/></cputune><cpu><cache mode='passthrough'/></cpu><cputune>" },
	{ "CP-10", "<topology", "<topology",
	  "<feature policy='disable' name='arch-capabilities'/><topology" },
	{ "HV-04", "<vapic", "<avic state='on'/><vapic", "<avic state='off'/><vapic" },
	{ "MM-08", "<memory unit", "<numatune><memory nodeset='1'/></numatune><memory unit",
	  "<numatune><memory nodeset='0-1'/></numatune><memory unit" },
	{ "PN-03",
	  "cpuset='6'/>\n    <vcpupin vcpu='2' cpuset='3'/>\n    <vcpupin vcpu='3' cpuset='7'/>",
	  "cpuset='0'/><vcpupin vcpu='2' cpuset='1'/><vcpupin vcpu='3' cpuset='3'/>",
	  "cpuset='0'/><vcpupin vcpu='2' cpuset='1'/><vcpupin vcpu='3' cpuset='5'/>" },
	{ "PN-09", "cpuset='7'", "cpuset='7'", "cpuset='1,7'" },
	{ "DO-06", "<audio id='1' type='pipewire' runtimeDir='/run/user/1000'/>",
	  "<audio id='1' typo='none'/>", "<audio id='1' type='none'/>" },
	{ NULL },
};
