/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/devices.h"

#include "core/json.h"
#include "core/table.h"
#include "machine/holders.h"
#include "rules/host.h"

/* An IOMMU group and its members, in order of address. */
struct group {
	const char *id; /* NULL: the devices that are in none */
	GPtrArray *members;
};

static void group_free(gpointer data)
{
	struct group *group = data;

	g_ptr_array_unref(group->members);
	g_free(group);
}

static guint64 group_number(const struct group *group)
{
	return group->id == NULL ? G_MAXUINT64 : g_ascii_strtoull(group->id, NULL, 10);
}

static gint compare_groups(gconstpointer a, gconstpointer b)
{
	guint64 first = group_number(*(const struct group *const *)a);
	guint64 second = group_number(*(const struct group *const *)b);

	return (first > second) - (first < second);
}

static GPtrArray *find_groups(const GPtrArray *devices)
{
	GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);
	g_autoptr(GHashTable) by_id = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < devices->len; i++) {
		struct pcidev *dev = g_ptr_array_index(devices, i);
		const char *key = dev->group == NULL ? "" : dev->group;
		struct group *group = g_hash_table_lookup(by_id, key);

		if (group == NULL) {
			group = g_new0(struct group, 1);
			group->id = dev->group;
			group->members = g_ptr_array_new();
			g_hash_table_insert(by_id, (gpointer)(guintptr)key, group);
			g_ptr_array_add(groups, group);
		}
		g_ptr_array_add(group->members, dev);
	}
	g_ptr_array_sort(groups, compare_groups);
	return groups;
}

static const char *driver_text(const struct pcidev *dev)
{
	if (dev->driver_known != KNOWN_YES)
		return "not known";
	return dev->driver == NULL ? "-" : dev->driver;
}

static void print_blockers(FILE *out, const struct card *card)
{
	g_autofree char *way_out = host_way_out(card);

	fputs("  blocked, as long as these have their drivers:\n", out);
	for (guint i = 0; i < card->blockers->len; i++) {
		const struct card_blocker *blocker = g_ptr_array_index(card->blockers, i);

		fprintf(out, "    %s  %s  (%s)\n", blocker->dev->address, blocker->dev->driver,
			blocker->dev->name);
	}
	fputs("  what would free it:\n", out);
	fix_print(way_out, out);
}

static void print_verdict(FILE *out, const struct card *card)
{
	switch (card->verdict) {
	case CARD_READY:
		fputs("  ready: no driver of the host is in the way of lending it\n", out);
		return;
	case CARD_UNKNOWN:
		fputs("  not known: the drivers of its group could not be read; see: sudo hotseat "
		      "check\n",
		      out);
		return;
	case CARD_NO_GROUP:
		fputs("  cannot be lent: it is in no IOMMU group; see: hotseat check\n", out);
		return;
	case CARD_BLOCKED:
		print_blockers(out, card);
		return;
	}
}

/* Every desktop's sound server has every sound card, and lets go when it is told. */
static gboolean stays(const struct holder *holder)
{
	return !holder->yields;
}

static void print_holders(FILE *out, const struct machine *machine, const struct card *card)
{
	gboolean complete;
	g_autoptr(GPtrArray) holders = holders_read(machine->root, card, &complete);
	g_autofree char *text = holders_text(holders, stays);

	if (text != NULL)
		fprintf(out, "  open in: %s\n", text);
	else if (!complete)
		fputs("  open in: not known: other users' processes show their files to root "
		      "only\n",
		      out);
}

static void print_card(FILE *out, const struct machine *machine, const struct card *card)
{
	const struct pcidev *display = card_display(card);

	fprintf(out, "%s  %s%s\n", display->address, display->name,
		display->boot_vga == KNOWN_YES ? "  (the firmware's display)" : "");
	print_verdict(out, card);
	fputs("  functions:", out);
	for (guint i = 0; i < card->functions->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(card->functions, i);

		fprintf(out, "%s %s (%s)", i == 0 ? "" : ",", dev->address,
			dev->driver_known == KNOWN_YES && dev->driver == NULL ? "no driver"
									      : driver_text(dev));
	}
	fputs("\n", out);
	if (machine->root != NULL)
		print_holders(out, machine, card);
	fputs("\n", out);
}

static void print_groups(FILE *out, const GPtrArray *devices)
{
	g_autoptr(GPtrArray) groups = find_groups(devices);
	autoptr(table) table = table_new("GROUP", "ADDRESS", "CLASS", "ID", "DRIVER", "NAME", NULL);

	for (guint i = 0; i < groups->len; i++) {
		const struct group *group = g_ptr_array_index(groups, i);

		for (guint j = 0; j < group->members->len; j++) {
			const struct pcidev *dev = g_ptr_array_index(group->members, j);
			g_autofree char *class =
				g_strdup_printf("%04x", PCIDEV_CLASS_SUB(dev->class));
			g_autofree char *id =
				g_strdup_printf("%04x:%04x", dev->vendor, dev->device);

			table_add(table, j == 0 ? group->id : "", dev->address, class, id,
				  driver_text(dev), dev->name);
		}
	}
	table_print(table, out);
}

void devices_print(const struct machine *machine, FILE *out)
{
	if (machine->cards->len == 0)
		fputs("There is no graphics card.\n\n", out);
	for (guint i = 0; i < machine->cards->len; i++)
		print_card(out, machine, g_ptr_array_index(machine->cards, i));
	if (machine->devices->len > 0)
		print_groups(out, machine->devices);
}

static void add_addresses(JsonBuilder *json, const char *name, const GPtrArray *devices)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_array(json);
	for (guint i = 0; i < devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(devices, i);

		json_builder_add_string_value(json, dev->address);
	}
	json_builder_end_array(json);
}

static void add_groups(JsonBuilder *json, const GPtrArray *devices)
{
	g_autoptr(GPtrArray) groups = find_groups(devices);

	json_builder_set_member_name(json, "groups");
	json_builder_begin_array(json);
	for (guint i = 0; i < groups->len; i++) {
		const struct group *group = g_ptr_array_index(groups, i);

		if (group->id == NULL)
			continue;
		json_builder_begin_object(json);
		json_add_string(json, "id", group->id);
		add_addresses(json, "devices", group->members);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void add_hex(JsonBuilder *json, const char *name, guint number)
{
	g_autofree char *text = g_strdup_printf("%04x", number);

	json_add_string(json, name, text);
}

static void add_devices(JsonBuilder *json, const GPtrArray *devices)
{
	json_builder_set_member_name(json, "devices");
	json_builder_begin_array(json);
	for (guint i = 0; i < devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(devices, i);

		json_builder_begin_object(json);
		json_add_string(json, "address", dev->address);
		json_add_string(json, "group", dev->group);
		add_hex(json, "vendor", dev->vendor);
		add_hex(json, "device", dev->device);
		add_hex(json, "class", PCIDEV_CLASS_SUB(dev->class));
		json_add_string(json, "driver", dev->driver);
		/* null may mean "none" and "could not be read"; whoever cares looks here */
		json_builder_set_member_name(json, "driver_known");
		json_builder_add_boolean_value(json, dev->driver_known == KNOWN_YES);
		json_add_string(json, "name", dev->name);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void add_blockers(JsonBuilder *json, const GPtrArray *blockers)
{
	json_builder_set_member_name(json, "blockers");
	json_builder_begin_array(json);
	for (guint i = 0; i < blockers->len; i++) {
		const struct card_blocker *blocker = g_ptr_array_index(blockers, i);

		json_builder_begin_object(json);
		json_add_string(json, "address", blocker->dev->address);
		json_add_string(json, "driver", blocker->dev->driver);
		json_add_string(json, "why", blocker->why);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void add_way_out(JsonBuilder *json, const struct card *card)
{
	g_autofree char *text = card->verdict == CARD_BLOCKED ? host_way_out(card) : NULL;

	json_add_string(json, "way_out", text);
}

static void add_holders(JsonBuilder *json, const struct root *root, const struct card *card)
{
	gboolean complete;
	g_autoptr(GPtrArray) holders = holders_read(root, card, &complete);

	json_builder_set_member_name(json, "holders");
	json_builder_begin_array(json);
	for (guint i = 0; i < holders->len; i++) {
		const struct holder *holder = g_ptr_array_index(holders, i);

		json_builder_begin_object(json);
		json_builder_set_member_name(json, "pid");
		json_builder_add_int_value(json, holder->pid);
		json_add_string(json, "process", holder->process);
		json_add_string(json, "node", holder->node);
		/* a sound server, which lets go when it is told */
		json_builder_set_member_name(json, "yields");
		json_builder_add_boolean_value(json, holder->yields);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	/* without root, other users' programs are not seen */
	json_builder_set_member_name(json, "holders_known");
	json_builder_add_boolean_value(json, complete);
}

static void add_cards(JsonBuilder *json, const struct root *root, const GPtrArray *cards)
{
	json_builder_set_member_name(json, "cards");
	json_builder_begin_array(json);
	for (guint i = 0; i < cards->len; i++) {
		const struct card *card = g_ptr_array_index(cards, i);

		json_builder_begin_object(json);
		json_add_string(json, "address", card_display(card)->address);
		json_add_string(json, "group", card_display(card)->group);
		json_add_string(json, "name", card_display(card)->name);
		add_addresses(json, "functions", card->functions);
		json_add_string(json, "verdict", card_verdict_name(card->verdict));
		add_blockers(json, card->blockers);
		add_way_out(json, card);
		if (root != NULL)
			add_holders(json, root, card);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

void devices_print_json(const struct machine *machine, FILE *out)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_object(json);
	add_groups(json, machine->devices);
	add_devices(json, machine->devices);
	add_cards(json, machine->root, machine->cards);
	json_builder_end_object(json);
	json_print(json, out);
}
