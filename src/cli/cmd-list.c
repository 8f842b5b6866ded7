/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/commands.h"
#include "core/json.h"
#include "core/table.h"
#include "guest/domain.h"
#include "guest/virt.h"

struct row {
	struct domain_facts *facts;
	enum guest_state state;
};

static void row_free(gpointer data)
{
	struct row *row = data;

	domain_facts_free(row->facts);
	g_free(row);
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
		"Name, state and card of each guest. Other domains are libvirt's: virsh list "
		"--all shows them.",
	.flags = COMMAND_SHOWS,
	.run = run,
};
