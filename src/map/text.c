/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/size.h"
#include "map/map.h"
#include "map/owner.h"

/* The same facts for a terminal: a line for each core type's cache, a row for each card. */

static void add_core(GString *text, const struct machine *machine, const GPtrArray *plans,
		     guint core)
{
	const struct cpus *cpus = machine->cpus;

	g_string_append(text, " [");
	for (guint i = 0, n = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);
		g_autofree char *mark = NULL;

		if (cpu->core != core)
			continue;
		mark = owner_mark(owner_of_cpu(plans, cpu->id));
		g_string_append_printf(text, "%s%u%s", n++ > 0 ? " " : "", cpu->id, mark);
	}
	g_string_append(text, "]");
}

/* Eight cores to a line, so that it fits a terminal of 80 columns most of the time. */
static void add_cache(GString *text, const struct machine *machine, const GPtrArray *plans,
		      guint l3)
{
	const struct cpus *cpus = machine->cpus;
	guint64 kib = l3 < cpus->l3_kib->len ? g_array_index(cpus->l3_kib, guint64, l3) : 0;
	g_autofree char *size = size_format(kib << 10);
	guint n = 0;

	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		if (cpu->l3 != l3 || cpu->thread != 0)
			continue;
		if (n == 0)
			g_string_append_printf(text, "node %u cache %-3u %-8s", cpu->node, l3,
					       kib > 0 ? size : "");
		else if (n % 8 == 0)
			g_string_append_printf(text, "\n%25s", "");
		add_core(text, machine, plans, cpu->core);
		n++;
	}
	if (n > 0)
		g_string_append_c(text, '\n');
}

static void add_cards(GString *text, const struct machine *machine, const GPtrArray *plans)
{
	for (guint i = 0; machine->cards != NULL && i < machine->cards->len; i++) {
		const struct card *card = machine->cards->pdata[i];
		const struct pcidev *display = card_display(card);
		g_autofree char *mark = owner_mark(owner_of_card(plans, card));

		g_string_append_printf(text, "card %s group %s%s%s: %s, %s\n", display->address,
				       display->group != NULL ? display->group : "none",
				       mark[0] != '\0' ? " goes to " : "", mark,
				       card_verdict_name(card->verdict), display->name);
	}
}

static void add_memory(GString *text, const GPtrArray *plans)
{
	for (guint i = 0; i < plans->len; i++) {
		const struct plan *plan = plans->pdata[i];
		g_autofree char *mark = owner_mark((int)i);
		g_autofree char *size = size_format(plan->memory_kib << 10);

		if (plan->memory_kib == 0)
			continue;
		g_string_append_printf(text, "memory of %s: %s", mark, size);
		if (plan->memory_node >= 0)
			g_string_append_printf(text, " on node %d", plan->memory_node);
		g_string_append_c(text, '\n');
	}
}

char *map_text(const struct machine *machine, const GPtrArray *plans)
{
	GString *text = g_string_new(NULL);

	for (guint l3 = 0; l3 < machine->cpus->l3s; l3++)
		add_cache(text, machine, plans, l3);
	add_memory(text, plans);
	add_cards(text, machine, plans);
	g_string_append(text,
			"A, B, \342\200\246 are guests, e is the emulator's; the rest is the "
			"host's\n");
	return g_string_free(text, FALSE);
}
