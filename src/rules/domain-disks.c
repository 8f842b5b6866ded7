/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/domain.h"

/* Disks and network cards. */

static const struct {
	const char *ending;
	gboolean qcow2;
} endings[] = {
	{ ".qcow2", TRUE },
	{ ".qcow", TRUE },
	{ ".raw", FALSE },
	{ ".iso", FALSE },
};

static gboolean ends_with(const char *path, const char *ending)
{
	g_autofree char *lower = g_ascii_strdown(path, -1);

	return g_str_has_suffix(lower, ending);
}

/* The name is a hint, no more: on a machine the image itself is looked at, domain-host.c. */
static void judge_format(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) drivers =
		document_find(judging->document, NULL,
			      "devices/disk[source/@file]/driver[@type='raw' or @type='qcow2']");

	for (guint i = 0; i < drivers->len; i++) {
		const struct element *driver = g_ptr_array_index(drivers, i);
		const char *type = element_attribute(judging->document, driver, "type");
		const char *path = document_text(judging->document, driver, "../source/@file");

		for (gsize k = 0; k < G_N_ELEMENTS(endings); k++) {
			if (!ends_with(path, endings[k].ending) ||
			    endings[k].qcow2 == g_str_equal(type, "qcow2"))
				continue;
			finding_say(domain_blame(rule, judging, driver),
				    "The type is %s and the file is called %s. libvirt does not "
				    "look; raw on a qcow2 image shows the guest the container "
				    "instead of the disk, and writing destroys it.",
				    type, path);
			break;
		}
	}
}

#define IS_DISK "(not(@device) or @device='disk')"
#define ON_IDE "(target/@bus='ide' or (not(target/@bus) and starts-with(target/@dev, 'hd')))"

static const struct domain_rule table[] = {
	{ .rule = { "ST-01", SEVERITY_RISKY, 'V', "the driver's type is the image's format",
		    "libvirt takes the type as it stands, and never looks into the image.", NULL,
		    "libvirt docs/formatdomain.rst; QEMU docs/interop/qcow2.txt" },
	  .judge = judge_format,
	  .message = "The type and the file's name disagree.",
	  .fix = "Look before anything else: qemu-img info FILE. Correct the type, or the name; "
		 "never convert to repair." },
	{ .rule = { "ST-02", SEVERITY_BROKEN, 'V', "q35 has no IDE",
		    "IDE controllers exist on i440fx only.", NULL,
		    "libvirt src/qemu/qemu_validate.c" },
	  .needs = DOMAIN_Q35,
	  .find = "devices/disk[" ON_IDE "]",
	  .message = "q35 has no IDE controller: libvirt refuses.",
	  .fix = "bus='sata', for a Windows that was installed on SATA, or virtio with its driver "
		 "there" },
	{ .rule = { "ST-02", SEVERITY_SLOW, 'V', "disks are virtio",
		    "IDE and SATA are emulated register by register; virtio is made for guests.",
		    NULL, "libvirt docs/formatdomain.rst; ArchWiki" },
	  .needs = DOMAIN_X86 | DOMAIN_PCI,
	  .find = "devices/disk[" IS_DISK "][target/@bus='sata' or (" ON_IDE
		  " and not(contains(../../os/type/@machine, 'q35')))]",
	  .message = "An emulated disk controller is slow.",
	  .fix = "virtio or virtio-scsi, but not at once: an installed Windows needs the driver "
		 "first. Give it a second, small virtio disk, install the driver, then change the "
		 "bus; hotseat set GUEST disk-bus=virtio does that for guests of its own." },
	{ .rule = { "ST-04", SEVERITY_BROKEN, 'V', "io='native' goes with no cache",
		    "Linux' own asynchronous input and output works past the page cache only.",
		    NULL, "libvirt src/qemu/qemu_validate.c" },
	  .find = "devices/disk/driver[@io='native'][not(@cache='none' or @cache='directsync')]",
	  .message = "io='native' needs cache='none' or 'directsync': libvirt refuses.",
	  .fix = "cache='none' io='native', or io='threads'" },
	{ .rule = { "ST-04", SEVERITY_RISKY, 'V', "what is written is written",
		    "unsafe ignores every flush of the guest.", NULL,
		    "libvirt docs/formatdomain.rst" },
	  .find = "devices/disk/driver[@cache='unsafe']",
	  .message = "cache='unsafe' loses what the guest believes to be on the disk when the host "
		     "stops.",
	  .fix = "cache='none' or 'writeback'" },
	{ .rule = { "ST-05", SEVERITY_STYLE, 'V', "I/O threads are used",
		    "A thread that no disk names does nothing.", NULL,
		    "libvirt docs/formatdomain.rst" },
	  .find = "iothreads[. > 0][not(../devices/*/driver/@iothread)]"
		  "[not(../devices/*/driver/iothreads)]",
	  .message = "No disk or controller uses these I/O threads.",
	  .fix = "iothread='1' in the <driver> of a virtio disk or of a virtio-scsi controller" },
	{ .rule = { "ST-10", SEVERITY_BROKEN, 'V', "I/O threads that disks use are there",
		    "libvirt looks the thread up.", NULL, "libvirt src/qemu/qemu_validate.c" },
	  .needs = DOMAIN_X86 | DOMAIN_INTACT,
	  .find = "devices/*/driver[@iothread][not(@iothread <= number(../../../iothreads))]"
		  "[not(@iothread = ../../../iothreadids/iothread/@id)]",
	  .message = "There is no I/O thread of this number: libvirt refuses.",
	  .fix = "<iothreads>1</iothreads> below <vcpu>" },
	{ .rule = { "ST-08", SEVERITY_RISKY, 'D', "disks have names that last",
		    "The kernel numbers disks as it finds them.", NULL, "ArchWiki" },
	  .find = "devices/disk[@type='block']/source[starts-with(@dev, '/dev/sd') or "
		  "starts-with(@dev, '/dev/nvme') or starts-with(@dev, '/dev/hd')]",
	  .message = "This name can mean another disk after the next boot.",
	  .fix = "The name of the same disk below /dev/disk/by-id" },
	{ .rule = { "ST-09", SEVERITY_STYLE, 'U', "QEMU may reach the images",
		    "QEMU runs as a user of its own, and home directories are closed to it.", NULL,
		    "none: experience" },
	  .find = "devices/disk/source[starts-with(@file, '/home/') or "
		  "starts-with(@file, '/root/')]",
	  .message = "QEMU's user may not get into this folder.",
	  .fix = "Keep images below /var/lib/libvirt/images." },
	{ .rule = { "NW-01", SEVERITY_SLOW, 'D', "the network card is virtio",
		    "rtl8139 and its like are cards of the 100 Mbit age, emulated register by "
		    "register.",
		    NULL, "ArchWiki" },
	  .needs = DOMAIN_X86,
	  .find = "devices/interface/model[@type='rtl8139' or @type='ne2k_pci' or "
		  "@type='ne2k_isa' or @type='pcnet' or @type='i82551' or @type='i82557b' or "
		  "@type='i82559er']",
	  .message = "This network card is from the 100 Mbit age.",
	  .fix = "<model type='virtio'/> with the NetKVM driver, or e1000e without a driver" },
};

const struct domain_rules domain_disk_rules = DOMAIN_RULES(table);
