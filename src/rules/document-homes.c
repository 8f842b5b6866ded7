/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/document-mend.h"

/*
 * Where the elements of a domain live, for documents that lost the tags around them. The first
 * parent is the one to put in when none of them is open: the one without attributes, which is what
 * gets lost when a page is copied. Names that are not here stay where they stand.
 * Source: libvirt docs/schemas/domaincommon.rng.
 */
static const struct {
	const char *names;   /* between blanks */
	const char *having;  /* only with this attribute, NULL: any */
	const char *lacking; /* only without this attribute, NULL: any */
	const char *const *parents;
} homes[] = {
#define HOME(...) ((const char *const[]){ __VA_ARGS__, NULL })
	{ " name uuid genid title description metadata maxMemory currentMemory vcpus vcpu "
	  "memoryBacking memtune blkiotune cputune numatune iothreads iothreadids iothreadmappings "
	  "bootloader os idmap cpu clock on_poweroff on_reboot on_crash on_lockfailure pm perf "
	  "devices qemu:commandline qemu:override qemu:capabilities sysinfo launchSecurity "
	  "keywrap resource ",
	  NULL, NULL, HOME("domain") },
	{ " memory ", "model", NULL, HOME("devices") },
	{ " memory ", "nodeset", NULL, HOME("numatune") },
	{ " memory ", "unit", NULL, HOME("domain") },
	{ " features ", NULL, NULL, HOME("domain") },
	{ " seclabel ", "model", NULL, HOME("domain", "source") },
	{ " vcpupin emulatorpin iothreadpin vcpusched iothreadsched emulatorsched shares period "
	  "quota cachetune memorytune ",
	  NULL, NULL, HOME("cputune") },
	{ " hugepages nosharepages locked discard allocation ", NULL, NULL, HOME("memoryBacking") },
	{ " page ", NULL, NULL, HOME("hugepages") },
	{ " hard_limit soft_limit swap_hard_limit ", NULL, NULL, HOME("memtune") },
	{ " access ", NULL, NULL, HOME("memoryBacking", "memory") },
	{ " memnode ", NULL, NULL, HOME("numatune") },
	{ " type ", NULL, NULL, HOME("os") },
	{ " loader nvram bootmenu smbios bios ", NULL, NULL, HOME("os", "sysinfo") },
	{ " boot ", "dev", NULL, HOME("os") },
	{ " acpi apic pae hyperv kvm vmport smm ioapic pmu gic vmcoreinfo hap xen ps2 ", NULL, NULL,
	  HOME("features") },
	{ " relaxed vapic spinlocks vpindex runtime synic stimer vendor_id frequencies "
	  "reenlightenment tlbflush ipi evmcs avic emsr_bitmap xmm_input ",
	  NULL, NULL, HOME("hyperv") },
	{ " reset ", "state", NULL, HOME("hyperv") },
	{ " hidden hint-dedicated poll-control pv-ipi dirty-ring ", NULL, NULL, HOME("kvm") },
	{ " topology maxphysaddr numa ", NULL, NULL, HOME("cpu") },
	{ " feature ", "policy", NULL, HOME("cpu") },
	{ " feature ", "enabled", NULL, HOME("firmware") },
	{ " cell ", NULL, NULL, HOME("numa") },
	{ " timer ", NULL, NULL, HOME("clock") },
	{ " suspend-to-mem suspend-to-disk ", NULL, NULL, HOME("pm") },
	{ " emulator disk controller interface serial parallel console channel input tpm graphics "
	  "sound video hostdev redirdev redirfilter memballoon rng shmem watchdog panic filesystem "
	  "hub smartcard vsock iommu crypto lease ",
	  NULL, NULL, HOME("devices") },
	{ " audio ", "type", NULL, HOME("devices") },
	{ " audio ", "id", "type", HOME("sound", "graphics") },
	{ " backingStore mirror blockio iotune shareable transient wwn encryption ", NULL, NULL,
	  HOME("disk", "source", "backingStore") },
	{ " mac mtu virtualport bandwidth portForward ", NULL, NULL, HOME("interface") },
	{ " model ", "fallback", NULL, HOME("cpu") },
	{ " model ", "name", NULL, HOME("target", "controller") },
	{ " model ", "type", NULL, HOME("video", "interface", "shmem") },
	{ " listen gl image streaming jpeg zlib ", NULL, NULL, HOME("graphics") },
	{ " master ", "startport", NULL, HOME("controller") },
	{ " address ", "type", NULL,
	  HOME("hostdev", "disk", "controller", "interface", "serial", "console", "channel",
	       "input", "tpm", "sound", "video", "redirdev", "memballoon", "rng", "shmem",
	       "watchdog", "panic", "filesystem", "hub", "smartcard", "vsock", "memory", "parallel",
	       "iommu", "crypto", "source") },
	{ " address ", NULL, "type", HOME("source", "address") },
	{ " vendor product ", "id", NULL, HOME("source") },
	{ " alias ", NULL, NULL,
	  HOME("hostdev", "disk", "controller", "interface", "serial", "console", "channel",
	       "input", "tpm", "sound", "video", "redirdev", "memballoon", "rng", "shmem",
	       "watchdog", "panic", "filesystem", "hub", "smartcard", "vsock", "memory", "parallel",
	       "iommu", "crypto") },
	{ " rom ", NULL, NULL, HOME("hostdev", "interface", "controller", "disk") },
	{ " qemu:arg qemu:env ", NULL, NULL, HOME("qemu:commandline") },
	{ " libosinfo:libosinfo ", NULL, NULL, HOME("metadata") },
	{ " libosinfo:os ", NULL, NULL, HOME("libosinfo:libosinfo") },
#undef HOME
};

static gboolean lists(const char *names, const char *name)
{
	gsize length = strlen(name);

	for (const char *at = strstr(names, name); at != NULL; at = strstr(at + 1, name)) {
		if (at > names && at[-1] == ' ' && at[length] == ' ')
			return TRUE;
	}
	return FALSE;
}

/* @attributes are names and values in turn */
static gboolean has_attribute(const GPtrArray *attributes, const char *name)
{
	for (guint i = 0; i + 1 < attributes->len; i += 2) {
		if (g_str_equal(g_ptr_array_index(attributes, i), name))
			return TRUE;
	}
	return FALSE;
}

const char *const *element_parents(const char *name, const GPtrArray *attributes)
{
	for (gsize i = 0; i < G_N_ELEMENTS(homes); i++) {
		if (!lists(homes[i].names, name))
			continue;
		if (homes[i].having != NULL && !has_attribute(attributes, homes[i].having))
			continue;
		if (homes[i].lacking != NULL && has_attribute(attributes, homes[i].lacking))
			continue;
		return homes[i].parents;
	}
	return NULL;
}
