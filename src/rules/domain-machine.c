/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "rules/domain.h"

/* Machine type, firmware, TPM. */

/* The QEMU that deletes a machine type of this version, DX-02; 0.0 while none is known to. */
static void removal(guint major, guint minor, guint *qemu_major, guint *qemu_minor)
{
	const guint known_major = 11, known_minor = 1;

	/* Six years, two or three releases each; deleting began with 10.1. */
	*qemu_major = MAX(major + 6, 10);
	*qemu_minor = major + 6 < 10 || (major + 6 == 10 && minor < 1) ? 1 : minor;
	if (*qemu_major > known_major || (*qemu_major == known_major && *qemu_minor > known_minor))
		*qemu_major = *qemu_minor = 0;
}

static void judge_age(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *type = document_first(judging->document, NULL, "os/type[@machine]");
	const char *machine =
		type == NULL ? NULL : element_attribute(judging->document, type, "machine");
	guint major = 0, minor = 0, qemu_major, qemu_minor;
	const char *version = NULL;
	struct finding *finding;

	if (machine != NULL && g_str_has_prefix(machine, "pc-"))
		version = strrchr(machine, '-');
	if (version == NULL)
		return;
	/* bionic, focal, rhel8.2.0: the machine types of one distribution */
	if (sscanf(version, "-%u.%u", &major, &minor) != 2) {
		finding = domain_blame(rule, judging, type);
		finding_say(finding,
			    "%s is a machine type of one distribution only, which drops it "
			    "when that release leaves support.",
			    machine);
		return;
	}
	removal(major, minor, &qemu_major, &qemu_minor);
	if (qemu_major == 0)
		return;
	finding = domain_blame(rule, judging, type);
	finding_say(finding, "QEMU %u.%u and later do not offer %s any more.", qemu_major,
		    qemu_minor, machine);
}

static void judge_windows11(const struct domain_rule *rule, struct judging *judging)
{
	struct finding *finding;

	if (document_true(judging->document,
			  "devices/tpm or metadata/libosinfo:libosinfo/libosinfo:os[not(contains("
			  "@id, '/win/10') or contains(@id, '/win/11'))]"))
		return;
	finding = domain_blame(rule, judging, document_domain(judging->document));
	if (judging->traits & DOMAIN_WIN11)
		finding->severity = SEVERITY_RISKY;
}

static const struct domain_rule table[] = {
	{ .rule = { "DX-01", SEVERITY_SLOW, 'V', "the machine is q35",
		    "Only q35 has PCIe root ports. On i440fx a card sits on conventional PCI, "
		    "without "
		    "extended configuration space, so without resizable BARs, and Secure Boot is "
		    "not "
		    "possible.",
		    NULL, "QEMU docs/interop/firmware.json, hw/i386" },
	  .needs = DOMAIN_X86 | DOMAIN_PCI,
	  .find = "os/type[not(@machine) or @machine='pc' or starts-with(@machine, 'pc-i440fx') or "
		  "starts-with(@machine, 'pc-0.') or starts-with(@machine, 'pc-1.')]",
	  .message = "i440fx, which libvirt also takes where no machine is named, has no PCIe, so "
		     "a "
		     "passed card has no link, no resizable BAR and no Secure Boot firmware.",
	  .fix = "Make a new q35 guest and give it this disk: the machine cannot be changed in "
		 "place, because every address changes. Keep uuid and MAC address." },
	{ .rule = { "DX-02", SEVERITY_OBSOLETE, 'V', "the machine type is still offered",
		    "QEMU deletes versioned machine types after six years, since 10.1; those of "
		    "distributions exist nowhere else.",
		    NULL, "QEMU include/hw/boards.h, docs/about/removed-features.rst" },
	  .needs = DOMAIN_X86,
	  .judge = judge_age,
	  .message = "This machine type is gone or going.",
	  .fix = "Save the XML, then take the newest pc-q35 or pc-i440fx of the same kind: virsh "
		 "domcapabilities lists them. For Windows it is like a new mainboard." },
	{ .rule = { "DX-03", SEVERITY_OBSOLETE, 'V', "libvirt chooses the firmware",
		    "Firmware files have other names and places on every distribution; libvirt "
		    "finds "
		    "them by descriptors.",
		    NULL, "libvirt docs/formatdomain.rst, docs/kbase/secureboot.rst" },
	  .rule.versions = "libvirt 5.2",
	  .needs = DOMAIN_X86,
	  /* since 9.2 libvirt writes the path it chose, and says so by firmware= */
	  .find = "os[not(@firmware)]/loader[@type='pflash'][normalize-space(.) != '']",
	  .message = "A fixed path to the firmware breaks when the distribution renames it.",
	  .fix = "<os firmware='efi'> and no <loader>; keep <nvram>, which is the guest's own." },
	{ .rule = { "DX-04", SEVERITY_RISKY, 'V', "the firmware image is of a size that is kept",
		    "Debian and Ubuntu dropped the 2 MiB images; variables of one size do not fit "
		    "code of the other.",
		    NULL, "edk2: Debian ovmf.NEWS, howto-2M-to-4M-migration" },
	  .needs = DOMAIN_X86,
	  .find = "os/loader[normalize-space(.) = '/usr/share/OVMF/OVMF_CODE.fd' or "
		  "normalize-space(.) "
		  "= '/usr/share/OVMF/OVMF_CODE.ms.fd' or normalize-space(.) = "
		  "'/usr/share/OVMF/OVMF_CODE.secboot.fd'] | "
		  "os/nvram[@template][contains(../loader, '4M') or contains(../loader, '4m')]"
		  "[not(contains(@template, '4M') or contains(@template, '4m'))]",
	  .message =
		  "This is a 2 MiB image: Debian and Ubuntu no longer ship it, and its variables "
		  "do not go with a 4 MiB one.",
	  .fix = "Move the variables to the 4 MiB form as the ovmf package describes, then let "
		 "libvirt choose: <os firmware='efi'>" },
	{ .rule = { "DX-05", SEVERITY_BROKEN, 'V', "Secure Boot and SMM go together",
		    "Firmware with Secure Boot is built for SMM; libvirt turns SMM on by itself, "
		    "and "
		    "refuses where it is off by hand.",
		    NULL, "libvirt src/qemu/qemu_validate.c, docs/kbase/secureboot.rst" },
	  .needs = DOMAIN_X86,
	  .find = "os/loader[@secure='yes'][../../features/smm/@state='off'] | "
		  "os/firmware/feature[@name='secure-boot'][@enabled='yes'][../../../features/smm/"
		  "@state='off']",
	  .message = "Secure Boot needs SMM, which is turned off here: libvirt refuses.",
	  .fix = "<smm state='on'/> in <features>, or take <smm> out" },
	{ .rule = { "DX-06", SEVERITY_STYLE, 'U', "Windows 11 has a TPM",
		    "Its setup wants UEFI, Secure Boot capable firmware and TPM 2.0.", NULL,
		    "libvirt docs/formatdomain.rst; Windows' rule: experience" },
	  .needs = DOMAIN_COMPLETE | DOMAIN_WINDOWS | DOMAIN_PCI,
	  .judge = judge_windows11,
	  .message = "There is no TPM: the setup of Windows 11 refuses without one.",
	  .fix = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>\n"
		 "and the packages swtpm and swtpm-tools" },
	{ .rule = { "DX-08", SEVERITY_STYLE, 'U', "a guest with a card starts by UEFI",
		    "With SeaBIOS the card's ROM runs as on an old PC (x-vga), which few cards "
		    "still "
		    "do well.",
		    NULL, "none: experience" },
	  .needs = DOMAIN_COMPLETE | DOMAIN_X86 | DOMAIN_CARD,
	  .find = "os[not(@firmware='efi')][not(nvram)][not(loader[@type='pflash' or "
		  "contains(., 'OVMF') or contains(., 'edk2') or contains(., 'efi')])]",
	  .message = "This guest starts by BIOS; cards of today want UEFI.",
	  .fix = "<os firmware='efi'>; an installed Windows needs mbr2gpt first." },
	{ .rule = { "SD-23", SEVERITY_RISKY, 'V', "the emulator is where every distribution has it",
		    "kvm-spice was a name on Ubuntu only.", NULL, "Ubuntu's qemu packages" },
	  .find = "devices/emulator[contains(., 'kvm-spice') or contains(., '/qemu-kvm/')]",
	  .message = "This emulator exists on one distribution only.",
	  .fix = "Take <emulator> out: libvirt finds its own." },
};

const struct domain_rules domain_machine_rules = DOMAIN_RULES(table);
