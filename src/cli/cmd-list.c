/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/commands.h"
#include "core/json.h"
#include "core/table.h"
#include "guest/domain.h"
#include "guest/virt-disk.h"

struct row {
	struct domain_facts *facts;
	enum guest_state state;
	char *next; /* what can be done with it now; NULL */
};

static void row_free(gpointer data)
{
	struct row *row = data;

	domain_facts_free(row->facts);
	g_free(row->next);
	g_free(row);
}

/*
 * A guest on its way to virtio waits for its drivers. Others are not asked: libvirt notes for each
 * guest whose QEMU was spoken to directly that it was.
 */
static char *next_step(struct virt *virt, const struct domain_facts *facts)
{
	g_autofree char *xml = NULL;
	autoptr(domain_facts) live = NULL;
	gboolean driven = FALSE;

	if (facts->helper_disk == NULL || !virt_disk_is_driven(virt, facts->name, &driven, NULL))
		return NULL;
	xml = virt_domain_live_xml(virt, facts->name, NULL);
	live = xml != NULL ? domain_facts_parse(xml, NULL) : NULL;
	if (live != NULL && g_strcmp0(live->disk_bus, facts->disk_bus) != 0)
		return g_strdup_printf("%s has its disk on %s from its next start on.", facts->name,
				       facts->disk_bus);
	if (g_strcmp0(facts->disk_bus, "virtio") == 0)
		return g_strdup_printf(
			"%s runs from its disk on virtio. The small one goes with: "
			"hotseat set %s disk-bus=virtio",
			facts->name, facts->name);
	if (driven)
		return g_strdup_printf(
			"%s drives its small disk on virtio. Its own follows with: "
			"hotseat set %s disk-bus=virtio",
			facts->name, facts->name);
	return g_strdup_printf(
		"%s does not drive its small disk on virtio yet: install viostor of "
		"virtio-win in it.",
		facts->name);
}

/*
 * A guest can disappear between being listed and being asked; then it is not listed. A domain that
 * cannot be parsed is libvirt's business, not ours.
 */
static void add_row(GPtrArray *rows, struct virt *virt, const char *name)
{
	g_autofree char *xml = virt_domain_xml(virt, name, NULL);
	autoptr(domain_facts) facts = xml == NULL ? NULL : domain_facts_parse(xml, NULL);
	enum guest_state state;
	struct row *row;

	if (facts == NULL || !facts->ours || !virt_guest_state(virt, name, &state, NULL))
		return;
	row = g_new0(struct row, 1);
	row->facts = g_steal_pointer(&facts);
	row->state = state;
	row->next = state == GUEST_RUNNING ? next_step(virt, row->facts) : NULL;
	g_ptr_array_add(rows, row);
}

static void print_text(const GPtrArray *rows)
{
	autoptr(table) table = table_new("GUEST", "STATE", "CARD", NULL);

	if (rows->len == 0) {
		puts("There are no guests yet; hotseat new makes one.");
		return;
	}
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);
		g_autofree char *devices = g_strjoinv(" ", row->facts->hostdevs);

		table_add(table, row->facts->name, guest_state_name(row->state), devices);
	}
	table_print(table, stdout);
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);

		if (row->next != NULL)
			printf("\n%s\n", row->next);
	}
}

static void print_json(const GPtrArray *rows)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_array(json);
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);

		json_builder_begin_object(json);
		json_add_string(json, "name", row->facts->name);
		json_add_string(json, "uuid", row->facts->uuid);
		json_add_string(json, "state", guest_state_name(row->state));
		json_add_string(json, "card", row->facts->cards[0]);
		json_add_strings(json, "cards", (const char *const *)row->facts->cards);
		json_add_strings(json, "functions", (const char *const *)row->facts->hostdevs);
		json_add_string(json, "next", row->next);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_print(json, stdout);
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	autoptr(virt) virt = virt_open(error);
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	g_auto(GStrv) names = NULL;

	if (virt == NULL)
		return -1;
	names = virt_list(virt, error);
	if (names == NULL)
		return -1;
	for (guint i = 0; names[i] != NULL; i++)
		add_row(rows, virt, names[i]);
	if (invocation->json)
		print_json(rows);
	else
		print_text(rows);
	return EXIT_SUCCESS;
}

const struct command command_list = {
	.name = "list",
	.arguments = "",
	.summary = "Show the guests that hotseat made",
	.description =
		"Name, state and card of each guest. Of one that is on its way to virtio (set "
		"disk-bus=) it says whether the driver has come, and what is next. Other domains "
		"are libvirt's: virsh list --all shows them.",
	.flags = COMMAND_SHOWS,
	.run = run,
};
