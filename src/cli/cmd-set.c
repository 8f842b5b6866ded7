/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/disk-move.h"
#include "cli/place.h"
#include "core/diff.h"
#include "core/error.h"
#include "core/size.h"
#include "guest/domain-edit.h"
#include "guest/names.h"
#include "guest/virt-mouse.h"
#include "lend/lend.h"
#include "plan/plan.h"

/*
 * What concerns card, cores, memory and the host's steps is planned and generated as for a new
 * guest, and then only the elements of it go into the guest's definition. The rest of what users
 * have made of it stays theirs.
 */

#define VCPUS_MOST 4096
#define ORDINARY_PAGE_KIB 4

/* What the guest is to be; starts as what it is. */
struct target {
	char **gpus;     /* fingerprints, or what was asked for */
	char *gpu_shown; /* addresses */
	guint vcpus;
	guint64 memory_kib, page_kib;
	struct domain_lend lend;
	char **usb;         /* "046d:c52b", NULL-terminated */
	const char *toggle; /* NULL: as it is */
	const char *seat;   /* NULL: none */
	gboolean passthrough;
	int window; /* -1: as it is */
	struct disk_move disk;
};

struct setting {
	const char *key;
	const char *values; /* for people */
	gboolean (*apply)(const char *value, struct target *target, GError **error);
	char *(*show)(const struct target *target);
	const char *paths[8]; /* elements that it changes, NULL-terminated */
	gboolean when_off;    /* refused while the guest runs */
};

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

static char *show_gpu(const struct target *target)
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

static char *show_vcpus(const struct target *target)
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

static char *show_memory(const struct target *target)
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

static char *show_hugepages(const struct target *target)
{
	return g_strdup(target->lend.transparent ? "transparent"
			: target->lend.hugepages ? "yes"
						 : "no");
}

static gboolean apply_cpuset(const char *value, struct target *target, GError **error)
{
	return apply_word("cpuset", value, "yes", "no", &target->lend.cpuset, error);
}

static char *show_cpuset(const struct target *target)
{
	return g_strdup(target->lend.cpuset ? "yes" : "no");
}

static gboolean apply_display_manager(const char *value, struct target *target, GError **error)
{
	return apply_word("display-manager", value, "stop", "keep", &target->lend.display_manager,
			  error);
}

static char *show_display_manager(const struct target *target)
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

static char *show_governor(const struct target *target)
{
	return g_strdup(target->lend.governor != NULL ? target->lend.governor : "keep");
}

static gboolean apply_chord(const char *value, struct target *target, GError **error)
{
	static const char *const chords[] = { "ctrl-ctrl", "alt-alt",    "shift-shift",
					      "meta-meta", "scrolllock", "ctrl-scrolllock",
					      NULL };

	for (guint i = 0; chords[i] != NULL; i++) {
		if (g_str_equal(chords[i], value)) {
			target->toggle = chords[i];
			return TRUE;
		}
	}
	return bad_value("chord", value,
			 "ctrl-ctrl, alt-alt, shift-shift, meta-meta, scrolllock or "
			 "ctrl-scrolllock",
			 error);
}

static char *show_chord(const struct target *target)
{
	return g_strdup(target->toggle != NULL ? target->toggle : "none");
}

static gboolean apply_screen(const char *value, struct target *target, GError **error)
{
	gboolean window = FALSE;

	if (!apply_word("screen", value, "window", "card", &window, error))
		return FALSE;
	target->window = window;
	return TRUE;
}

static char *show_screen(const struct target *target)
{
	return g_strdup(target->window > 0 ? "window" : "card");
}

static gboolean apply_seat(const char *value, struct target *target, GError **error)
{
	if (!guest_name_valid(value))
		return bad_value("seat", value, "the name of a seat, seat0 in most cases, or none",
				 error);
	target->seat = g_str_equal(value, "none") ? NULL : value;
	target->passthrough = target->passthrough && target->seat != NULL;
	return TRUE;
}

static char *show_seat(const struct target *target)
{
	return g_strdup(target->seat != NULL ? target->seat : "none");
}

static gboolean apply_mouse(const char *value, struct target *target, GError **error)
{
	return apply_word("mouse", value, "passthrough", "evdev", &target->passthrough, error);
}

static char *show_mouse(const struct target *target)
{
	return g_strdup(target->passthrough ? "passthrough" : "evdev");
}

static gboolean apply_disk_bus(const char *value, struct target *target, GError **error)
{
	return disk_move_step(&target->disk, value, error);
}

static char *show_disk_bus(const struct target *target)
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

static char *show_usb(const struct target *target)
{
	return target->usb[0] != NULL ? g_strjoinv(",", target->usb) : g_strdup("none");
}

#define LEND "metadata/hotseat:guest/hotseat:lend"

static const struct setting settings[] = {
	{ "gpu",
	  "addresses of cards",
	  apply_gpu,
	  show_gpu,
	  { "metadata/hotseat:guest/hotseat:card", "devices/hostdev[@type='pci']", "cputune",
	    "numatune", "cpu/topology", "cpu/cache" },
	  TRUE },
	{ "vcpus",
	  "a number",
	  apply_vcpus,
	  show_vcpus,
	  { "vcpu", "cputune", "numatune", "cpu/topology", "cpu/cache",
	    "cpu/feature[@name='topoext']" } },
	{ "memory",
	  "a size",
	  apply_memory,
	  show_memory,
	  { "memory", "currentMemory", "memoryBacking", "numatune" } },
	{ "hugepages",
	  "yes, transparent, no",
	  apply_hugepages,
	  show_hugepages,
	  { "memory", "currentMemory", "memoryBacking", "numatune", LEND } },
	{ "governor", "performance, keep", apply_governor, show_governor, { LEND } },
	{ "cpuset", "yes, no", apply_cpuset, show_cpuset, { LEND } },
	{ "display-manager", "stop, keep", apply_display_manager, show_display_manager, { LEND } },
	{ "usb",
	  "devices as lsusb names them, none",
	  apply_usb,
	  show_usb,
	  /* one that is named by its port or number is somebody else's choice */
	  { "devices/hostdev[@type='usb'][source/vendor]" } },
	{ "chord", "ctrl-ctrl, …", apply_chord, show_chord },
	{ "screen", "window, card", apply_screen, show_screen },
	{ "seat", "seat0, none", apply_seat, show_seat, { INPUTS } },
	{ "mouse", "evdev, passthrough", apply_mouse, show_mouse, { INPUTS } },
	{ "disk-bus", "virtio, sata, ide", apply_disk_bus, show_disk_bus },
};

static gboolean dry_run, driver_seen;

static const GOptionEntry options[] = {
	{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Show what would change, change nothing",
	  NULL },
	{ "driver-seen", 0, 0, G_OPTION_ARG_NONE, &driver_seen,
	  "For disk-bus=virtio: you have seen the small disk in the guest's system", NULL },
	{ NULL },
};

static const struct setting *find_setting(const char *text, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
		gsize length = strlen(settings[i].key);

		if (strncmp(text, settings[i].key, length) == 0 && text[length] == '=')
			return &settings[i];
		g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", settings[i].key);
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

static void target_init(struct target *target, const struct domain_facts *facts)
{
	*target = (struct target){
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

static void target_clear(struct target *target)
{
	g_strfreev(target->gpus);
	g_free(target->gpu_shown);
	g_free(target->disk.image);
	g_free(target->lend.governor);
	g_strfreev(target->usb);
}

/* One KEY=VALUE: what it was and what it is to be, in a line. @changed: is that different? */
static gboolean apply(const struct setting *setting, const char *text, struct target *target,
		      gboolean *changed, GError **error)
{
	g_autofree char *before = setting->show(target);
	g_autofree char *after = NULL;

	if (!setting->apply(text + strlen(setting->key) + 1, target, error))
		return FALSE;
	after = setting->show(target);
	printf("  %-15s %s -> %s\n", setting->key, before, after);
	*changed = !g_str_equal(before, after);
	return TRUE;
}

/* Pages that are to be reserved when it starts; else those that it has, or the plan's. */
static gboolean settle_pages(const struct machine *machine, const struct target *target,
			     const struct domain_facts *facts, struct plan *plan, GError **error)
{
	gboolean dropped = facts->lend.hugepages && !target->lend.hugepages;

	if (target->lend.hugepages && plan->page_kib <= ORDINARY_PAGE_KIB)
		plan->page_kib =
			target->page_kib != 0 ? target->page_kib : machine->memory.hugepage_kib;
	else if (dropped)
		plan->page_kib = ORDINARY_PAGE_KIB;
	if (plan->page_kib == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "this kernel has no huge pages");
		return FALSE;
	}
	plan->memory_kib -= plan->memory_kib % plan->page_kib;
	return TRUE;
}

static gboolean choose_side(struct virt *virt, const struct target *target,
			    const struct domain_facts *facts, guint *side, GError **error)
{
	*side = g_strcmp0(target->seat, facts->seat) == 0 ? facts->seat_side : 0;
	if (*side == 0 && target->seat != NULL)
		*side = place_side(target->seat, virt, error);
	return *side != 0 || target->seat == NULL;
}

/* Cards stay where they are in the guest; those that are new get root ports of their own. */
static GArray *choose_places(const struct plan *plan, const struct domain_facts *facts)
{
	GArray *places = g_array_copy(facts->places);

	for (guint i = 1; places->len < plan->cards->len; i++) {
		const struct domain_place place = { facts->last_bus + i, 0 };

		g_array_append_val(places, place);
	}
	return places;
}

/* The guest as it would be made today, of which some elements are taken. */
static char *generate(struct virt *virt, const struct target *target,
		      const struct domain_facts *facts, GError **error)
{
	const struct wish wish = { .gpus = (const char *const *)target->gpus,
				   .vcpus = target->vcpus,
				   .memory_kib = target->memory_kib,
				   .at_seat = target->seat != NULL };
	struct domain_spec spec = { .name = facts->name,
				    .lend = target->lend,
				    .usb = target->usb,
				    .seat = target->seat,
				    .passthrough = target->passthrough };
	autoptr(machine) machine = machine_open("/", MACHINE_ALL, error);
	autoptr(plan) plan = machine != NULL ? plan_make(machine, &wish, error) : NULL;
	autoptr(virt_capabilities) capabilities = NULL;
	g_autoptr(GArray) places = NULL;

	if (plan == NULL || !settle_pages(machine, target, facts, plan, error) ||
	    !choose_side(virt, target, facts, &spec.seat_side, error))
		return NULL;
	places = choose_places(plan, facts);
	capabilities = virt_read_capabilities(virt, facts->virt_type, error);
	if (capabilities == NULL)
		return NULL;
	spec.plan = plan;
	spec.places = (const struct domain_place *)(void *)places->data;
	spec.capabilities = capabilities;
	/* so that its thread is pinned where the disk has one */
	spec.disk.path = facts->iothread ? facts->images[0] : NULL;
	spec.disk.format = "raw";
	return domain_xml(&spec);
}

/* The paths of a setting, each once. */
static void add_paths(GPtrArray *paths, const struct setting *setting)
{
	for (guint i = 0; setting->paths[i] != NULL; i++) {
		gpointer path = (gpointer)(guintptr)setting->paths[i];

		if (!g_ptr_array_find_with_equal_func(paths, path, g_str_equal, NULL))
			g_ptr_array_add(paths, path);
	}
}

static char *edit_screen(struct virt *virt, const char *xml, gboolean window,
			 const struct domain_facts *facts, GError **error)
{
	autoptr(virt_capabilities) capabilities = NULL;

	if (!window)
		return domain_edit_screen(xml, NULL, error);
	capabilities = virt_read_capabilities(virt, facts->virt_type, error);
	if (capabilities == NULL)
		return NULL;
	return domain_edit_screen(xml, capabilities->spice ? "spice" : "vnc", error);
}

static char *edit(struct virt *virt, const char *xml, struct target *target,
		  const struct domain_facts *facts, GPtrArray *paths, GError **error)
{
	g_autofree char *text = g_strdup(xml);
	g_autofree char *new_ports =
		g_strdup_printf("devices/controller[@type='pci'][@index > %u]", facts->last_bus);

	if (paths->len > 0) {
		g_autofree char *fresh = generate(virt, target, facts, error);
		char *edited;

		g_ptr_array_add(paths, new_ports);
		g_ptr_array_add(paths, NULL);
		edited = fresh == NULL
				 ? NULL
				 : domain_edit_replace(text, fresh,
						       (const char *const *)paths->pdata, error);
		g_free(text);
		text = edited;
	}
	if (text != NULL && g_strcmp0(target->toggle, facts->toggle) != 0) {
		char *edited = domain_edit_toggle(text, target->toggle, error);

		g_free(text);
		text = edited;
	}
	if (text != NULL && target->window != facts->screen) {
		char *edited = edit_screen(virt, text, target->window, facts, error);

		g_free(text);
		text = edited;
	}
	if (text != NULL) {
		char *edited = disk_move_edit(virt, text, facts, &target->disk, dry_run, error);

		g_free(text);
		text = edited;
	}
	return g_steal_pointer(&text);
}

static gboolean check_state(struct virt *virt, const char *name,
			    const struct setting *const *chosen, guint count, GError **error)
{
	enum guest_state state;

	if (!virt_guest_state(virt, name, &state, error))
		return FALSE;
	for (guint i = 0; state != GUEST_SHUT_OFF && i < count; i++) {
		if (!chosen[i]->when_off)
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s is %s, and has its card: end it first, with: sudo hotseat down %s",
			    name, guest_state_name(state), name);
		return FALSE;
	}
	return TRUE;
}

/* A mouse that is passed through is dead in a guest without the driver. */
static gboolean check_driver(struct virt *virt, const char *name, GError **error)
{
	gboolean live = FALSE;

	if (!virt_mouse_is_live(virt, name, &live, error)) {
		g_prefix_error(error,
			       "a mouse can be passed through when the guest's driver for virtio "
			       "input was seen to work, which is looked at while it runs: ");
		return FALSE;
	}
	if (!live)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s runs without a driver for virtio input, and would have no mouse: "
			    "install virtio-win's drivers in it (vioinput), or load virtio_input",
			    name);
	return live;
}

static gboolean check_inputs(struct virt *virt, const struct target *target,
			     const struct domain_facts *facts, GError **error)
{
	if (target->seat != NULL && g_strcmp0(target->toggle, facts->toggle) != 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "the chord of %s is the seat's: it is named in /etc/hotseat/%s.conf, "
			    "and holds for all guests there",
			    facts->name, target->seat);
		return FALSE;
	}
	if (target->passthrough && target->seat == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "without a seat the host would never get its mouse back; give it one "
			    "with: hotseat set %s seat=seat0 mouse=passthrough",
			    facts->name);
		return FALSE;
	}
	return !target->passthrough || facts->passthrough || check_driver(virt, facts->name, error);
}

/* libvirt writes documents in its own way: the difference is that of the two as we print them. */
static void show_difference(const char *xml, const char *edited)
{
	g_autofree char *plain = domain_edit_print(xml);
	g_autofree char *diff =
		diff_unified(plain != NULL ? plain : xml, edited, "now", "from the next start on");

	fputs(diff, stdout);
}

static int change(struct virt *virt, const char *xml, struct target *target,
		  const struct domain_facts *facts, GPtrArray *paths, GError **error)
{
	g_autofree char *edited = NULL;

	if (!check_inputs(virt, target, facts, error) ||
	    !disk_move_check(virt, facts, &target->disk, driver_seen, error))
		return -1;
	edited = edit(virt, xml, target, facts, paths, error);
	if (edited != NULL)
		show_difference(xml, edited);
	if (edited != NULL && dry_run)
		return EXIT_SUCCESS;
	if (edited == NULL || !virt_define(virt, edited, NULL, error)) {
		disk_move_undo(virt, &target->disk);
		return -1;
	}
	printf("From its next start on.\n");
	disk_move_finish(virt, facts, &target->disk);
	return EXIT_SUCCESS;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	guint count = g_strv_length(arguments) - 1;
	g_autofree const struct setting **chosen = g_new0(const struct setting *, count);
	autoptr(virt) virt = NULL;
	autoptr(domain_facts) facts = NULL;
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autofree char *xml = NULL;
	struct target target;
	gboolean fine = TRUE, different = FALSE;
	int status = -1;

	for (guint i = 0; i < count; i++) {
		chosen[i] = find_setting(arguments[i + 1], error);
		if (chosen[i] == NULL)
			return -1;
	}
	virt = virt_open(error);
	facts = virt != NULL ? lend_read_guest(virt, arguments[0], error) : NULL;
	if (facts == NULL || !check_state(virt, facts->name, chosen, count, error))
		return -1;
	xml = virt_domain_xml(virt, facts->name, error);
	if (xml == NULL)
		return -1;
	target_init(&target, facts);
	for (guint i = 0; fine && i < count; i++) {
		gboolean changed = FALSE;

		fine = apply(chosen[i], arguments[i + 1], &target, &changed, error);
		if (changed)
			add_paths(paths, chosen[i]);
		different |= changed;
	}
	if (fine && !different) {
		printf("%s is like that already.\n", facts->name);
		status = EXIT_SUCCESS;
	} else if (fine)
		status = change(virt, xml, &target, facts, paths, error);
	target_clear(&target);
	return status;
}

static const char *const examples[] = {
	"hotseat set win11 screen=card",
	"Take the emulated screen away, once the card's driver is installed in the guest.",
	"hotseat set win11 vcpus=12 memory=24G --dry-run",
	"Show what would change.",
	NULL,
};

const struct command command_set = {
	.name = "set",
	.arguments = "GUEST KEY=VALUE...",
	.min_arguments = 2,
	.max_arguments = G_N_ELEMENTS(settings) + 1,
	.summary = "Change a guest",
	.description =
		"gpu, vcpus and memory are planned anew as for a new guest, and only what follows "
		"from them is changed in the definition: nothing that you or others have made of "
		"it is lost. gpu=01:00.0,02:00.0 gives it two cards; those that it keeps stay "
		"where they are in the guest.\n\n"
		"screen=card leaves the guest with the card's own outputs; screen=window gives it "
		"an emulated screen beside the card again, which virt-manager shows.\n\n"
		"seat=seat0 gives it keyboard and mouse by the seat's relay: one chord for all "
		"guests, which /etc/hotseat/seat0.conf can name. seat=none leaves them to QEMU, "
		"which has one keyboard and one mouse to give, and "
		"chord=ctrl-ctrl, alt-alt, shift-shift, meta-meta, scrolllock or ctrl-scrolllock "
		"to move them. mouse=passthrough, for a guest at a seat, gives it every button and "
		"every step of every wheel, where QEMU's own mouse has five buttons; the guest has "
		"to run meanwhile, so that its driver for virtio input can be seen to work.\n\n"
		"disk-bus=virtio moves the disk of an installed system, which would not find it "
		"there before its driver is among the first that it loads. So it takes three "
		"steps, each by the same command: a small second disk on virtio is added; when "
		"the guest runs, its agent answers and it was seen to drive the small disk, the "
		"system's disk follows; and when it has started from there, the small one goes. "
		"disk-bus=sata goes back from anywhere in between.\n\n"
		"What else changes on the host while the guest runs: hugepages=yes reserves its "
		"memory in huge pages (transparent lets the kernel make them), cpuset=yes keeps "
		"the host's programs off its cores, "
		"governor=performance keeps the cores quick, display-manager=stop ends the "
		"desktop first, where the only card is lent.\n\n"
		"All holds from the guest's next start on.",
	.examples = examples,
	.flags = COMMAND_GUESTS,
	.options = options,
	.run = run,
};
