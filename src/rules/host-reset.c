/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/* Whether a card that was lent comes back: reset and power. */

static const char *address_of(const struct hardware *hardware)
{
	return card_display(hardware->card)->address;
}

/* Neither by itself nor with its bus; the others of its bus are why. */
static gboolean cannot_reset(const struct hardware *hardware)
{
	return hardware->reset->function == KNOWN_NO && hardware->reset->bus == KNOWN_NO;
}

static gboolean lists(const struct hardware *hardware, const char *method)
{
	char **methods = hardware->reset->methods;

	return methods != NULL && g_strv_contains((const char *const *)methods, method);
}

static gboolean is_family(const struct hardware *hardware, const char *trait)
{
	return hardware->family != NULL && g_str_equal(hardware->family->trait, trait);
}

static void judge_stale_method(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);

		if (hardware == NULL || !cannot_reset(hardware) || !lists(hardware, "bus") ||
		    is_family(hardware, FAMILY_QEMU_RESETS))
			continue;
		host_say(findings, rule, address_of(hardware),
			 g_strdup_printf("/sys/bus/pci/devices/%s/reset_method says bus, and other "
					 "devices are on that bus",
					 address_of(hardware)),
			 "The kernel found that method before it found the others on the bus, and "
			 "refuses it when it is used. The card can be lent, but may not work for a "
			 "second guest until the machine is switched off.",
			 g_strdup("Put the card in a slot of its own."));
	}
}

static void judge_bus_reset(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);

		if (hardware == NULL || !cannot_reset(hardware) || lists(hardware, "bus") ||
		    is_family(hardware, FAMILY_QEMU_RESETS))
			continue;
		host_say(findings, rule, address_of(hardware),
			 g_strdup("it lists no reset of its own, and its bus is not its alone"),
			 "Nothing can reset this card between two owners: it has no reset, and its "
			 "bus cannot be reset without the other devices on it.",
			 g_strdup("Put the card in a slot of its own."));
	}
}

static void add_vendor_reset_absent(const struct rule *rule, const struct hardware *hardware,
				    GPtrArray *findings)
{
	host_say(findings, rule, address_of(hardware),
		 g_strdup_printf("it is a %s, and the module vendor_reset is not loaded",
				 hardware->family->name),
		 "Cards of this family often stay dead after a guest, until the machine is "
		 "switched off, unless the module vendor-reset resets them.",
		 g_strdup("Build and install it (DKMS) from github.com/gnif/vendor-reset, then:\n"
			  "echo vendor-reset | sudo tee /etc/modules-load.d/vendor-reset.conf\n"
			  "sudo modprobe vendor-reset"));
}

/* Since 5.15 the kernel takes the first method listed, which is not the module's by itself. */
static void add_vendor_reset_unused(const struct rule *rule, const struct hardware *hardware,
				    GPtrArray *findings)
{
	host_say(findings, rule, address_of(hardware),
		 g_strdup_printf("vendor_reset is loaded, and /sys/bus/pci/devices/%s/reset_method "
				 "has no device_specific",
				 address_of(hardware)),
		 "The module is there and is not used for this card.",
		 g_strdup_printf("Until the next boot; the module's own udev rule makes it last:\n"
				 "echo device_specific | sudo tee "
				 "/sys/bus/pci/devices/%s/reset_method",
				 address_of(hardware)));
}

static void judge_vendor_reset(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	gboolean loaded = root_exists(machine->root, "sys/module/vendor_reset");
	guint family = 0;

	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = g_ptr_array_index(machine->hardware, i);

		if (!is_family(hardware, FAMILY_VENDOR_RESET))
			continue;
		family++;
		if (host_wanted(machine, i) == NULL)
			continue;
		if (!loaded)
			add_vendor_reset_absent(rule, hardware, findings);
		else if (hardware->reset->methods != NULL && !lists(hardware, "device_specific"))
			add_vendor_reset_unused(rule, hardware, findings);
	}
	if (loaded && family == 0)
		host_say(findings, rule, "vendor_reset",
			 g_strdup("the module is loaded, and no card is of its families"),
			 "The module resets Polaris, Vega and the first Navi cards, and no others.",
			 g_strdup("sudo modprobe -r vendor-reset"))
			->severity = SEVERITY_OBSOLETE;
}

static void judge_reset_trouble(const struct rule *rule, const struct machine *machine,
				GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);

		if (hardware == NULL || !is_family(hardware, FAMILY_RESET_TROUBLE))
			continue;
		host_say(findings, rule, address_of(hardware),
			 g_strdup_printf("it is of the family %s (see %s)", hardware->family->name,
					 hardware->family->source),
			 "Users report that such cards do not come back after a guest, or that the "
			 "host freezes. Newer firmware of the card and newer kernels help some.",
			 g_strdup("Update the card's firmware with its maker's tool, and the "
				  "kernel. Save your work before the first handover."));
	}
}

static void judge_qemu_resets(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);

		if (hardware == NULL || !is_family(hardware, FAMILY_QEMU_RESETS) ||
		    !cannot_reset(hardware))
			continue;
		host_say(findings, rule, address_of(hardware),
			 g_strdup_printf("it is a %s (see %s), and the kernel has no reset for it",
					 hardware->family->name, hardware->family->source),
			 "QEMU resets this chip in a way of its own, which often helps and not "
			 "always. Force no other method on it.",
			 NULL);
	}
}

/* Devices that a method harms, although they say that they have it. */
static const struct {
	guint16 vendor, first, last;
	const char *method;
} harmful[] = {
	{ 0x1022, 0x1487, 0x1487, "flr" }, /* Starship and Matisse, sound */
	{ 0x1022, 0x148c, 0x148c, "flr" }, /* Starship, USB */
	{ 0x1022, 0x149c, 0x149c, "flr" }, /* Matisse, USB */
	{ 0x1022, 0x7901, 0x7901, "flr" }, /* FCH, SATA */
	{ 0x8086, 0x1502, 0x1503, "flr" }, /* 82579 */
	{ 0x14c3, 0x0616, 0x0616, "flr" }, /* MT7922 */
	{ 0x10de, 0x2340, 0x237f, "bus" }, /* Hopper */
	{ 0x1b21, 0x1164, 0x1164, "bus" }, /* ASM1164 */
	{ 0x168c, 0x0030, 0x0030, "bus" }, /* Atheros, as the next */
	{ 0x168c, 0x0032, 0x0034, "bus" }, { 0x168c, 0x003c, 0x003c, "bus" },
	{ 0x168c, 0x003e, 0x003e, "bus" },
};

static const char *harmful_method(const struct pcidev *dev)
{
	for (gsize i = 0; i < G_N_ELEMENTS(harmful); i++) {
		if (dev->vendor == harmful[i].vendor && dev->device >= harmful[i].first &&
		    dev->device <= harmful[i].last)
			return harmful[i].method;
	}
	return NULL;
}

/* Today's kernels do not list such a method; one that does is older than what was learnt. */
static void judge_harmful(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	for (guint i = 0; i < machine->devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(machine->devices, i);
		const char *method = harmful_method(dev);
		g_autofree char *text = NULL;
		g_auto(GStrv) methods = NULL;

		if (method == NULL)
			continue;
		text = root_read(machine->root, NULL, "sys/bus/pci/devices/%s/reset_method",
				 dev->address);
		methods = g_strsplit(text == NULL ? "" : text, " ", -1);
		if (!g_strv_contains((const char *const *)methods, method))
			continue;
		host_say(
			findings, rule, dev->address,
			g_strdup_printf("/sys/bus/pci/devices/%s/reset_method says %s",
					dev->address, text),
			"This device hangs when it is reset so, and a newer kernel knows. It must "
			"not go to a guest with this kernel.",
			g_strdup_printf("Install a newer kernel. Until then, if a guest is to have "
					"it:\n"
					"echo pm | sudo tee "
					"/sys/bus/pci/devices/%s/reset_method",
					dev->address));
	}
}

/* A card that fell off its bus answers all ones; one that sleeps in D3cold is not asked. */
static gboolean is_gone(const struct machine *machine, const struct hardware *hardware)
{
	static const guint8 ones[] = { 0xff, 0xff, 0xff, 0xff };
	g_autoptr(GBytes) config = NULL;
	gsize length = 0;
	const guint8 *bytes;

	if (g_strcmp0(hardware->slot->power_state, "D3cold") == 0)
		return FALSE;
	config = root_read_bytes(machine->root, sizeof(ones), NULL, "sys/bus/pci/devices/%s/config",
				 address_of(hardware));
	bytes = config == NULL ? NULL : g_bytes_get_data(config, &length);
	return length == sizeof(ones) && memcmp(bytes, ones, sizeof(ones)) == 0;
}

static void judge_gone(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = g_ptr_array_index(machine->hardware, i);
		struct finding *finding;

		if (!is_gone(machine, hardware))
			continue;
		finding = host_say(findings, rule, address_of(hardware),
				   g_strdup("its configuration space reads as all ones"),
				   "The card does not answer: it fell off the bus, most often at a "
				   "reset that failed.",
				   g_strdup("Switch the machine off, wait, and switch it on. A "
					    "reboot is not enough."));
		if (host_has_other_spare(machine, hardware->card))
			finding->severity = SEVERITY_RISKY;
	}
}

static void judge_idle(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	if (!host_parameter_is_set(machine, "vfio_pci", "disable_idle_d3"))
		return;
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = g_ptr_array_index(machine->hardware, i);

		if (!host_on_vfio(card_display(hardware->card)))
			continue;
		host_say(findings, rule, address_of(hardware),
			 g_strdup("/sys/module/vfio_pci/parameters/disable_idle_d3 is Y"),
			 "While no guest has it, the card stays awake and keeps drawing power. The "
			 "switch is for cards that do not wake up again.",
			 g_strdup("Find the switch, and take it out:\n"
				  "sudo grep -rn disable_idle_d3 /etc/modprobe.d /proc/cmdline"));
	}
}

static void judge_usb_c(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);

		for (guint j = 0; hardware != NULL && j < hardware->card->functions->len; j++) {
			const struct pcidev *dev = g_ptr_array_index(hardware->card->functions, j);

			if (!host_has_driver(dev, "nvidia-gpu"))
				continue;
			host_say(
				findings, rule, dev->address,
				g_strdup_printf("%s is bound to nvidia-gpu", dev->address),
				"The driver of the card's USB-C port can crash the host when the "
				"card is taken and given back. The port works without it.",
				g_strdup_printf(
					"echo 'blacklist i2c_nvidia_gpu' | sudo tee "
					"/etc/modprobe.d/i2c-nvidia-gpu.conf\n"
					"echo %s | sudo tee /sys/bus/pci/drivers/nvidia-gpu/unbind",
					dev->address));
		}
	}
}

static void judge_lockdown(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings)
{
	const char *lockdown = machine->guard->lockdown;

	if (lockdown == NULL || g_str_equal(lockdown, "none") ||
	    root_exists(machine->root, "sys/module/vendor_reset"))
		return;
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);

		if (hardware == NULL || !is_family(hardware, FAMILY_VENDOR_RESET))
			continue;
		host_say(findings, rule, "host",
			 g_strdup_printf("/sys/kernel/security/lockdown is %s", lockdown),
			 "Secure Boot is no hindrance to lending a card. A module built here, such "
			 "as vendor-reset, is loaded only if it is signed with a key that this "
			 "machine knows.",
			 g_strdup("Sign the module with a key of your own, and enrol it:\n"
				  "sudo mokutil --import KEY.der"));
		return;
	}
}

static const struct rule rules[] = {
	{ "RS-09", SEVERITY_BROKEN, 'V', "the card answers",
	  "A device that reads as all ones is not there any more. Only taking its power away "
	  "brings "
	  "it back.",
	  "switch the machine off and on, so that the card answers again",
	  "libvirt src/util/virpci.c, QEMU hw/vfio/pci.c", judge_gone },
	{ "RS-02", SEVERITY_RISKY, 'V', "reset_method's \"bus\" is no empty promise",
	  "The kernel asks for methods before it has found the other functions of a bus, and lists "
	  "\"bus\" for the first one. It is legal only where the function is alone.",
	  "put the card in a slot of its own",
	  "Linux drivers/pci/probe.c pci_device_add, drivers/pci/pci.c pci_parent_bus_reset",
	  judge_stale_method },
	{ "RS-03", SEVERITY_RISKY, 'V', "the card can be reset",
	  "Without a reset of its own a card is reset with its whole bus, which VFIO does only if "
	  "one guest has everything that is on it.",
	  "put the card in a slot of its own",
	  "Linux drivers/vfio/pci/vfio_pci_core.c vfio_pci_dev_set_try_reset", judge_bus_reset },
	{ "RS-05", SEVERITY_RISKY, 'C', "cards that need vendor-reset have it",
	  "Polaris, Vega and the first Navi cards come back reliably only with that module, and "
	  "since Linux 5.15 only if reset_method says device_specific. It does nothing for later "
	  "cards.",
	  "install vendor-reset", "github.com/gnif/vendor-reset issues 35, 46, 80, 82, 97",
	  judge_vendor_reset },
	{ "RS-06", SEVERITY_RISKY, 'C', "the card is of no family that fails to come back",
	  "Blackwell cards (RTX 50) freeze hosts or stay unready after a guest, by several reports "
	  "of 2025 and 2026.",
	  "update the card's firmware",
	  "github.com/NVIDIA/open-gpu-kernel-modules issues 853, 1353", judge_reset_trouble },
	{ "RS-07", SEVERITY_RISKY, 'V', "no device has a reset that harms it",
	  "Some devices say that they can be reset in a way that makes them hang. The kernel has a "
	  "list of them, which grows.",
	  "install a newer kernel", "Linux drivers/pci/quirks.c quirk_no_flr, quirk_no_bus_reset",
	  judge_harmful },
	{ "RS-08", SEVERITY_STYLE, 'V', "QEMU has a reset of its own for this card",
	  "For Bonaire and Hawaii QEMU writes to the card's registers what resets them.", NULL,
	  "QEMU hw/vfio/pci-quirks.c vfio_setup_resetfn_quirk", judge_qemu_resets },
	{ "PW-03", SEVERITY_RISKY, 'D', "nothing drives the card's USB-C controller",
	  "i2c_nvidia_gpu has crashed hosts at hot-unplug.", "keep i2c_nvidia_gpu away",
	  "ArchWiki PCI passthrough via OVMF", judge_usb_c },
	{ "PW-01", SEVERITY_SLOW, 'V', "an idle card may sleep",
	  "vfio-pci puts a device that no guest has into D3, unless disable_idle_d3 is set.",
	  "drop disable_idle_d3", "Linux drivers/vfio/pci/vfio_pci_core.c", judge_idle },
	{ "FW-23", SEVERITY_STYLE, 'U', "modules built here are signed under Secure Boot",
	  "Kernel lockdown refuses modules without a known signature. VFIO itself it allows.",
	  "sign the module", "Linux Documentation/admin-guide/module-signing.rst", judge_lockdown },
};

const struct rule_set host_rules_reset = { rules, G_N_ELEMENTS(rules) };
