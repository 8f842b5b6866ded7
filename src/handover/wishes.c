/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/wishes.h"

#include <string.h>

#include "core/error.h"
#include "handover/bind.h"
#include "handover/kinds.h"
#include "handover/profiles.h"
#include "handover/share.h"
#include "machine/desktop.h"

struct wishes {
	struct host *host;
	const struct handover_guest *guest;
	const struct machine *machine;
	const GPtrArray *cards, *functions; /* struct pcidev: of all cards */
	GPtrArray *steps;
};

static void wish(struct wishes *wishes, const struct step_kind *kind, const char *subject,
		 const char *want)
{
	g_ptr_array_add(wishes->steps, share_wish(kind, subject, wishes->guest->uuid, want));
}

static gboolean has_systemd(const struct wishes *wishes)
{
	return root_exists(wishes->host->root, "run/systemd/system");
}

/* A card that a guest has does not survive that the host sleeps. */
static gboolean wish_awake(struct wishes *wishes, GError **error)
{
	if (has_systemd(wishes) && unit_is_running(wishes->host, "systemd-logind.service"))
		wish(wishes, &hold_kind, "sleep", "held");
	return TRUE;
}

static gboolean has_governor(const struct wishes *wishes, const char *policy, const char *governor)
{
	g_autofree char *all =
		root_read(wishes->host->root, NULL,
			  "sys/devices/system/cpu/cpufreq/%s/scaling_available_governors", policy);
	g_auto(GStrv) names = g_strsplit(all == NULL ? "" : all, " ", -1);

	return g_strv_contains((const char *const *)names, governor);
}

/*
 * Where power-profiles-daemon has such a profile it is asked: it would set its own governor again.
 * Beside a driver that it does not know, as acpi-cpufreq, it has none and leaves governors alone. A
 * processor that has no such governor, as in a virtual machine, has none to be set.
 */
static gboolean wish_governor(struct wishes *wishes, GError **error)
{
	const char *governor = wishes->guest->needs->governor;
	g_auto(GStrv) names = NULL;

	if (governor == NULL)
		return TRUE;
	if (g_str_equal(governor, "performance") && has_systemd(wishes) &&
	    unit_is_running(wishes->host, "power-profiles-daemon.service") &&
	    root_exists(wishes->host->root, "usr/bin/powerprofilesctl") &&
	    profiles_offer(wishes->host, "performance")) {
		wish(wishes, &hold_kind, "profile", "held");
		return TRUE;
	}
	names = root_list(wishes->host->root, NULL, "sys/devices/system/cpu/cpufreq");
	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		if (has_governor(wishes, names[i], governor))
			wish(wishes, &governor_kind, names[i], governor);
	}
	return TRUE;
}

static gboolean wish_cpus(struct wishes *wishes, GError **error)
{
	const char *cpus = wishes->guest->needs->cpus;
	g_autofree char *all = NULL;
	g_autofree char *rest = NULL;

	if (cpus == NULL)
		return TRUE;
	all = root_read(wishes->host->root, NULL, "sys/fs/cgroup/cpuset.cpus.effective");
	rest = all == NULL ? NULL : cpus_without(all, cpus);
	if (rest == NULL || rest[0] == '\0' || !has_systemd(wishes)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s wants the cores %s for itself, and %s. Take that wish back: "
			    "hotseat set %s cpuset=no",
			    wishes->guest->name, cpus,
			    rest != NULL && rest[0] == '\0'
				    ? "none would be left for the host"
				    : "that takes systemd with control groups of version 2",
			    wishes->guest->name);
		return FALSE;
	}
	for (guint i = 0; cpus_units[i] != NULL; i++) {
		if (root_exists(wishes->host->root, "sys/fs/cgroup/%s", cpus_units[i]))
			wish(wishes, &cpus_kind, cpus_units[i], cpus);
	}
	return TRUE;
}

/* The kernel gives a new process memory of the node that it runs on; the first card's is as good a
 * guess as any. */
static int node_of(const struct wishes *wishes)
{
	g_autofree char *text =
		root_read(wishes->host->root, NULL, "sys/bus/pci/devices/%s/numa_node",
			  card_display(g_ptr_array_index(wishes->cards, 0))->address);
	int node = wishes->guest->needs->node;

	if (node < 0 && text != NULL)
		node = (int)g_ascii_strtoll(text, NULL, 10);
	return MAX(node, 0);
}

static gboolean wish_pages(struct wishes *wishes, GError **error)
{
	const struct handover_needs *needs = wishes->guest->needs;
	g_autofree char *subject = NULL;
	g_autofree char *count = NULL;

	if (needs->page_kib == 0)
		return TRUE;
	subject =
		g_strdup_printf("node%d/%" G_GUINT64_FORMAT "kB", node_of(wishes), needs->page_kib);
	if (!root_exists(wishes->host->root,
			 "sys/devices/system/node/node%d/hugepages/hugepages-%" G_GUINT64_FORMAT
			 "kB",
			 node_of(wishes), needs->page_kib)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s wants huge pages of %" G_GUINT64_FORMAT
			    " KiB on node %d, which this machine does not have",
			    wishes->guest->name, needs->page_kib, node_of(wishes));
		return FALSE;
	}
	count = g_strdup_printf("%" G_GUINT64_FORMAT,
				(needs->memory_kib + needs->page_kib - 1) / needs->page_kib);
	wish(wishes, &hugepages_kind, subject, count);
	return TRUE;
}

/* "always" and "madvise" are both enough for QEMU, so only "never" is changed. */
static gboolean wish_transparent(struct wishes *wishes, GError **error)
{
	g_autofree char *modes =
		root_read(wishes->host->root, NULL, "sys/kernel/mm/transparent_hugepage/enabled");

	if (wishes->guest->needs->transparent && modes != NULL && strstr(modes, "[never]") != NULL)
		wish(wishes, &compound_kind, "transparent", "madvise");
	return TRUE;
}

static gboolean is_on_nvidia(const struct wishes *wishes)
{
	for (guint i = 0; i < wishes->cards->len; i++) {
		g_autofree char *driver =
			root_read_link(wishes->host->root, NULL, "sys/bus/pci/devices/%s/driver",
				       card_display(g_ptr_array_index(wishes->cards, i))->address);

		if (g_strcmp0(driver, "nvidia") == 0)
			return TRUE;
	}
	return FALSE;
}

/* It keeps NVIDIA's cards open for ever. */
static gboolean wish_persistence(struct wishes *wishes, GError **error)
{
	static const char unit[] = "nvidia-persistenced.service";

	if (has_systemd(wishes) && is_on_nvidia(wishes) && unit_is_running(wishes->host, unit))
		wish(wishes, &service_kind, unit, "inactive");
	return TRUE;
}

static void wish_screen(struct wishes *wishes)
{
	autoptr(desktop) desktop = desktop_read(wishes->host->root);

	for (guint i = 0; i < desktop->consoles->len; i++) {
		const struct console *console = g_ptr_array_index(desktop->consoles, i);

		if (console->framebuffer && console->bound == KNOWN_YES)
			wish(wishes, &console_kind, console->name, "0");
	}
	if (desktop->boot_framebuffer != NULL &&
	    root_exists(wishes->host->root, "sys/bus/platform/devices/%s/driver",
			desktop->boot_framebuffer))
		wish(wishes, &framebuffer_kind, desktop->boot_framebuffer, "unbound");
}

/* The unit has the name of the program; "display-manager.service" is a link to it. */
static gboolean wish_display_manager(struct wishes *wishes, GError **error)
{
	g_autofree char *unit = NULL;

	if (!wishes->guest->needs->stop_display_manager)
		return TRUE;
	unit = root_read_link(wishes->host->root, NULL,
			      "etc/systemd/system/display-manager.service");
	if (unit != NULL && has_systemd(wishes) && unit_is_running(wishes->host, unit))
		wish(wishes, &service_kind, unit, "inactive");
	wish_screen(wishes);
	return TRUE;
}

/*
 * The modules that use NVIDIA's driver, users first. With another of its cards at the host they
 * have to stay; then the guest's is free only if they leave it alone, which its unbind shows.
 */
static gboolean wish_modules(struct wishes *wishes, GError **error)
{
	static const char *const modules[] = { "nvidia_uvm", "nvidia_drm", "nvidia_modeset" };

	if (!is_on_nvidia(wishes))
		return TRUE;
	for (guint i = 0; wishes->machine != NULL && i < wishes->machine->devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(wishes->machine->devices, i);

		if (g_strcmp0(dev->driver, "nvidia") == 0 &&
		    pcidev_find(wishes->functions, dev->address) == NULL)
			return TRUE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(modules); i++) {
		if (root_exists(wishes->host->root, "sys/module/%s", modules[i]))
			g_ptr_array_add(wishes->steps, step_new(&module_kind, modules[i]));
	}
	return TRUE;
}

/* Whether or not the server has opened the function yet: it may do so at any moment. */
static gboolean wish_silence(struct wishes *wishes, GError **error)
{
	autoptr(desktop) desktop = desktop_read(wishes->host->root);

	if (desktop_process(desktop, PROCESS_SOUND) == NULL)
		return TRUE;
	for (guint i = 0; i < wishes->functions->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(wishes->functions, i);

		if (root_exists(wishes->host->root, "sys/bus/pci/devices/%s/sound", dev->address))
			g_ptr_array_add(wishes->steps, step_new(&sound_kind, dev->address));
	}
	return TRUE;
}

static gboolean wish_usb(struct wishes *wishes, GError **error)
{
	char *const *usb = wishes->guest->needs->usb;

	for (guint i = 0; usb != NULL && usb[i] != NULL; i++) {
		if (!g_strv_contains((const char *const *)usb + i + 1, usb[i])) /* twins: once */
			g_ptr_array_add(wishes->steps, step_new(&usb_kind, usb[i]));
	}
	return TRUE;
}

static gboolean wish_cards(struct wishes *wishes, GError **error)
{
	for (guint i = 0; i < wishes->functions->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(wishes->functions, i);

		g_ptr_array_add(wishes->steps, step_new(&bind_kind, dev->address));
	}
	return TRUE;
}

static void free_step(gpointer data)
{
	step_free(data);
}

GPtrArray *wishes_build(struct host *host, const struct handover_guest *guest,
			const struct machine *machine, const GPtrArray *cards, GError **error)
{
	static const struct handover_needs none = { .node = -1 };
	static gboolean (*const parts[])(struct wishes *, GError **) = {
		wish_awake,       wish_governor,        wish_cpus,    wish_pages, wish_transparent,
		wish_persistence, wish_display_manager, wish_modules, wish_usb,   wish_silence,
		wish_cards,
	};
	const struct handover_guest asked = { guest->uuid, guest->name,
					      guest->needs == NULL ? &none : guest->needs };
	g_autoptr(GPtrArray) functions = cards_functions(cards);
	g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(free_step);
	struct wishes wishes = { host, &asked, machine, cards, functions, steps };

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (!parts[i](&wishes, error))
			return NULL;
	}
	return g_steal_pointer(&steps);
}
