/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "manifest.h"
#include "rules/host.h"

/*
 * Each rule is tried on two machines that differ by as little as possible: one that trips it and
 * one that nearly does. The base machines are clean (rules-intel) or full of trouble (rules-amd,
 * rules-bare); a line that begins with "-" takes a path away.
 */
struct rule_case {
	const char *rule;
	const char *base;
	const char *change;
	enum {
		SILENT,
		SPEAKS,
		UNKNOWN,
	} wanted;
	enum severity severity; /* of what SPEAKS */
	const char *says;       /* a part of subject, evidence, message or fix; NULL: anything */
};

#define ARGS "proc/cmdline = root=/dev/sda2 ro "
#define CPUINFO "proc/cpuinfo = vendor_id\\t: GenuineIntel\\nflags\\t\\t: fpu "
#define NO_INTEL_IOMMU                                                                             \
	"-sys/kernel/iommu_groups\n-sys/class/iommu\ndir sys/kernel/iommu_groups\ndir "            \
	"sys/class/iommu\n"
#define NO_DEFAULT "boot/config-6.12.107-amd64 = #\\n# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set\n"
#define DEFAULT_ON "boot/config-6.12.107-amd64 = #\\nCONFIG_INTEL_IOMMU_DEFAULT_ON=y\n"
#define AMD_SLOT "sys/devices/pci0000:00/0000:00:01.3/0000:02:00.2/"
#define INTEL_BRIDGE "sys/devices/pci0000:00/0000:00:01.0/"
#define NVME "sys/devices/pci0000:00/0000:00:1f.7/"
#define NVME_IN(group)                                                                             \
	"sys/bus/pci/devices/0000:00:1f.7 -> ../../../devices/pci0000:00/0000:00:1f.7\n" NVME      \
	"class = 0x010802\n" NVME "vendor = 0x144d\n" NVME "device = 0xa804\n" NVME                \
	"iommu_group -> ../../../kernel/iommu_groups/" group "\n"

#define CARD "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/"
#define CARD_AUDIO "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1/"
#define IGPU "sys/devices/pci0000:00/0000:00:02.0/"
#define BIND(device, name) device "driver -> ../../../bus/pci/drivers/" name "\n"
/* a network card on the same bus as the card */
#define STRANGER                                                                                   \
	"sys/bus/pci/devices/0000:01:02.0 -> "                                                     \
	"../../../devices/pci0000:00/0000:00:01.0/0000:01:02.0\n" INTEL_BRIDGE                     \
	"0000:01:02.0/class = 0x020000\n"
#define BOOTFB                                                                                     \
	"dir sys/bus/platform/devices/simple-framebuffer.0\n" CARD                                 \
	"resource = 0xe0000000 0xefffffff 0x14220c\n"
#define OPEN(pid, name, node)                                                                      \
	CARD "drm/card1/dev = 226:1\n" IGPU "drm/card0/dev = 226:0\nproc/" pid "/comm = " name     \
	     "\nproc/" pid "/fd/9 -> " node "\n"
#define HOOK(text) "etc/libvirt/hooks/qemu.d/win10/prepare/begin/start.sh = " text "\n"
#define CGROUP2 "sys/fs/cgroup/cgroup.controllers = cpu\n"
#define SQUEEZED                                                                                   \
	CGROUP2 "sys/fs/cgroup/cpuset.cpus.effective = 0-7\n"                                      \
		"sys/fs/cgroup/user.slice/cpuset.cpus.effective = 0-1\n"
#define KEYD                                                                                       \
	"proc/77/comm = keyd\n"                                                                    \
	"dev/input/by-program/keyd_virtual_keyboard -> ../event11\n"                               \
	"proc/bus/input/devices = N: Name=\"keyd virtual keyboard\"\\nH: Handlers=kbd event11 \\n"   \
	"S: Sysfs=/devices/virtual/input/input11\\nB: KEY=1000000000007 ff9f207ac14057ff "          \
	"febeffdfffefffff fffffffffffffffe\n"
#define RUNNING                                                                                    \
	"run/libvirt/qemu/win10.xml = <domstatus><hostdev mode='subsystem' type='pci' "            \
	"managed='no'></domstatus>\n"
#define IDS_FILE "etc/modprobe.d/vfio.conf = options vfio-pci ids=10de:1b80\n"
#define IDS_CHANGED(when) "etc/modprobe.d/vfio.conf changed " when "\n"
#define IMAGE(release, when) "boot/initrd.img-" release " changed " when "\n"
#define PINNED                                                                                     \
	"run/libvirt/qemu/win10.xml = <vcpupin vcpu='0' cpuset='2'/>\\n<vcpupin vcpu='1' "         \
	"cpuset='3'/>\\n<hostdev mode='subsystem' type='pci' managed='no'>\n"                      \
	"sys/devices/system/cpu/online = 0-3\n"
#define INTERRUPT(handler, cpu)                                                                    \
	"dir proc/irq/17/" handler "\nproc/irq/17/effective_affinity_list = " cpu "\n"
#define IDLE_STATE(latency, disabled)                                                              \
	"sys/devices/system/cpu/cpu0/cpuidle/state3/name = C10\n"                                  \
	"sys/devices/system/cpu/cpu0/cpuidle/state3/latency = " latency                            \
	"\nsys/devices/system/cpu/cpu0/cpuidle/state3/disable = " disabled "\n"
#define SOFTDEP "etc/modprobe.d/order.conf = softdep nouveau pre: vfio-pci\n"
/* nothing but the header and who made it */
#define EDID(maker) "00ffffffffffff00" maker " " ZEROS ZEROS "0000000000000000000000000000"
#define ZEROS                                                                                      \
	"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000"
#define MONITOR(maker) IGPU "drm/card0/card0-HDMI-A-1/edid hex " EDID(maker) "\n"
#define SECOND_MONITOR(maker)                                                                      \
	IGPU "drm/card0/card0-DP-2/status = connected\n" IGPU                                      \
	     "drm/card0/card0-DP-2/edid hex " EDID(maker) "\n"
#define CPU(number, siblings)                                                                      \
	"sys/devices/system/cpu/cpu" #number "/topology/thread_siblings = " siblings "\n"
#define FREQUENCY(governor, driver)                                                                \
	"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor = " governor                         \
	"\nsys/devices/system/cpu/cpu0/cpufreq/scaling_driver = " driver "\n"
#define SPLIT_LOCKS(who)                                                                           \
	"proc/sys/kernel/split_lock_mitigate = 1\nvar/log/kern.log = kernel: x86/split lock "      \
	"detection: #AC: " who " took a split_lock trap at address: 0x1\n"
#define HUGE_PAGES(total, free)                                                                    \
	"sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages = " total           \
	"\nsys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages = " free "\n"
#define NODES "dir sys/devices/system/node/node0\ndir sys/devices/system/node/node1\n"
#define LEDGER(lines) "var/lib/hotseat/setup/ledger = [setup]\\nversion=1\\n" lines "\n"
#define LEDGER_FILE                                                                                \
	"made=true\\n[file "                                                                       \
	"etc/ours]\\nours=73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac;"
#define BOOTED "proc/sys/kernel/random/boot_id = two\n"
#define BLS                                                                                        \
	"usr/sbin/grubby = x\nusr/sbin/grub2-mkconfig = x\n"                                       \
	"etc/default/grub = GRUB_ENABLE_BLSCFG=true\\n"

static const struct rule_case cases[] = {
	{ "FW-01", "rules-intel", CPUINFO "sse2 vmx\n", SILENT },
	{ "FW-01", "rules-intel", CPUINFO "sse2 vmxnet\n", SPEAKS, SEVERITY_BROKEN, "VT-x" },
	{ "FW-01", "rules-amd", "proc/cpuinfo = vendor_id\\t: AuthenticAMD\\nflags\\t\\t: fpu\n",
	  SPEAKS, SEVERITY_BROKEN, "SVM Mode" },
	{ "FW-01", "rules-intel", "-proc/cpuinfo\n", UNKNOWN },

	{ "HS-01", "rules-intel", "-dev/kvm\n", SPEAKS, SEVERITY_BROKEN, "modprobe kvm_intel" },
	{ "HS-01", "rules-amd", "-dev/kvm\n-sys/module/kvm_amd\n", SPEAKS, SEVERITY_BROKEN,
	  "kernel" },
	/* one cause, one finding */
	{ "HS-01", "rules-intel", "-dev/kvm\n" CPUINFO "sse2\n", SILENT },
	{ "HS-01", "rules-intel", "-dev\n", UNKNOWN },

	{ "FW-02", "rules-bare", "", SPEAKS, SEVERITY_BROKEN, "VT-d" },
	{ "FW-02", "rules-bare", "sys/firmware/acpi/tables/DMAR = x\n", SILENT },
	{ "FW-02", "rules-bare", "sys/firmware/acpi/tables/IVRS = x\n", SILENT },
	{ "FW-02", "rules-bare", "-sys/firmware\n", UNKNOWN },
	/* groups prove the IOMMU, whatever the tables */
	{ "FW-02", "rules-intel", "-sys/firmware/acpi/tables/DMAR\ndir sys/firmware/acpi/tables\n",
	  SILENT },

	{ "FW-03", "rules-intel", "", SILENT },
	{ "FW-03", "rules-intel", NO_INTEL_IOMMU, SPEAKS, SEVERITY_BROKEN, "dmesg" },
	{ "FW-03", "rules-intel", NO_INTEL_IOMMU ARGS "intel_iommu=off\n", SPEAKS, SEVERITY_BROKEN,
	  "told not to" },
	{ "FW-03", "rules-amd", NO_INTEL_IOMMU ARGS "iommu=soft\n", SPEAKS, SEVERITY_BROKEN,
	  "grubby --update-kernel=ALL --remove-args='iommu=soft'" },
	/* groups without an IOMMU are those of the no-IOMMU mode */
	{ "FW-03", "rules-intel", "-sys/class/iommu\ndir sys/class/iommu\n", SPEAKS,
	  SEVERITY_BROKEN, "0 entries" },
	{ "FW-03", "rules-intel", "-sys/class/iommu\n", SILENT },
	{ "FW-03", "rules-bare", "", SILENT },

	{ "FW-04", "rules-intel", NO_INTEL_IOMMU NO_DEFAULT, SPEAKS, SEVERITY_BROKEN,
	  "update-grub" },
	{ "FW-04", "rules-intel", NO_INTEL_IOMMU "-boot\n", SPEAKS, SEVERITY_BROKEN,
	  "could not be read" },
	{ "FW-04", "rules-intel", NO_INTEL_IOMMU NO_DEFAULT ARGS "intel_iommu=sm_on,on\n", SILENT },
	{ "FW-04", "rules-intel", NO_INTEL_IOMMU DEFAULT_ON, SILENT },
	{ "FW-04", "rules-intel", ARGS "intel_iommu=on\n" DEFAULT_ON, SPEAKS, SEVERITY_STYLE,
	  "changes nothing" },
	/* with Debian's choice the argument does change something */
	{ "FW-04", "rules-intel", ARGS "intel_iommu=on\n", SILENT },

	{ "FW-05", "rules-amd", "", SPEAKS, SEVERITY_STYLE, "amd_iommu=on" },
	{ "FW-05", "rules-amd", ARGS "amd_iommu=fullflush\n", SILENT },
	{ "FW-05", "rules-intel", ARGS "iommu=1\n", SPEAKS, SEVERITY_STYLE, "iommu=1" },
	{ "FW-05", "rules-intel", ARGS "-- amd_iommu=on\n", SILENT },

	{ "FW-06", "rules-amd", "", SPEAKS, SEVERITY_STYLE, "iommu=pt" },
	{ "FW-06", "rules-intel", ARGS "iommu.passthrough=1\n", SPEAKS, SEVERITY_STYLE, NULL },
	{ "FW-06", "rules-intel", ARGS "iommu=nopt\n", SILENT },

	{ "FW-07", "rules-intel", "proc/interrupts = 1: 9 IO-APIC 1-edge i8042\n", SPEAKS,
	  SEVERITY_BROKEN, "BIOS" },
	{ "FW-07", "rules-intel",
	  "proc/interrupts = 1: 9 IO-APIC 1-edge i8042\n" ARGS "intremap=off\n", SPEAKS,
	  SEVERITY_BROKEN, "intremap=off" },
	{ "FW-07", "rules-intel",
	  "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts = Y\n", SPEAKS,
	  SEVERITY_RISKY, "does not need" },
	{ "FW-07", "rules-intel",
	  "proc/interrupts = 1: 9 IO-APIC 1-edge i8042\n"
	  "sys/module/iommufd/parameters/allow_unsafe_interrupts = Y\n",
	  SPEAKS, SEVERITY_RISKY, "iommufd" },
	{ "FW-07", "rules-intel",
	  "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts = N\n", SILENT },
	{ "FW-07", "rules-intel", "-proc/interrupts\n", UNKNOWN },
	/* without an IOMMU there is nothing to remap with */
	{ "FW-07", "rules-bare", "", SILENT },

	{ "FW-08", "rules-intel",
	  "sys/kernel/iommu_groups/1/reserved_regions = 0x1000 0x1fff direct\n", SPEAKS,
	  SEVERITY_BROKEN, "another slot" },
	{ "FW-08", "rules-intel",
	  "sys/kernel/iommu_groups/1/reserved_regions = 0x1000 0x1fff "
	  "direct-relaxable\\n0xfee00000 "
	  "0xfeefffff msi\n",
	  SILENT },
	{ "FW-08", "rules-intel",
	  "sys/kernel/iommu_groups/3/reserved_regions = 0x1000 0x1fff direct\n", SILENT },

	{ "FW-09", "rules-intel", ARGS "pcie_acs_override=downstream,multifunction\n", SPEAKS,
	  SEVERITY_RISKY, "downstream,multifunction" },
	{ "FW-09", "rules-intel", ARGS "pci=config_acs=10@pci:0:0\n", SILENT },

	{ "FW-15", "rules-intel",
	  "proc/cpuinfo = flags\\t\\t: vmx\\naddress sizes\\t: 46 bits physical, 48 bits virtual\n",
	  SPEAKS, SEVERITY_RISKY, "limit='39'" },
	{ "FW-15", "rules-intel", "", SILENT },
	{ "FW-15", "rules-amd", "", SILENT },

	{ "FW-18", "rules-amd", "", SPEAKS, SEVERITY_OBSOLETE, "video=efifb:off" },
	{ "FW-18", "rules-amd", "proc/sys/kernel/osrelease = 5.15.0-100-generic\n", SILENT },
	{ "FW-18", "rules-intel", ARGS "video=efifb:1920x1080\n", SILENT },

	{ "FW-19", "rules-intel", ARGS "video=vesafb:off,efifb:off\n", SPEAKS, SEVERITY_OBSOLETE,
	  "vesafb:off" },
	{ "FW-19", "rules-intel", ARGS "video=HDMI-A-1:1920x1080 video=simplefb:off\n", SPEAKS,
	  SEVERITY_OBSOLETE, "video=simplefb:off" },
	{ "FW-19", "rules-intel", ARGS "initcall_blacklist=sysfb_init video=efifb:off\n", SILENT },

	{ "FW-21", "rules-intel",
	  "sys/devices/system/clocksource/clocksource0/current_clocksource = hpet\n", SPEAKS,
	  SEVERITY_SLOW, "hpet" },
	{ "FW-21", "rules-intel",
	  "sys/devices/system/clocksource/clocksource0/current_clocksource = kvm-clock\n", SILENT },

	{ "FW-22", "rules-intel", "sys/module/kvm/parameters/ignore_msrs = Y\n", SPEAKS,
	  SEVERITY_OBSOLETE, NULL },
	{ "FW-22", "rules-intel", "sys/module/kvm/parameters/ignore_msrs = N\n", SILENT },

	{ "GR-02", "rules-intel", "", SILENT },
	{ "GR-02", "rules-amd", "", SPEAKS, SEVERITY_BROKEN,
	  "echo 0000:03:04.0 | sudo tee /sys/bus/pci/drivers/r8169/unbind" },
	{ "GR-02", "rules-amd",
	  AMD_SLOT "0000:03:04.0/driver -> ../../../../../bus/pci/drivers/pci-stub\n", SILENT },
	{ "GR-02", "rules-amd", "-" AMD_SLOT "0000:03:04.0/driver\n", SILENT },
	{ "GR-02", "rules-intel", NVME_IN("1") NVME "driver -> ../../../bus/pci/drivers/nvme\n",
	  SPEAKS, SEVERITY_BROKEN, "another controller" },
	{ "GR-02", "rules-intel", NVME_IN("3") NVME "driver -> ../../../bus/pci/drivers/nvme\n",
	  SILENT },
	/* another card can go, so the machine works: the card's own trouble is milder */
	{ "GR-02", "rules-intel", NVME_IN("2") NVME "driver -> ../../../bus/pci/drivers/nvme\n",
	  SPEAKS, SEVERITY_RISKY, "0000:00:02.0" },
	/* a bridge counts for the kernel, though not for the card's verdict */
	{ "GR-02", "rules-intel", INTEL_BRIDGE "driver -> ../../../bus/pci/drivers/shpchp\n",
	  SPEAKS, SEVERITY_BROKEN,
	  "echo 0000:00:01.0 | sudo tee /sys/bus/pci/drivers/shpchp/unbind" },
	{ "GR-02", "rules-intel",
	  INTEL_BRIDGE "driver -> ../../../bus/pci/drivers/shpchp\n"
		       "proc/sys/kernel/osrelease = 5.10.0-30-amd64\n",
	  SILENT },
	/* the processor's graphics left out of the IOMMU, while the other card can go */
	{ "GR-02", "rules-intel", "-sys/devices/pci0000:00/0000:00:02.0/iommu_group\n", SPEAKS,
	  SEVERITY_STYLE, "intel_iommu=on" },

	{ "GR-05", "rules-intel", ARGS "vfio-pci.ids=10de:1b80,8086:1901\n", SPEAKS, SEVERITY_STYLE,
	  "8086:1901" },
	{ "GR-05", "rules-intel",
	  "etc/modprobe.d/vfio.conf = # mine\\n options vfio-pci disable_vga=1 "
	  "ids=10de:1b80,8086:1901\n",
	  SPEAKS, SEVERITY_STYLE, "8086:1901" },
	{ "GR-05", "rules-intel", ARGS "vfio-pci.ids=10de:1b80,10de:10f0\n", SILENT },
	{ "GR-05", "rules-intel", "etc/modprobe.d/vfio.conf = #options vfio-pci ids=8086:1901\n",
	  SILENT },

	{ "GR-13", "rules-intel", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode = Y\n",
	  SPEAKS, SEVERITY_RISKY, NULL },
	{ "GR-13", "rules-intel", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode = N\n",
	  SILENT },

	{ "BD-05", "rules-amd",
	  "etc/modprobe.d/gpu.conf = blacklist amdgpu\n"
	  "-" AMD_SLOT "0000:03:05.0/driver\n",
	  SPEAKS, SEVERITY_RISKY, "dracut" },
	{ "BD-05", "rules-amd", "etc/modprobe.d/gpu.conf = blacklist amdgpu\n", SILENT },
	{ "BD-05", "rules-amd",
	  "etc/modprobe.d/gpu.conf = blacklist amdgpu_extra\n"
	  "-" AMD_SLOT "0000:03:05.0/driver\n",
	  SILENT },
	{ "BD-05", "rules-intel",
	  "etc/modprobe.d/gpu.conf = blacklist nvidia\n"
	  "-sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/driver\n",
	  SILENT },

	{ "BD-06", "rules-intel", "etc/initramfs-tools/modules = vfio\\nvfio_virqfd\n", SPEAKS,
	  SEVERITY_OBSOLETE, "update-initramfs" },
	{ "BD-06", "rules-bare",
	  "etc/mkinitcpio.conf = MODULES=(vfio_pci vfio vfio_iommu_type1 vfio_virqfd)\n", SPEAKS,
	  SEVERITY_OBSOLETE, "mkinitcpio -P" },
	{ "BD-06", "rules-amd",
	  "etc/dracut.conf.d/vfio.conf = force_drivers+=\" vfio_pci vfio_virqfd \"\n", SPEAKS,
	  SEVERITY_OBSOLETE, "/etc/dracut.conf.d/vfio.conf" },
	{ "BD-06", "rules-intel", "etc/initramfs-tools/modules = vfio\\n# no vfio_virqfd\n",
	  SILENT },
	{ "BD-06", "rules-intel",
	  "etc/modules = vfio_virqfd\nproc/sys/kernel/osrelease = 6.1.0-30-amd64\n", SILENT },

	{ "UB-05", "rules-bare", "", SPEAKS, SEVERITY_RISKY, "--take-last-display" },
	{ "UB-05", "rules-intel", "", SILENT },
	/* two cards: one drives the desktop, the other may go */
	{ "UB-05", "rules-amd", "", SILENT },

	{ "HS-02", "rules-intel",
	  "lib/modules/6.12.107-amd64/modules.dep = "
	  "kernel/drivers/vfio/vfio_iommu_type1.ko.xz:\n",
	  SPEAKS, SEVERITY_BROKEN, "linux-image-amd64" },
	{ "HS-02", "rules-intel",
	  "lib/modules/6.12.107-amd64/modules.dep = "
	  "kernel/drivers/vfio/vfio_iommu_type1.ko.xz:\n"
	  "lib/modules/6.12.107-amd64/modules.builtin = kernel/drivers/vfio/pci/vfio-pci.ko\n",
	  SILENT },
	{ "HS-02", "rules-intel", "-lib/modules\n", UNKNOWN },

	{ "HS-03", "rules-intel", "-usr/bin/qemu-system-x86_64\n", SPEAKS, SEVERITY_BROKEN,
	  "sudo apt install qemu-system-x86" },
	{ "HS-03", "rules-amd", "", SPEAKS, SEVERITY_BROKEN, "sudo dnf install qemu-kvm" },
	{ "HS-03", "rules-intel", "-usr\n", UNKNOWN },
	{ "HS-03", "rules-intel", "", SILENT },

	{ "HS-04", "rules-bare", "", SPEAKS, SEVERITY_BROKEN, "pacman" },
	{ "HS-04", "rules-intel", "-usr/sbin/libvirtd\nusr/sbin/virtqemud = elf\n", SILENT },

	{ "HS-05", "rules-intel", "-run/libvirt/libvirt-sock\n", SPEAKS, SEVERITY_BROKEN,
	  "libvirtd.socket" },
	{ "HS-05", "rules-intel",
	  "-usr/sbin/libvirtd\nusr/sbin/virtqemud = elf\n-run/libvirt/libvirt-sock\n", SPEAKS,
	  SEVERITY_BROKEN, "virtqemud.socket" },
	{ "HS-05", "rules-intel", "-run\n", UNKNOWN },
	/* what is not installed cannot run; one finding is enough */
	{ "HS-05", "rules-bare", "", SILENT },

	{ "HS-06", "rules-intel", "-etc/libvirt/qemu/networks/default.xml\n", SPEAKS,
	  SEVERITY_BROKEN, "libvirt-daemon-config-network" },
	{ "HS-06", "rules-intel",
	  "-etc/libvirt/qemu/networks/default.xml\n"
	  "usr/share/libvirt/networks/default.xml = <network/>\n",
	  SPEAKS, SEVERITY_BROKEN, "net-define /usr/share/libvirt/networks/default.xml" },
	{ "HS-06", "rules-intel", "", SILENT },

	{ "HS-07", "rules-intel", "-run/libvirt/network\n", SPEAKS, SEVERITY_RISKY,
	  "net-start default" },
	{ "HS-07", "rules-intel", "-run/libvirt/network\n-etc/libvirt/qemu/networks/default.xml\n",
	  SILENT },

	{ "HS-08", "rules-intel",
	  "usr/share/qemu/firmware/50-ovmf.json = {\"interface-types\": [\"bios\"]}\n", SPEAKS,
	  SEVERITY_BROKEN, "apt install ovmf" },
	{ "HS-08", "rules-intel", "", SILENT },
	{ "HS-08", "rules-intel", "-usr\n", UNKNOWN },

	{ "HS-09", "rules-intel", "-etc/libvirt/hooks\n", SPEAKS, SEVERITY_RISKY,
	  "reload libvirtd" },
	{ "HS-09", "rules-intel", "", SILENT },

	{ "HS-11", "rules-bare",
	  "-sys/bus/pci/devices/0000:00:02.0\n-sys/devices/pci0000:00/0000:00:02.0\n", SPEAKS,
	  SEVERITY_BROKEN, "no graphics card" },
	{ "HS-11", "rules-bare", "-sys/bus\n", UNKNOWN },
	{ "HS-11", "rules-bare", "sys/devices/pci0000:00/0000:00:02.0/class = 0x038000\n", SILENT },

	{ "HS-17", "rules-intel",
	  "usr/lib/x86_64-linux-gnu/qemu/audio-alsa.so = elf\nrun/user/1000/pipewire-0 = s\n",
	  SPEAKS, SEVERITY_STYLE, "qemu-system-gui" },
	{ "HS-17", "rules-intel",
	  "usr/lib/x86_64-linux-gnu/qemu/audio-pa.so = elf\nrun/user/1000/pipewire-0 = s\n",
	  SILENT },
	/* nobody is logged in; built in, for all that we know */
	{ "HS-17", "rules-intel", "usr/lib/x86_64-linux-gnu/qemu/audio-alsa.so = elf\n", SILENT },
	{ "HS-17", "rules-intel", "run/user/1000/pipewire-0 = s\n", SILENT },
	{ "HS-16", "rules-intel",
	  "var/lib/hotseat/breadcrumb = hotseat-breadcrumb 1 old 1 2 1700000000 forth "
	  "0000:01:00.0 amdgpu win%2011\n",
	  SPEAKS, SEVERITY_RISKY, "from boot on" },
	{ "HS-16", "rules-intel",
	  "proc/sys/kernel/random/boot_id = now\n"
	  "var/lib/hotseat/breadcrumb = hotseat-breadcrumb 1 now 1 2 1700000000 forth "
	  "0000:01:00.0 amdgpu win%2011\n",
	  SPEAKS, SEVERITY_RISKY, "hotseat recover" },
	{ "HS-16", "rules-intel", "", SILENT },

	{ "RS-09", "rules-intel", CARD "config hex ff ff ff ff\n", SPEAKS, SEVERITY_BROKEN,
	  "Switch the machine off" },
	{ "RS-09", "rules-intel", CARD "config hex ff ff ff fe\n", SILENT },
	/* whoever sleeps is not asked */
	{ "RS-09", "rules-intel", CARD "config hex ff ff ff ff\n" CARD "power_state = D3cold\n",
	  SILENT },

	{ "RS-02", "rules-intel", STRANGER CARD "reset_method = bus\n", SPEAKS, SEVERITY_RISKY,
	  "slot of its own" },
	{ "RS-02", "rules-intel", CARD "reset_method = bus\n", SILENT },
	{ "RS-02", "rules-intel", STRANGER CARD "reset_method = flr bus\n", SILENT },
	{ "RS-03", "rules-intel", STRANGER CARD "reset_method = \n", SPEAKS, SEVERITY_RISKY,
	  "Nothing can reset" },
	{ "RS-03", "rules-intel", CARD "reset_method = \n", SILENT },
	{ "RS-03", "rules-intel", STRANGER CARD "reset_method = bus\n", SILENT },

	{ "RS-05", "rules-intel", CARD "vendor = 0x1002\n" CARD "device = 0x731f\n", SPEAKS,
	  SEVERITY_RISKY, "Navi 10" },
	{ "RS-05", "rules-intel",
	  CARD "vendor = 0x1002\n" CARD "device = 0x731f\n" CARD "reset_method = bus\n"
	       "dir sys/module/vendor_reset\n",
	  SPEAKS, SEVERITY_RISKY, "tee /sys/bus/pci/devices/0000:01:00.0/reset_method" },
	{ "RS-05", "rules-intel",
	  CARD "vendor = 0x1002\n" CARD "device = 0x731f\n" CARD
	       "reset_method = device_specific bus\ndir sys/module/vendor_reset\n",
	  SILENT },
	/* RDNA2 is none of the module's */
	{ "RS-05", "rules-intel", CARD "vendor = 0x1002\n" CARD "device = 0x73bf\n", SILENT },
	{ "RS-05", "rules-intel", "dir sys/module/vendor_reset\n", SPEAKS, SEVERITY_OBSOLETE,
	  "modprobe -r" },

	{ "RS-07", "rules-intel",
	  CARD_AUDIO "vendor = 0x1022\n" CARD_AUDIO "device = 0x1487\n" CARD_AUDIO
		     "reset_method = flr pm\n",
	  SPEAKS, SEVERITY_RISKY, "newer kernel" },
	{ "RS-07", "rules-intel",
	  CARD_AUDIO "vendor = 0x1022\n" CARD_AUDIO "device = 0x1487\n" CARD_AUDIO
		     "reset_method = pm\n",
	  SILENT },
	{ "RS-07", "rules-intel",
	  CARD_AUDIO "vendor = 0x1022\n" CARD_AUDIO "device = 0x1488\n" CARD_AUDIO
		     "reset_method = flr pm\n",
	  SILENT },
	{ "RS-08", "rules-intel",
	  STRANGER CARD "vendor = 0x1002\n" CARD "device = 0x67b1\n" CARD "reset_method = \n",
	  SPEAKS, SEVERITY_STYLE, "Hawaii" },
	{ "RS-08", "rules-intel", STRANGER CARD "vendor = 0x1002\n" CARD "reset_method = \n",
	  SILENT },
	{ "RS-03", "rules-intel",
	  STRANGER CARD "vendor = 0x1002\n" CARD "device = 0x67b1\n" CARD "reset_method = \n",
	  SILENT },
	{ "RS-06", "rules-intel", CARD "device = 0x2b85\n", SPEAKS, SEVERITY_RISKY, "Blackwell" },
	{ "RS-06", "rules-intel", CARD "device = 0x2684\n", SILENT },

	{ "PW-03", "rules-intel", BIND(CARD_AUDIO, "nvidia-gpu"), SPEAKS, SEVERITY_RISKY,
	  "i2c_nvidia_gpu" },
	{ "PW-03", "rules-intel", BIND(CARD_AUDIO, "xhci_hcd"), SILENT },
	{ "PW-01", "rules-intel",
	  BIND(CARD, "vfio-pci") "sys/module/vfio_pci/parameters/disable_idle_d3 = Y\n", SPEAKS,
	  SEVERITY_SLOW, "disable_idle_d3" },
	{ "PW-01", "rules-intel", "sys/module/vfio_pci/parameters/disable_idle_d3 = Y\n", SILENT },

	{ "FW-23", "rules-intel",
	  CARD "vendor = 0x1002\n" CARD "device = 0x731f\n"
	       "sys/kernel/security/lockdown = none [integrity] confidentiality\n",
	  SPEAKS, SEVERITY_STYLE, "mokutil" },
	{ "FW-23", "rules-intel",
	  CARD "vendor = 0x1002\n" CARD "device = 0x731f\n"
	       "sys/kernel/security/lockdown = [none] integrity confidentiality\n",
	  SILENT },
	{ "FW-23", "rules-intel", "sys/kernel/security/lockdown = none [integrity]\n", SILENT },

	{ "FW-12", "rules-intel",
	  CARD "resource = 0x4000000000 0x400fffffff 0x14220c\n" CARD
	       "resource0_resize = 0000000000003f00\n",
	  SPEAKS, SEVERITY_SLOW, "echo 13 | sudo tee" },
	{ "FW-12", "rules-intel",
	  CARD "resource = 0x4000000000 0x41ffffffff 0x14220c\n" CARD
	       "resource0_resize = 0000000000003f00\n",
	  SILENT },
	/* the cause is another, and one finding is enough */
	{ "FW-12", "rules-intel",
	  CARD "resource = 0xe0000000 0xefffffff 0x14220c\n" CARD
	       "resource0_resize = 0000000000003f00\n",
	  SILENT },
	{ "FW-13", "rules-intel",
	  CARD "resource = 0xe0000000 0xefffffff 0x14220c\n" CARD
	       "resource0_resize = 0000000000003f00\n",
	  SPEAKS, SEVERITY_SLOW, "Above 4G" },
	{ "FW-13", "rules-intel", CARD "resource = 0xe0000000 0xefffffff 0x14220c\n", SILENT },
	{ "FW-14", "rules-intel", CARD "resource = 0x4000000000 0x4fffffffff 0x14220c\n", SPEAKS,
	  SEVERITY_STYLE, "64 GiB" },
	{ "FW-14", "rules-intel", CARD "resource = 0x4000000000 0x47ffffffff 0x14220c\n", SILENT },

	{ "FW-17", "rules-intel",
	  BOOTFB CARD "class = 0x030200\nproc/iomem =   e0000000-e07fffff : BOOTFB\n", SPEAKS,
	  SEVERITY_RISKY, "initcall_blacklist=sysfb_init" },
	{ "FW-17", "rules-intel", BOOTFB "proc/iomem =   e0000000-e07fffff : BOOTFB\n", SILENT },
	{ "FW-17", "rules-intel",
	  BOOTFB CARD "class = 0x030200\nproc/iomem =   c0000000-c07fffff : BOOTFB\n", SILENT },
	{ "FW-17", "rules-intel",
	  BOOTFB CARD "class = 0x030200\nproc/iomem =   00000000-00000000 : BOOTFB\n", UNKNOWN },

	{ "HS-12", "rules-intel", CARD "current_link_width = 4\n" CARD "max_link_width = 16\n",
	  SPEAKS, SEVERITY_SLOW, "4 of 16" },
	{ "HS-12", "rules-intel", CARD "current_link_width = 8\n" CARD "max_link_width = 16\n",
	  SILENT },
	{ "HS-12", "rules-intel",
	  CARD "current_link_width = 1\n" CARD "max_link_width = 16\n" INTEL_BRIDGE
	       "max_link_width = 16\n",
	  SPEAKS, SEVERITY_SLOW, "seat the card anew" },

	{ "UB-01", "rules-intel", OPEN("812", "firefox", "/dev/dri/card1"), SPEAKS, SEVERITY_RISKY,
	  "firefox (812)" },
	{ "UB-01", "rules-intel", OPEN("812", "firefox", "/dev/dri/card0"), SILENT },
	{ "UB-01", "rules-intel", OPEN("812", "gnome-shell", "/dev/dri/card1"), SILENT },
	{ "UB-03", "rules-intel", BIND(CARD, "amdgpu") OPEN("812", "firefox", "/dev/dri/card1"),
	  SPEAKS, SEVERITY_RISKY, "dead handles" },
	{ "UB-03", "rules-intel", OPEN("812", "firefox", "/dev/dri/card1"), SILENT },
	{ "UB-04", "rules-intel",
	  OPEN("812", "gnome-shell", "/dev/dri/card1") "proc/812/fd/8 -> /dev/dri/card0\n", SPEAKS,
	  SEVERITY_STYLE, "gnome-shell (812)" },
	{ "UB-04", "rules-intel", OPEN("812", "gnome-shell", "/dev/dri/card1"), SILENT },
	{ "UB-04", "rules-intel", OPEN("812", "gnome-shell", "/dev/dri/card0"), SILENT },
	{ "UB-02", "rules-intel", BIND(CARD, "nvidia") "proc/7/comm = nvidia-persiste\n", SPEAKS,
	  SEVERITY_RISKY, "systemctl disable --now nvidia-persistenced" },
	{ "UB-02", "rules-intel", "proc/7/comm = nvidia-persiste\n", SILENT },
	{ "UB-02", "rules-intel", BIND(CARD, "nvidia"), SILENT },

	{ "BD-12", "rules-intel", HOOK("\\nvirsh nodedev-detach pci_0000_01_00_0"), SPEAKS,
	  SEVERITY_RISKY, "start.sh: virsh nodedev" },
	{ "BD-12", "rules-intel", HOOK("# virsh nodedev-detach\\nlogger no-virsh-here"), SILENT },
	{ "BD-01", "rules-intel", HOOK("echo 10de 1b80 > /sys/bus/pci/drivers/vfio-pci/new_id"),
	  SPEAKS, SEVERITY_RISKY, "driver_override" },
	{ "BD-01", "rules-intel", HOOK("echo > /sys/bus/pci/drivers/vfio-pci/bind # new_id"),
	  SILENT },
	{ "UB-07", "rules-intel", HOOK("echo 1 > /sys/bus/pci/rescan"), SPEAKS, SEVERITY_RISKY,
	  NULL },
	{ "UB-07", "rules-intel", HOOK("echo 1 > /sys/bus/scsi/rescan"), SILENT },
	{ "UB-06", "rules-intel", HOOK("sleep 2"), SPEAKS, SEVERITY_STYLE, "race" },
	{ "UB-06", "rules-intel", HOOK("echo sleep 2"), SILENT },
	{ "PN-08", "rules-intel", HOOK("cset shield --cpu 0-3") CGROUP2, SPEAKS, SEVERITY_STYLE,
	  "AllowedCPUs" },
	{ "PN-08", "rules-intel", HOOK("cset shield --cpu 0-3"), SILENT },

	{ "BD-02", "rules-intel",
	  "proc/cmdline = vfio-pci.ids=10de:1b80\n" IGPU "vendor = 0x10de\n" IGPU
	  "device = 0x1b80\n" IGPU "subsystem_device = 0x1\n",
	  SPEAKS, SEVERITY_RISKY, "Name the board" },
	{ "BD-02", "rules-intel", "proc/cmdline = vfio-pci.ids=10de:1b80\n", SILENT },
	{ "BD-03", "rules-intel",
	  IDS_FILE "lib/modules/6.12.107-amd64/modules.builtin = kernel/drivers/vfio/pci/"
		   "vfio-pci.ko\n",
	  SPEAKS, SEVERITY_RISKY, "vfio-pci.ids=10de:1b80" },
	{ "BD-03", "rules-intel", IDS_FILE, SILENT },
	{ "BD-04", "rules-intel", IDS_FILE, SPEAKS, SEVERITY_RISKY,
	  "softdep nouveau pre: vfio-pci" },
	{ "BD-04", "rules-intel", IDS_FILE SOFTDEP, SILENT },
	{ "BD-04", "rules-intel", IDS_FILE BIND(CARD, "vfio-pci"), SILENT },
	{ "BD-08", "rules-intel", IDS_FILE SOFTDEP, SPEAKS, SEVERITY_RISKY, "update-initramfs" },
	{ "BD-08", "rules-intel", IDS_FILE SOFTDEP BIND(CARD, "vfio-pci"), SILENT },
	{ "BD-09", "rules-intel",
	  IDS_FILE SOFTDEP "lib/modules/6.12.107-amd64/modules.builtin = "
			   "kernel/drivers/gpu/drm/nouveau/nouveau.ko\n",
	  SPEAKS, SEVERITY_STYLE, "nouveau" },
	{ "BD-09", "rules-intel", IDS_FILE SOFTDEP, SILENT },

	{ "BD-07", "rules-amd",
	  "usr/bin/dracut = x\netc/dracut.conf.d/vfio.conf = add_drivers+=\" vfio_pci vfio \"\n",
	  SPEAKS, SEVERITY_RISKY, "force_drivers" },
	{ "BD-07", "rules-amd",
	  "usr/bin/dracut = x\netc/dracut.conf.d/vfio.conf = force_drivers+=\" vfio_pci vfio \"\n",
	  SILENT },
	{ "BD-07", "rules-amd",
	  "usr/bin/dracut = x\netc/dracut.conf.d/vfio.conf = force_drivers+=\"vfio_pci vfio\"\n",
	  SPEAKS, SEVERITY_RISKY, "blanks" },
	{ "BD-07", "rules-bare",
	  "usr/bin/mkinitcpio = x\netc/mkinitcpio.conf = MODULES=(amdgpu vfio_pci vfio)\n", SPEAKS,
	  SEVERITY_RISKY, "beginning of MODULES" },
	{ "BD-07", "rules-bare",
	  "usr/bin/mkinitcpio = x\netc/mkinitcpio.conf = MODULES=(vfio_pci vfio amdgpu)\n",
	  SILENT },

	{ "BD-07", "rules-intel", IDS_FILE IMAGE("6.12.107-amd64", "1000") IDS_CHANGED("1001"),
	  SPEAKS, SEVERITY_RISKY, "update-initramfs" },
	{ "BD-07", "rules-intel", IDS_FILE IMAGE("6.12.107-amd64", "1001") IDS_CHANGED("1001"),
	  SILENT },
	{ "BD-07", "rules-intel", IDS_FILE IMAGE("6.12.108-amd64", "1000") IDS_CHANGED("1001"),
	  SILENT },
	{ "BD-07", "rules-intel",
	  "etc/modprobe.d/vfio.conf = options snd x=1\n" IMAGE("6.12.107-amd64", "1000")
		  IDS_CHANGED("1001"),
	  SILENT },

	{ "IN-08", "rules-intel", "proc/77/comm = keyd\n", SPEAKS, SEVERITY_RISKY, "keyd (77)" },
	{ "IN-08", "rules-intel", KEYD, SPEAKS, SEVERITY_RISKY,
	  "\"programs=keyd_virtual_keyboard\" below [seat] in /etc/hotseat/seat0.conf" },
	{ "IN-08", "rules-intel",
	  KEYD "etc/hotseat/seat0.conf = [seat]\\nprograms=keyd_virtual_keyboard\n", SILENT },
	{ "IN-08", "rules-intel", "proc/77/comm = keydb-server\n", SILENT },
	{ "IN-09", "rules-intel",
	  "etc/libvirt/qemu.conf = cgroup_device_acl = [\\n  \"/dev/null\", \"/dev/full\", "
	  "\"/dev/zero\",\\n \"/dev/random\", \"/dev/urandom\", \"/dev/ptmx\", \"/dev/kvm\"\\n]\n",
	  SPEAKS, SEVERITY_RISKY, "userfaultfd" },
	{ "IN-09", "rules-intel",
	  "etc/libvirt/qemu.conf = #cgroup_device_acl = [\\n#  \"/dev/null\"\\n#]\n", SILENT },
	{ "GR-10", "rules-intel", "etc/libvirt/qemu.conf = relaxed_acs_check = 1\n", SPEAKS,
	  SEVERITY_STYLE, NULL },
	{ "GR-10", "rules-intel", "etc/libvirt/qemu.conf = #relaxed_acs_check = 1\n", SILENT },
	{ "AU-11", "rules-intel", "proc/77/comm = scream\n", SPEAKS, SEVERITY_OBSOLETE, NULL },
	{ "AU-11", "rules-intel", "proc/77/comm = screamer\n", SILENT },
	{ "AU-08", "rules-intel", "dir run/user/1000\n", SPEAKS, SEVERITY_STYLE, "pipewire" },
	{ "AU-08", "rules-intel", "run/user/1000/pulse/native = s\ndir run/user/120\n", SILENT },
	{ "DD-05", "rules-intel",
	  "lib/modules/6.12.107-amd64/modules.dep = kernel/drivers/vfio/pci/vfio-pci.ko.xz:\\n"
	  "kernel/drivers/vfio/vfio_iommu_type1.ko.xz:\\nkernel/drivers/i2c/i2c-dev.ko.xz:\n",
	  SPEAKS, SEVERITY_STYLE, "modprobe i2c-dev" },
	{ "DD-05", "rules-intel",
	  "dir sys/class/i2c-dev\nlib/modules/6.12.107-amd64/modules.dep = "
	  "kernel/drivers/vfio/pci/vfio-pci.ko.xz:\\nkernel/drivers/i2c/i2c-dev.ko.xz:\n",
	  SILENT },
	{ "DD-03", "rules-intel", MONITOR("1e 6d"), SPEAKS, SEVERITY_STYLE, "by LG" },
	{ "DD-03", "rules-intel", MONITOR("10 ac"), SILENT },
	{ "DD-08", "rules-intel", MONITOR("10 ac") SECOND_MONITOR("10 ac") BIND(IGPU, "nvidia"),
	  SPEAKS, SEVERITY_STYLE, "twice" },
	{ "DD-08", "rules-intel", MONITOR("10 ac") SECOND_MONITOR("1e 6d") BIND(IGPU, "nvidia"),
	  SILENT },
	{ "DD-08", "rules-intel", MONITOR("10 ac") SECOND_MONITOR("10 ac"), SILENT },
	{ "DD-11", "rules-intel", "dir sys/class/i2c-dev\nproc/77/comm = org_kde_powerde\n", SPEAKS,
	  SEVERITY_STYLE, "powerdevil" },
	{ "DD-11", "rules-intel", "proc/77/comm = org_kde_powerde\n", SILENT },

	{ "GR-07", "rules-intel", BIND(CARD, "vfio-pci"), SPEAKS, SEVERITY_RISKY,
	  "0000:01:00.1/driver_override" },
	{ "GR-07", "rules-intel", BIND(CARD, "vfio-pci") "-" CARD_AUDIO "driver\n", SILENT },
	{ "GR-09", "rules-amd", AMD_SLOT "max_link_width = 4\n", SPEAKS, SEVERITY_RISKY,
	  "PCI Express slot" },
	{ "GR-09", "rules-amd", AMD_SLOT "0000:03:05.0/max_link_width = 4\n", SILENT },
	{ "FW-16", "rules-intel", CARD "boot_vga = 1\n" IGPU "boot_vga = 0\n", SPEAKS,
	  SEVERITY_RISKY, "primary display" },
	{ "FW-16", "rules-intel", "", SILENT },

	{ "FW-24", "rules-intel", RUNNING, SPEAKS, SEVERITY_RISKY, "systemd-inhibit" },
	{ "FW-24", "rules-intel",
	  RUNNING "run/systemd/inhibit/3 = WHAT=shutdown:sleep\\nMODE=block\n", SILENT },
	{ "PN-07", "rules-intel",
	  "sys/fs/cgroup/machine.slice/cpuset.cpus.partition = isolated invalid (Cpu list in "
	  "cpuset.cpus not exclusive)\n",
	  SPEAKS, SEVERITY_RISKY, "machine.slice" },
	{ "PN-07", "rules-intel", "sys/fs/cgroup/machine.slice/cpuset.cpus.partition = isolated\n",
	  SILENT },
	{ "PN-06", "rules-intel", "dir sys/fs/cgroup/cpuset\n", SPEAKS, SEVERITY_SLOW,
	  "unified_cgroup_hierarchy" },
	{ "PN-06", "rules-intel", SQUEEZED, SPEAKS, SEVERITY_SLOW, "AllowedCPUs=0-7" },
	{ "PN-06", "rules-intel", SQUEEZED RUNNING, SILENT },
	{ "PN-06", "rules-intel", CGROUP2, SILENT },
	{ "PN-03", "rules-intel", CPU(0, "1") CPU(1, "2"), SPEAKS, SEVERITY_SLOW, "2 cores" },
	{ "PN-03", "rules-intel", CPU(0, "1") CPU(1, "2") CPU(2, "4"), SILENT },
	{ "PN-09", "rules-intel", PINNED INTERRUPT("nvme0q1", "2"), SPEAKS, SEVERITY_STYLE,
	  "echo 0-1 >" },
	{ "PN-09", "rules-intel", PINNED INTERRUPT("nvme0q1", "1"), SILENT },
	{ "PN-09", "rules-intel", PINNED INTERRUPT("vfio-msix[0](0000:01:00.0)", "2"), SILENT },
	{ "PN-09", "rules-intel", PINNED "proc/irq/17/effective_affinity_list = 2\n", SILENT },
	{ "PN-12", "rules-intel", PINNED IDLE_STATE("890", "0"), SPEAKS, SEVERITY_STYLE, "C10" },
	{ "PN-12", "rules-intel", PINNED IDLE_STATE("890", "1"), SILENT },
	{ "PN-12", "rules-intel", PINNED IDLE_STATE("120", "0"), SILENT },
	{ "PN-12", "rules-intel", IDLE_STATE("890", "0"), SILENT },
	{ "PN-11", "rules-intel", FREQUENCY("powersave", "acpi-cpufreq"), SPEAKS, SEVERITY_SLOW,
	  "lowest frequency" },
	{ "PN-11", "rules-intel", FREQUENCY("powersave", "intel_pstate"), SILENT },
	{ "PN-11", "rules-intel",
	  FREQUENCY("powersave", "amd-pstate-epp") "sys/devices/system/cpu/cpu0/cpufreq/"
						   "energy_performance_preference = power\n",
	  SPEAKS, SEVERITY_SLOW, "balance_performance" },
	{ "FW-20", "rules-intel", ARGS "split_lock_detect=fatal\n", SPEAKS, SEVERITY_RISKY,
	  "whole guest" },
	{ "FW-20", "rules-intel", SPLIT_LOCKS("CPU 0/KVM/4321"), SPEAKS, SEVERITY_SLOW, "sysctl" },
	{ "FW-20", "rules-intel", SPLIT_LOCKS("wine64-preloader/4321"), SILENT },

	{ "MM-05", "rules-intel", HUGE_PAGES("8", "8"), SPEAKS, SEVERITY_STYLE, "16 MiB" },
	{ "MM-05", "rules-intel", HUGE_PAGES("8", "2"), SILENT },
	{ "MM-05", "rules-intel", ARGS "hugepagesz=1G\n", SPEAKS, SEVERITY_RISKY, "pdpe1gb" },
	{ "MM-05", "rules-intel", ARGS "hugepagesz=1G\n" CPUINFO "vmx pdpe1gb lm\n", SILENT },
	{ "MM-06", "rules-intel",
	  "sys/kernel/mm/transparent_hugepage/enabled = always madvise [never]\n", SPEAKS,
	  SEVERITY_STYLE, "madvise" },
	{ "MM-06", "rules-intel",
	  "sys/kernel/mm/transparent_hugepage/enabled = always [madvise] never\n", SILENT },
	{ "MM-07", "rules-intel", "sys/kernel/mm/ksm/run = 1\n", SPEAKS, SEVERITY_STYLE, NULL },
	{ "MM-07", "rules-intel", "sys/kernel/mm/ksm/run = 0\n", SILENT },
	{ "MM-08", "rules-intel", NODES CARD "numa_node = -1\n", SPEAKS, SEVERITY_STYLE,
	  "2 nodes" },
	{ "MM-08", "rules-intel", NODES CARD "numa_node = 1\n", SILENT },

	{ "BL-03", "rules-amd", BLS "GRUB_CMDLINE_LINUX=\"rhgb vfio-pci.ids=1002:699f\"\n", SPEAKS,
	  SEVERITY_RISKY, "grubby --update-kernel=ALL --args='vfio-pci.ids=1002:699f'" },
	{ "BL-03", "rules-amd", BLS "GRUB_CMDLINE_LINUX=\"rhgb amd_iommu=on resume=x\"\n", SILENT },
	{ "BL-06", "rules-bare", "boot/loader/loader.conf = x\nusr/bin/reinstall-kernels = x\n",
	  SPEAKS, SEVERITY_STYLE, "/etc/kernel/cmdline" },
	{ "BL-06", "rules-bare",
	  "boot/loader/loader.conf = x\nusr/bin/reinstall-kernels = x\netc/kernel/cmdline = ro\n",
	  SILENT },

	{ "HS-13", "rules-intel", LEDGER("made=false"), SPEAKS, SEVERITY_RISKY,
	  "sudo hotseat setup --undo" },
	{ "HS-13", "rules-intel", LEDGER("version=9"), SPEAKS, SEVERITY_RISKY, NULL },
	{ "HS-13", "rules-intel", LEDGER("made=true"), SILENT },
	{ "HS-14", "rules-intel", LEDGER(LEDGER_FILE), SPEAKS, SEVERITY_RISKY, "gone" },
	{ "HS-14", "rules-intel", LEDGER(LEDGER_FILE) "etc/ours = edited\n", SPEAKS, SEVERITY_RISKY,
	  "etc/ours" },
	{ "HS-14", "rules-intel", LEDGER(LEDGER_FILE) "etc/ours = x\n", SILENT },
	{ "HS-15", "rules-intel", LEDGER("made=true\\nboot=one\\narguments=x=y;") BOOTED, SPEAKS,
	  SEVERITY_STYLE, "x=y" },
	{ "HS-15", "rules-intel", LEDGER("made=true\\nboot=two\\narguments=x=y;") BOOTED, SILENT },
	{ "HS-15", "rules-intel",
	  LEDGER("made=true\\nboot=one\\narguments=x=y;") BOOTED ARGS "x=y\n", SILENT },

	{ "FW-10", "rules-intel", ARGS "pci=noats,config_acs=10@pci:0:0\n", SPEAKS, SEVERITY_RISKY,
	  NULL },
	{ "FW-10", "rules-intel", ARGS "pci=noats,realloc\n", SILENT },
	{ "BL-19", "rules-intel", ARGS "nomodeset\n", SPEAKS, SEVERITY_RISKY, "nomodeset" },
	{ "BL-19", "rules-intel", ARGS "module_blacklist=amdgpu,foo\n", SPEAKS, SEVERITY_RISKY,
	  NULL },
	{ "BL-19", "rules-intel", ARGS "rd.driver.blacklist=nouveau\n", SILENT },
	{ "BL-20", "rules-intel", "sys/module/vfio_pci/parameters/disable_vga = Y\n", SPEAKS,
	  SEVERITY_STYLE, NULL },
	{ "BL-20", "rules-intel", "sys/module/vfio_pci/parameters/disable_vga = N\n", SILENT },
	{ "PN-05", "rules-intel", ARGS "isolcpus=2-7\n", SPEAKS, SEVERITY_OBSOLETE,
	  "isolcpus=2-7" },
	{ "PN-05", "rules-intel", ARGS "-- isolcpus=2-7\n", SILENT },
	{ "PN-10", "rules-intel", ARGS "nohz_full=2-7\n", SPEAKS, SEVERITY_STYLE, NULL },
	{ "PN-10", "rules-intel", ARGS "nohz=on\n", SILENT },
};

static void apply(struct manifest *manifest, const char *change)
{
	g_auto(GStrv) lines = g_strsplit(change, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		if (lines[i][0] == '-')
			manifest_remove(manifest, lines[i] + 1);
		else if (lines[i][0] != '\0')
			manifest_add(manifest, lines[i]);
	}
}

static struct manifest *build(const char *base, const char *change)
{
	struct manifest *manifest = manifest_build_file(base);
	g_autofree char *hook =
		g_build_filename(manifest->folder, "etc/libvirt/hooks/qemu.d/hotseat", NULL);

	/* Manifests know no permissions, and a hook that cannot be executed is none. */
	g_chmod(hook, 0755);
	apply(manifest, change);
	return manifest;
}

static struct machine *read_machine(const struct manifest *manifest)
{
	g_autoptr(GError) error = NULL;
	struct machine *machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_JUDGED, &error);

	g_assert_no_error(error);
	return machine;
}

static gboolean mentions(const struct finding *finding, const char *part)
{
	return part == NULL || strstr(finding->subject, part) != NULL ||
	       strstr(finding->evidence, part) != NULL || strstr(finding->message, part) != NULL ||
	       (finding->fix != NULL && strstr(finding->fix, part) != NULL);
}

static void test_rule(gconstpointer data)
{
	const struct rule_case *c = data;
	autoptr(manifest) manifest = build(c->base, c->change);
	autoptr(machine) machine = read_machine(manifest);
	g_autoptr(GPtrArray) findings = rules_judge_host(machine);
	guint spoke = 0, unknown = 0, as_wanted = 0;

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (!g_str_equal(finding->rule->id, c->rule))
			continue;
		g_test_message("%s %s: %s (%s) %s", severity_name(finding->severity),
			       finding->subject, finding->message, finding->evidence,
			       finding->fix == NULL ? "" : finding->fix);
		spoke += finding->unknown ? 0 : 1;
		unknown += finding->unknown ? 1 : 0;
		g_assert_true(finding->rule->tag != 'U' || finding->severity == SEVERITY_STYLE);
		as_wanted += !finding->unknown && finding->severity == c->severity &&
			     mentions(finding, c->says);
	}
	switch (c->wanted) {
	case SILENT:
		g_assert_cmpuint(spoke + unknown, ==, 0);
		break;
	case SPEAKS:
		g_assert_cmpuint(as_wanted, >, 0);
		break;
	case UNKNOWN:
		g_assert_cmpuint(spoke, ==, 0);
		g_assert_cmpuint(unknown, >, 0);
		break;
	}
}

/* A desktop that is as it should be gets no advice at all: else people stop reading it. */
static void test_good_machine_is_left_alone(void)
{
	autoptr(manifest) manifest = build("rules-intel", "");
	autoptr(machine) machine = read_machine(manifest);
	g_autoptr(GPtrArray) findings = rules_judge_host(machine);

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		g_test_message("%s %s: %s", finding->rule->id, finding->subject, finding->message);
	}
	g_assert_cmpuint(findings->len, ==, 0);
}

/* A folder with little in it must give "not known", never "broken" for what it does not hold. */
static void test_sparse_folder_breaks_nothing(void)
{
	autoptr(manifest) manifest = build("rules-intel", "-usr\n-etc\n-run\n-lib\n-boot\n-dev\n");
	autoptr(machine) machine = read_machine(manifest);
	g_autoptr(GPtrArray) findings = rules_judge_host(machine);
	guint unknown = 0;

	for (guint i = 0; i < findings->len; i++)
		unknown += ((const struct finding *)g_ptr_array_index(findings, i))->unknown;
	g_assert_cmpuint(findings_count(findings, SEVERITY_BROKEN), ==, 0);
	g_assert_cmpuint(unknown, >, 3);
	/* what is not known counts under no severity */
	g_assert_cmpuint(findings_count(findings, SEVERITY_STYLE), ==, 0);
}

static gsize place_of(const struct rule *rule)
{
	gsize place = 0;

	while (rules_host(place) != rule)
		place++;
	return place;
}

/* The order is a promise: worst first, then the table's, where the causes come before the rest. */
static void test_worst_comes_first(void)
{
	autoptr(manifest) manifest = build("rules-amd", "");
	autoptr(machine) machine = read_machine(manifest);
	g_autoptr(GPtrArray) findings = rules_judge_host(machine);

	g_assert_cmpuint(findings->len, >, 4);
	for (guint i = 1; i < findings->len; i++) {
		const struct finding *before = g_ptr_array_index(findings, i - 1);
		const struct finding *finding = g_ptr_array_index(findings, i);

		g_assert_cmpint(before->severity, <=, finding->severity);
		if (before->severity == finding->severity)
			g_assert_cmpuint(place_of(before->rule), <=, place_of(finding->rule));
	}
}

/* Ids are what documents and bug reports name. */
static void test_ids_are_unique(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const struct rule *rule;

	for (gsize i = 0; (rule = rules_host(i)) != NULL; i++) {
		g_assert_true(g_regex_match_simple("^[A-Z]{2}-[0-9]{2}$", rule->id, 0, 0));
		g_assert_true(g_hash_table_add(seen, (gpointer)(guintptr)rule->id));
		g_assert_nonnull(rule->title);
		g_assert_nonnull(rule->why);
		g_assert_nonnull(rule->source);
		g_assert_nonnull(strchr("VDCU", rule->tag));
		/* what nobody has verified is advice */
		if (rule->tag == 'U')
			g_assert_cmpint(rule->severity, ==, SEVERITY_STYLE);
	}
}

/* A rule that nothing here trips, or nothing nearly trips, is not tested. */
static void test_every_rule_has_its_cases(void)
{
	const struct rule *rule;

	for (gsize i = 0; (rule = rules_host(i)) != NULL; i++) {
		gboolean speaks = FALSE, silent = FALSE;

		/* that one depends on who asks, and has tests of its own */
		if (g_str_equal(rule->id, "HS-10"))
			continue;
		for (gsize j = 0; j < G_N_ELEMENTS(cases); j++) {
			if (!g_str_equal(cases[j].rule, rule->id))
				continue;
			speaks |= cases[j].wanted == SPEAKS;
			silent |= cases[j].wanted == SILENT;
		}
		if (!speaks || !silent)
			g_error("%s has no case that trips it, or none that nearly does", rule->id);
	}
}

static void test_rights(void)
{
	static const struct rule rule = { .id = "HS-10", .severity = SEVERITY_STYLE };
	static const gid_t libvirt[] = { 1000, 110 }, other[] = { 1000, 11 };
	const struct host_user root_user = { 0, other, 2 }, member = { 1000, libvirt, 2 },
			       stranger = { 1000, other, 2 };
	autoptr(manifest) manifest = build("rules-intel", "etc/group = x:x:1:\\nlibvirt:x:110:\n");
	autoptr(machine) machine = read_machine(manifest);
	g_autoptr(GPtrArray) findings = g_ptr_array_new();
	autoptr(finding) finding = NULL;

	host_judge_rights_of(&rule, machine, &root_user, findings);
	host_judge_rights_of(&rule, machine, &member, findings);
	g_assert_cmpuint(findings->len, ==, 0);
	host_judge_rights_of(&rule, machine, &stranger, findings);
	g_assert_cmpuint(findings->len, ==, 1);
	finding = g_ptr_array_index(findings, 0);
	g_assert_nonnull(strstr(finding->fix, "usermod -aG libvirt"));
}

static const struct {
	const char *os_release, *wanted;
} advices[] = {
	{ "ID=debian", "sudo apt install qemu-system-x86" },
	{ "ID=ubuntu\\nID_LIKE=debian", "sudo apt install qemu-system-x86" },
	{ "ID=neon\\nID_LIKE=\"ubuntu debian\"", "sudo apt install qemu-system-x86" },
	{ "ID=\"rocky\"\\nID_LIKE=\"rhel centos fedora\"", "sudo dnf install qemu-kvm" },
	{ "ID=manjaro\\nID_LIKE=arch", "sudo pacman -S --needed qemu-desktop" },
	{ "ID=\"opensuse-tumbleweed\"\\nID_LIKE=\"opensuse suse\"",
	  "sudo zypper install qemu-x86" },
	{ "ID=hannahmontana", "Install the package that holds qemu-system-x86_64." },
};

static void test_advice_fits_the_distribution(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(advices); i++) {
		g_autofree char *change =
			g_strconcat("etc/os-release = ", advices[i].os_release, NULL);
		autoptr(manifest) manifest = build("rules-intel", change);
		autoptr(machine) machine = read_machine(manifest);
		g_autofree char *advice = advice_for(machine, ADVICE_QEMU);

		g_assert_cmpstr(advice, ==, advices[i].wanted);
	}
}

/* Silverblue is a Fedora on which Fedora's commands do nothing lasting. */
static void test_advice_for_images(void)
{
	autoptr(manifest) manifest = build("rules-amd", "run/ostree-booted = \n");
	autoptr(machine) machine = read_machine(manifest);
	g_autofree char *advice = advice_add_argument(machine, "a=b");

	g_assert_cmpstr(advice, ==, "sudo rpm-ostree kargs --append-if-missing=a=b");
}

#define SYSTEMD_BOOT "proc/cmdline = initrd=\\\\a.img ro\nboot/loader/loader.conf = x\n"

/* One recipe, for the loader that booted, and with the file that has the argument. */
static const struct {
	const char *change, *add, *drop;
} recipes[] = {
	{ "usr/sbin/update-grub = x\netc/default/grub.d/iommu.cfg = "
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"x=y\"\n",
	  "tee -a /etc/default/grub.d/hotseat.cfg",
	  "Take x=y out of /etc/default/grub.d/iommu.cfg, then:\nsudo update-grub" },
	{ "usr/sbin/update-grub = x\ndir etc/default/grub.d\netc/default/grub = x=y\n",
	  "$GRUB_CMDLINE_LINUX_DEFAULT x=y", "Take x=y out of /etc/default/grub, then:" },
	{ "usr/bin/grub-mkconfig = x\n", "/etc/default/grub, then:\nsudo grub-mkconfig -o",
	  "/etc/default/grub" },
	{ SYSTEMD_BOOT "boot/loader/entries/debian.conf = options ro x=y\n",
	  "the entry in /boot/loader/entries", "the entry in /boot/loader/entries/debian.conf" },
	{ SYSTEMD_BOOT "etc/kernel/cmdline = ro\n", "sudo kernel-install add-all",
	  "/etc/kernel/cmdline" },
	{ SYSTEMD_BOOT "etc/mkinitcpio.d/a.preset = default_uki=x\netc/cmdline.d/b.conf = x=y\n",
	  "sudo mkinitcpio -P", "out of /etc/cmdline.d/b.conf" },
	{ "run/ostree-booted = \n", "--append-if-missing=x=y", "--delete-if-present=x=y" },
};

static void test_advice_fits_the_boot_loader(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(recipes); i++) {
		autoptr(manifest) manifest = build("rules-intel", recipes[i].change);
		autoptr(machine) machine = read_machine(manifest);
		g_autofree char *add = advice_add_argument(machine, "x=y");
		g_autofree char *drop = advice_drop_argument(machine, "x=y");

		g_test_message("%s | %s", add, drop);
		g_assert_nonnull(strstr(add, recipes[i].add));
		g_assert_nonnull(strstr(drop, recipes[i].drop));
	}
}

/* A missing entry would be a NULL in somebody's message. */
static void test_advice_is_complete(void)
{
	static const char *const ids[] = { "debian", "ubuntu", "pop",   "fedora",
					   "arch",   "suse",   "nixos", "other" };

	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_autofree char *change = g_strdup_printf("etc/os-release = ID=%s\n", ids[i]);
		autoptr(manifest) manifest = build("rules-intel", change);
		autoptr(machine) machine = read_machine(manifest);
		g_autofree char *add = advice_add_argument(machine, "x=y");
		g_autofree char *drop = advice_drop_argument(machine, "x=y");

		g_assert_nonnull(strstr(add, "x=y"));
		g_assert_nonnull(strstr(drop, "x=y"));
		for (guint advice = 0; advice < N_ADVICE; advice++) {
			g_autofree char *text = advice_for(machine, (enum advice)advice);

			g_assert_nonnull(text);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/rules/%s/%zu", cases[i].rule, i);

		g_test_add_data_func(path, &cases[i], test_rule);
	}
	g_test_add_func("/rules/good-machine-is-left-alone", test_good_machine_is_left_alone);
	g_test_add_func("/rules/sparse-folder-breaks-nothing", test_sparse_folder_breaks_nothing);
	g_test_add_func("/rules/worst-comes-first", test_worst_comes_first);
	g_test_add_func("/rules/ids-are-unique", test_ids_are_unique);
	g_test_add_func("/rules/every-rule-has-its-cases", test_every_rule_has_its_cases);
	g_test_add_func("/rules/rights", test_rights);
	g_test_add_func("/advice/fits-the-distribution", test_advice_fits_the_distribution);
	g_test_add_func("/advice/for-images", test_advice_for_images);
	g_test_add_func("/advice/fits-the-boot-loader", test_advice_fits_the_boot_loader);
	g_test_add_func("/advice/is-complete", test_advice_is_complete);
	return g_test_run();
}
