/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/place.h"
#include "cli/target.h"
#include "core/diff.h"
#include "core/error.h"
#include "guest/domain-edit.h"
#include "guest/virt-mouse.h"
#include "lend/lend.h"
#include "plan/plan.h"

/*
 * What concerns card, cores, memory and the host's steps is planned and generated as for a new
 * guest, and then only the elements of it go into the guest's definition. The rest of what users
 * have made of it stays theirs.
 */

#define ORDINARY_PAGE_KIB 4

static gboolean dry_run, driver_seen;

static const GOptionEntry options[] = {
	{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Show what would change, change nothing",
	  NULL },
	{ "driver-seen", 0, 0, G_OPTION_ARG_NONE, &driver_seen,
	  "For disk-bus=virtio: you have seen the small disk in the guest's system", NULL },
	{ NULL },
};

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

static gboolean change_definition(struct virt *virt, const char *xml, struct target *target,
				  const struct domain_facts *facts, GPtrArray *paths,
				  GError **error)
{
	g_autofree char *edited = NULL;

	if (!check_inputs(virt, target, facts, error) ||
	    !disk_move_check(virt, facts, &target->disk, driver_seen, error))
		return FALSE;
	edited = edit(virt, xml, target, facts, paths, error);
	if (edited == NULL) {
		disk_move_undo(virt, &target->disk);
		return FALSE;
	}
	if (g_str_equal(edited, xml)) /* all of it is the seat's */
		return TRUE;
	show_difference(xml, edited);
	if (dry_run)
		return TRUE;
	if (!virt_define(virt, edited, NULL, error)) {
		disk_move_undo(virt, &target->disk);
		return FALSE;
	}
	printf("From its next start on.\n");
	disk_move_finish(virt, facts, &target->disk);
	return TRUE;
}

static gboolean change_seat(const struct target *target, GError **error)
{
	g_autofree char *diff =
		target->file != NULL ? seat_file_difference(target->file) : g_strdup("");

	fputs(diff, stdout);
	return diff[0] == '\0' || dry_run || seat_file_write(target->file, error);
}

/* What each word is to change; FALSE if there is nothing of the kind. */
static gboolean find_settings(char **words, const struct setting **chosen, GError **error)
{
	for (guint i = 0; words[i] != NULL; i++) {
		chosen[i] = setting_find(words[i], error);
		if (chosen[i] == NULL)
			return FALSE;
	}
	return TRUE;
}

/* One KEY=VALUE: what it was and what it is to be, in a line. @changed: is that different? */
static gboolean apply(const struct setting *setting, const char *word, struct target *target,
		      gboolean *changed, GError **error)
{
	g_autofree char *before = setting->show(target);
	g_autofree char *after = NULL;

	if (!setting->apply(word + strlen(setting->key) + 1, target, error))
		return FALSE;
	after = setting->show(target);
	printf("  %-15s %s -> %s\n", setting->key, before, after);
	*changed = !g_str_equal(before, after);
	return TRUE;
}

/* In the order of the table. @paths: gets the elements that change */
static gboolean apply_all(char **words, const struct setting *const *chosen, struct target *target,
			  GPtrArray *paths, gboolean *different, GError **error)
{
	for (const struct setting *setting = target_settings; setting->key != NULL; setting++) {
		for (guint i = 0; words[i] != NULL; i++) {
			gboolean changed = FALSE;

			if (chosen[i] != setting)
				continue;
			if (!apply(setting, words[i], target, &changed, error))
				return FALSE;
			if (changed)
				add_paths(paths, setting);
			*different |= changed;
		}
	}
	return TRUE;
}

static int change(struct virt *virt, const struct domain_facts *facts, char **words,
		  const struct setting *const *chosen, GError **error)
{
	g_autofree char *xml = virt_domain_xml(virt, facts->name, error);
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	gboolean different = FALSE, done;
	struct target target;

	if (xml == NULL)
		return -1;
	target_init(&target, facts);
	done = apply_all(words, chosen, &target, paths, &different, error);
	if (done && !different)
		printf("%s is like that already.\n", facts->name);
	else if (done)
		done = change_definition(virt, xml, &target, facts, paths, error) &&
		       change_seat(&target, error);
	target_clear(&target);
	return done ? EXIT_SUCCESS : -1;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	char **words = arguments + 1;
	g_autofree const struct setting **chosen =
		g_new0(const struct setting *, g_strv_length(words));
	autoptr(virt) virt = NULL;
	autoptr(domain_facts) facts = NULL;

	if (!find_settings(words, chosen, error))
		return -1;
	virt = virt_open(error);
	facts = virt != NULL ? lend_read_guest(virt, arguments[0], error) : NULL;
	if (facts == NULL || !check_state(virt, facts->name, chosen, g_strv_length(words), error))
		return -1;
	return change(virt, facts, words, chosen, error);
}

static const char *const examples[] = {
	"hotseat set win11 screen=card",
	"Take the emulated screen away, once the card's driver is installed in the guest.",
	"hotseat set win11 vcpus=12 memory=24G --dry-run",
	"Show what would change.",
	"sudo hotseat set win11 monitors=S2716DG:dp1",
	"That monitor goes with win11, to the input that its card is on.",
	NULL,
};

const struct command command_set = {
	.name = "set",
	.arguments = "GUEST KEY=VALUE...",
	.min_arguments = 2,
	.max_arguments = G_MAXUINT,
	.summary = "Change a guest",
	.description =
		"gpu, vcpus and memory are planned anew as for a new guest, and only what follows "
		"from them is changed in the definition: nothing that you or others have made of "
		"it is lost. gpu=01:00.0,02:00.0 gives it two cards; those that it keeps stay "
		"where they are in the guest.\n\n"
		"screen=card leaves the guest with the card's own outputs; screen=window gives it "
		"an emulated screen beside the card again, which virt-manager shows.\n\n"
		"seat=seat0 gives it keyboard and mouse by the seat's relay: one chord for all "
		"guests, which /etc/hotseat/seat0.conf can name; chord=leftmeta+f1 goes straight "
		"to this one. mouse=passthrough gives it every button and every step of every "
		"wheel, where QEMU's own mouse has five buttons; the guest has to run meanwhile, "
		"so that its driver for virtio input can be seen to work. seat=none leaves them to "
		"QEMU, which has one keyboard and one mouse to give, and chord=ctrl-ctrl, alt-alt, "
		"shift-shift, meta-meta, scrolllock or ctrl-scrolllock to move them.\n\n"
		"monitors=1:dp1 lets the first of \"hotseat monitor list\" show dp1 while this "
		"guest has the seat, and what it shows now for the host; "
		"monitors=1:dp1/hdmi1,2:hdmi2/dp1 says both, and for two. Chord and monitors are "
		"written to the seat's file, and hold at once.\n\n"
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
		"The rest holds from the guest's next start on.",
	.examples = examples,
	.flags = COMMAND_GUESTS,
	.options = options,
	.run = run,
};
