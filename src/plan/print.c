/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/print.h"

#include "core/json.h"
#include "core/size.h"
#include "core/text.h"

/* --- for people ---------------------------------------------------------------------------- */

static void print_line(FILE *out, const char *what, const char *text)
{
	fprintf(out, "%-10s %s\n", what, text);
}

static void print_cards(const struct plan *plan, FILE *out)
{
	if (plan->cards->len == 0)
		print_line(out, "card", "none");
	for (guint i = 0; i < plan->cards->len; i++) {
		const struct card *card = plan->cards->pdata[i];
		const struct pcidev *display = card_display(card);

		fprintf(out, "%-10s %s %s", i == 0 ? "card" : "", display->address, display->name);
		for (guint f = 1; f < card->functions->len; f++) {
			const struct pcidev *dev = card->functions->pdata[f];

			fprintf(out, "%s %s", f == 1 ? ", with" : ",", dev->address);
		}
		fputc('\n', out);
	}
}

static void print_cpus(const struct plan *plan, FILE *out)
{
	const struct placement *placement = &plan->placement;
	g_autofree char *vcpu = cpus_format(placement->vcpu);
	g_autofree char *emulator = cpus_format(placement->emulator);
	g_autofree char *iothread = cpus_format(placement->iothread);

	fprintf(out, "%-10s %u vCPU%s on %s: %u core%s of %u thread%s\n", "cores",
		placement->vcpu->len, placement->vcpu->len == 1 ? "" : "s", vcpu, placement->cores,
		placement->cores == 1 ? "" : "s", placement->threads,
		placement->threads == 1 ? "" : "s");
	fprintf(out, "%-10s emulator on %s, I/O on %s\n", "", emulator, iothread);
}

static void print_memory(const struct plan *plan, FILE *out)
{
	g_autofree char *size = size_format(plan->memory_kib << 10);
	g_autofree char *page = size_format(plan->page_kib << 10);

	if (plan->memory_kib == 0) {
		print_line(out, "memory", "not known");
		return;
	}
	fprintf(out, "%-10s %s", "memory", size);
	if (plan->memory_node >= 0)
		fprintf(out, " on node %d", plan->memory_node);
	if (plan->page_kib > 4)
		fprintf(out, ", in pages of %s", page);
	fputc('\n', out);
}

static void print_reason(const char *label, const char *lead, const char *text, FILE *out)
{
	int indent = fprintf(out, "  %-9s %s", label, lead);

	text_print_wrapped(out, text, indent, indent);
}

void plan_print_reasons(const struct plan *plan, FILE *out)
{
	const char *about = "";

	for (guint i = 0; i < plan->reasons->len; i++) {
		const struct reason *reason = plan->reasons->pdata[i];

		print_reason(g_str_equal(about, reason->about) ? "" : reason->about, "",
			     reason->why, out);
		if (reason->instead_of != NULL)
			print_reason("", "  instead of: ", reason->instead_of, out);
		about = reason->about;
	}
}

void plan_print(const struct plan *plan, const char *name, FILE *out)
{
	if (name != NULL)
		fprintf(out, "%s\n", name);
	print_cards(plan, out);
	print_cpus(plan, out);
	print_memory(plan, out);
	print_line(out, "keyboard", plan->keyboard != NULL ? plan->keyboard->name : "none");
	print_line(out, "mouse", plan->mouse != NULL ? plan->mouse->name : "none");
	fputs("\nWhy\n", out);
	plan_print_reasons(plan, out);
}

/* --- for programs -------------------------------------------------------------------------- */

static void add_numbers(JsonBuilder *json, const char *name, const GArray *numbers)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_array(json);
	for (guint i = 0; i < numbers->len; i++)
		json_builder_add_int_value(json, g_array_index(numbers, guint, i));
	json_builder_end_array(json);
}

static void add_card(JsonBuilder *json, const struct card *card)
{
	json_builder_begin_object(json);
	json_add_string(json, "address", card_display(card)->address);
	json_builder_set_member_name(json, "functions");
	json_builder_begin_array(json);
	for (guint i = 0; i < card->functions->len; i++) {
		const struct pcidev *dev = card->functions->pdata[i];

		json_builder_add_string_value(json, dev->address);
	}
	json_builder_end_array(json);
	json_add_string(json, "group", card_display(card)->group);
	json_builder_end_object(json);
}

/* The first one has a member of its own, since most guests have no other. */
static void add_cards(JsonBuilder *json, const struct plan *plan)
{
	json_builder_set_member_name(json, "gpu");
	if (plan->cards->len > 0)
		add_card(json, plan_card(plan));
	else
		json_builder_add_null_value(json);
	json_builder_set_member_name(json, "gpus");
	json_builder_begin_array(json);
	for (guint i = 0; i < plan->cards->len; i++)
		add_card(json, plan->cards->pdata[i]);
	json_builder_end_array(json);
}

/* One array for each vCPU: today it holds the one host cpu that the vCPU is pinned to (PN-01). */
static void add_cpus(JsonBuilder *json, const struct placement *placement)
{
	json_builder_set_member_name(json, "cpus");
	json_builder_begin_object(json);
	json_builder_set_member_name(json, "vcpu");
	json_builder_begin_array(json);
	for (guint i = 0; i < placement->vcpu->len; i++) {
		json_builder_begin_array(json);
		json_builder_add_int_value(json, g_array_index(placement->vcpu, guint, i));
		json_builder_end_array(json);
	}
	json_builder_end_array(json);
	add_numbers(json, "emulator", placement->emulator);
	add_numbers(json, "iothread", placement->iothread);
	json_builder_set_member_name(json, "topology");
	json_builder_begin_object(json);
	json_add_int(json, "sockets", placement->sockets);
	json_add_int(json, "dies", placement->dies);
	json_add_int(json, "cores", placement->cores);
	json_add_int(json, "threads", placement->threads);
	json_builder_end_object(json);
	json_builder_end_object(json);
}

static void add_memory(JsonBuilder *json, const struct plan *plan)
{
	json_builder_set_member_name(json, "memory");
	if (plan->memory_kib == 0) {
		json_builder_add_null_value(json);
		return;
	}
	json_builder_begin_object(json);
	json_add_int(json, "kib", (gint64)plan->memory_kib);
	json_add_int(json, "page_kib", (gint64)plan->page_kib);
	json_builder_set_member_name(json, "node");
	if (plan->memory_node >= 0)
		json_builder_add_int_value(json, plan->memory_node);
	else
		json_builder_add_null_value(json);
	json_builder_end_object(json);
}

static void add_input(JsonBuilder *json, const char *name, const struct input *input)
{
	json_add_string(json, name, input != NULL ? input->stable_path : NULL);
}

static void add_reasons(JsonBuilder *json, const struct plan *plan)
{
	json_builder_set_member_name(json, "reasons");
	json_builder_begin_array(json);
	for (guint i = 0; i < plan->reasons->len; i++) {
		const struct reason *reason = plan->reasons->pdata[i];

		json_builder_begin_object(json);
		json_add_string(json, "about", reason->about);
		json_add_string(json, "why", reason->why);
		json_add_string(json, "instead_of", reason->instead_of);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void add_plan(JsonBuilder *json, const struct plan *plan)
{
	json_builder_begin_object(json);
	add_cards(json, plan);
	add_cpus(json, &plan->placement);
	add_memory(json, plan);
	add_input(json, "keyboard", plan->keyboard);
	add_input(json, "mouse", plan->mouse);
	add_reasons(json, plan);
	json_builder_end_object(json);
}

void plan_print_json(const struct plan *plan, FILE *out)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	add_plan(json, plan);
	json_print(json, out);
}

void plans_print_json(const GPtrArray *plans, FILE *out)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_object(json);
	json_builder_set_member_name(json, "guests");
	json_builder_begin_array(json);
	for (guint i = 0; i < plans->len; i++)
		add_plan(json, plans->pdata[i]);
	json_builder_end_array(json);
	json_builder_end_object(json);
	json_print(json, out);
}
