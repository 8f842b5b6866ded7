/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/target.h"

#include <string.h>

#include "core/size.h"
#include "guest/names.h"

#define VCPUS_MOST 4096

static gboolean bad_value(const char *key, const char *value, const char *values, GError **error)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "%s takes %s, not \"%s\"", key,
		    values, value);
	return FALSE;
}

static gboolean apply_gpu(const char *value, struct target *target, GError **error)
{
	if (value[0] == '\0')
		return bad_value("gpu", value, "the addresses of cards", error);
	g_strfreev(target->gpus);
	g_free(target->gpu_shown);
	target->gpus = g_strsplit(value, ",", -1);
	target->gpu_shown = g_strdup(value);
	return TRUE;
}

static char *show_gpu(struct target *target)
{
	return g_strdup(target->gpu_shown);
}

static gboolean apply_vcpus(const char *value, struct target *target, GError **error)
{
	guint64 vcpus = 0;

	if (!g_ascii_string_to_unsigned(value, 10, 1, VCPUS_MOST, &vcpus, NULL))
		return bad_value("vcpus", value, "a number from 1 on", error);
	target->vcpus = (guint)vcpus;
	return TRUE;
}

static char *show_vcpus(struct target *target)
{
	return g_strdup_printf("%u", target->vcpus);
}

static gboolean apply_memory(const char *value, struct target *target, GError **error)
{
	guint64 bytes = 0;

	if (!size_parse(value, 1 << 20, &bytes, error))
		return FALSE;
	target->memory_kib = bytes >> 10;
	return TRUE;
}

static char *show_memory(struct target *target)
{
	return size_format(target->memory_kib << 10);
}

/* Two words for a truth. */
static gboolean apply_word(const char *key, const char *value, const char *yes, const char *no,
			   gboolean *truth, GError **error)
{
	g_autofree char *values = g_strdup_printf("%s or %s", yes, no);

	if (!g_str_equal(value, yes) && !g_str_equal(value, no))
		return bad_value(key, value, values, error);
	*truth = g_str_equal(value, yes);
	return TRUE;
}

static gboolean apply_hugepages(const char *value, struct target *target, GError **error)
{
	target->lend.transparent = g_str_equal(value, "transparent");
	target->lend.hugepages = g_str_equal(value, "yes");
	return target->lend.transparent || target->lend.hugepages || g_str_equal(value, "no") ||
	       bad_value("hugepages", value, "yes, transparent or no", error);
}

static char *show_hugepages(struct target *target)
{
	return g_strdup(target->lend.transparent ? "transparent"
			: target->lend.hugepages ? "yes"
						 : "no");
}

static gboolean apply_cpuset(const char *value, struct target *target, GError **error)
{
	return apply_word("cpuset", value, "yes", "no", &target->lend.cpuset, error);
}

static char *show_cpuset(struct target *target)
{
	return g_strdup(target->lend.cpuset ? "yes" : "no");
}

static gboolean apply_display_manager(const char *value, struct target *target, GError **error)
{
	return apply_word("display-manager", value, "stop", "keep", &target->lend.display_manager,
			  error);
}

static char *show_display_manager(struct target *target)
{
	return g_strdup(target->lend.display_manager ? "stop" : "keep");
}

static gboolean apply_governor(const char *value, struct target *target, GError **error)
{
	gboolean performance = FALSE;

	if (!apply_word("governor", value, "performance", "keep", &performance, error))
		return FALSE;
	g_free(target->lend.governor);
	target->lend.governor = performance ? g_strdup(value) : NULL;
	return TRUE;
}

static char *show_governor(struct target *target)
{
	return g_strdup(target->lend.governor != NULL ? target->lend.governor : "keep");
}

/* file_of - of the seat that the guest has or is to have; NULL with an error */
static struct seat_file *file_of(struct target *target, GError **error)
{
	if (target->file == NULL)
		target->file = seat_file_read(target->seat, target->name, error);
	return target->file;
}

/* QEMU's own, for guests without a seat. */
static gboolean apply_toggle(const char *value, struct target *target, GError **error)
{
	static const char *const toggles[] = { "ctrl-ctrl", "alt-alt",    "shift-shift",
					       "meta-meta", "scrolllock", "ctrl-scrolllock",
					       NULL };

	for (guint i = 0; toggles[i] != NULL; i++) {
		if (g_str_equal(toggles[i], value)) {
			target->toggle = toggles[i];
			return TRUE;
		}
	}
	return bad_value("chord", value,
			 "ctrl-ctrl, alt-alt, shift-shift, meta-meta, scrolllock or "
			 "ctrl-scrolllock for a guest without a seat",
			 error);
}

static gboolean apply_chord(const char *value, struct target *target, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (target->seat == NULL)
		return apply_toggle(value, target, error);
	if (file_of(target, error) == NULL)
		return FALSE;
	if (seat_file_set_chord(target->file, value, &why))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "the chord of a guest at a seat is none, or keys that are no other chord's, as "
		    "in leftmeta+f1: %s",
		    why->message);
	return FALSE;
}

static char *show_chord(struct target *target)
{
	if (target->seat == NULL)
		return g_strdup(target->toggle != NULL ? target->toggle : "none");
	return file_of(target, NULL) != NULL ? seat_file_chord(target->file) : g_strdup("?");
}

static gboolean apply_monitors(const char *value, struct target *target, GError **error)
{
	if (target->seat == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "monitors go with the seat's chord, and %s has no seat; give it one "
			    "with: hotseat set %s seat=seat0 monitors=%s",
			    target->name, target->name, value);
		return FALSE;
	}
	return file_of(target, error) != NULL && seat_file_set_monitors(target->file, value, error);
}

static char *show_monitors(struct target *target)
{
	return target->seat != NULL && file_of(target, NULL) != NULL
		       ? seat_file_monitors(target->file)
		       : g_strdup("none");
}

static gboolean apply_screen(const char *value, struct target *target, GError **error)
{
	gboolean window = FALSE;

	if (!apply_word("screen", value, "window", "card", &window, error))
		return FALSE;
	target->window = window;
	return TRUE;
}

static char *show_screen(struct target *target)
{
	return g_strdup(target->window > 0 ? "window" : "card");
}

static gboolean apply_seat(const char *value, struct target *target, GError **error)
{
	if (!guest_name_valid(value))
		return bad_value("seat", value, "the name of a seat, seat0 in most cases, or none",
				 error);
	target->seat = g_str_equal(value, "none") ? NULL : value;
	g_clear_pointer(&target->file, seat_file_free);
	target->passthrough = target->passthrough && target->seat != NULL;
	return TRUE;
}

static char *show_seat(struct target *target)
{
	return g_strdup(target->seat != NULL ? target->seat : "none");
}

static gboolean apply_mouse(const char *value, struct target *target, GError **error)
{
	return apply_word("mouse", value, "passthrough", "evdev", &target->passthrough, error);
}

static char *show_mouse(struct target *target)
{
	return g_strdup(target->passthrough ? "passthrough" : "evdev");
}

static gboolean apply_disk_bus(const char *value, struct target *target, GError **error)
{
	return disk_move_step(&target->disk, value, error);
}

static char *show_disk_bus(struct target *target)
{
	return disk_move_show(&target->disk);
}

#define INPUTS "devices/input[@type='evdev' or @type='passthrough']"

static gboolean apply_usb(const char *value, struct target *target, GError **error)
{
	g_strfreev(target->usb);
	target->usb = g_strsplit(g_str_equal(value, "none") ? "" : value, ",", -1);
	for (guint i = 0; target->usb[i] != NULL; i++) {
		if (!guest_usb_valid(target->usb[i], error))
			return FALSE;
	}
	return TRUE;
}

static char *show_usb(struct target *target)
{
	return target->usb[0] != NULL ? g_strjoinv(",", target->usb) : g_strdup("none");
}

#define LEND "metadata/hotseat:guest/hotseat:lend"

const struct setting target_settings[] = {
	{ "seat", apply_seat, show_seat, { INPUTS } },
	{ "gpu",
	  apply_gpu,
	  show_gpu,
	  { "metadata/hotseat:guest/hotseat:card", "devices/hostdev[@type='pci']", "cputune",
	    "numatune", "cpu/topology", "cpu/cache" },
	  TRUE },
	{ "vcpus",
	  apply_vcpus,
	  show_vcpus,
	  { "vcpu", "cputune", "numatune", "cpu/topology", "cpu/cache",
	    "cpu/feature[@name='topoext']" } },
	{ "memory",
	  apply_memory,
	  show_memory,
	  { "memory", "currentMemory", "memoryBacking", "numatune" } },
	{ "hugepages",
	  apply_hugepages,
	  show_hugepages,
	  { "memory", "currentMemory", "memoryBacking", "numatune", LEND } },
	{ "governor", apply_governor, show_governor, { LEND } },
	{ "cpuset", apply_cpuset, show_cpuset, { LEND } },
	{ "display-manager", apply_display_manager, show_display_manager, { LEND } },
	{ "usb",
	  apply_usb,
	  show_usb,
	  /* one that is named by its port or number is somebody else's choice */
	  { "devices/hostdev[@type='usb'][source/vendor]" } },
	{ "chord", apply_chord, show_chord },
	{ "monitors", apply_monitors, show_monitors },
	{ "screen", apply_screen, show_screen },
	{ "mouse", apply_mouse, show_mouse, { INPUTS } },
	{ "disk-bus", apply_disk_bus, show_disk_bus },
	{ 0 },
};

const struct setting *setting_find(const char *text, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (const struct setting *setting = target_settings; setting->key != NULL; setting++) {
		gsize length = strlen(setting->key);

		if (strncmp(text, setting->key, length) == 0 && text[length] == '=')
			return setting;
		g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", setting->key);
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "\"%s\" cannot be set; what can, as KEY=VALUE: %s", text, list->str);
	return NULL;
}

/* As they are in the definition: the first function of each, "0000:01:00.0,0000:02:00.0". */
static char *show_cards(const struct domain_facts *facts)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *last = "";

	for (guint i = 0; facts->hostdevs[i] != NULL; i++) {
		const char *address = facts->hostdevs[i];

		if (strncmp(address, last, strcspn(address, ".")) == 0)
			continue;
		g_string_append_printf(text, "%s%s", text->len > 0 ? "," : "", address);
		last = address;
	}
	return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : g_strdup("none");
}

void target_init(struct target *target, const struct domain_facts *facts)
{
	*target = (struct target){
		.name = g_strdup(facts->name),
		.gpus = g_strdupv(facts->cards),
		.gpu_shown = show_cards(facts),
		.vcpus = facts->vcpus,
		.memory_kib = facts->memory_kib,
		.page_kib = facts->page_kib,
		.lend = facts->lend,
		.usb = g_strdupv(facts->usb),
		.toggle = facts->toggle,
		.window = facts->screen,
		.seat = facts->seat,
		.passthrough = facts->passthrough,
		.disk = { .bus = facts->disk_bus, .helper = facts->helper_disk != NULL },
	};
	target->lend.governor = g_strdup(facts->lend.governor);
}

void target_clear(struct target *target)
{
	g_free(target->name);
	g_strfreev(target->gpus);
	g_free(target->gpu_shown);
	seat_file_free(target->file);
	g_free(target->disk.image);
	g_free(target->lend.governor);
	g_strfreev(target->usb);
}
