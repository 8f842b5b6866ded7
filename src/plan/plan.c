/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/plan.h"

#include "plan/choose.h"
#include "plan/reason.h"

/* For a partial wish, what cannot be decided is a reason instead of an error. */
static gboolean forgive(const struct wish *wish, gboolean asked_for, const char *about,
			struct plan *plan, GError *problem, GError **error)
{
	if (!wish->partial || asked_for) {
		g_propagate_error(error, problem);
		return FALSE;
	}
	reason_add(plan->reasons, about, NULL, "none: %s", problem->message);
	g_error_free(problem);
	return TRUE;
}

static int card_node(const struct plan *plan)
{
	return plan->cards->len > 0 ? card_display(plan_card(plan))->numa_node : -1;
}

static gboolean asks_for_cards(const struct wish *wish)
{
	return wish->gpus != NULL && wish->gpus[0] != NULL;
}

struct plan *plan_make(const struct machine *machine, const struct wish *wish, GError **error)
{
	autoptr(plan) plan = g_new0(struct plan, 1);
	GError *problem = NULL;

	plan->reasons = reasons_new();
	plan->cpus = machine->cpus;
	plan->cards = choose_own_cards(machine, wish->gpus, plan->reasons, &problem);
	if (problem != NULL && !forgive(wish, asks_for_cards(wish), "gpu", plan, problem, error))
		return NULL;
	if (plan->cards == NULL)
		plan->cards = g_ptr_array_new();
	if (!placement_choose(machine->cpus, wish->vcpus, card_node(plan), &plan->placement,
			      plan->reasons, error))
		return NULL;
	problem = NULL;
	plan->memory_kib =
		choose_memory(&machine->memory, wish->memory_kib, plan->reasons, &problem);
	if (problem != NULL &&
	    !forgive(wish, wish->memory_kib != 0, "memory", plan, problem, error))
		return NULL;
	if (plan->memory_kib > 0) {
		g_autoptr(GArray) pools =
			machine->hugepages != NULL ? g_array_copy(machine->hugepages) : NULL;

		choose_pages(machine, pools, plan);
	}
	if (!wish->at_seat) {
		plan->keyboard = choose_input(machine->inputs, INPUT_KEYBOARD, plan->reasons);
		plan->mouse = choose_input(machine->inputs, INPUT_MOUSE, plan->reasons);
	}
	choose_monitors(machine, NULL, plan);
	return g_steal_pointer(&plan);
}

void plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	placement_clear(&plan->placement);
	g_clear_pointer(&plan->cards, g_ptr_array_unref);
	g_clear_pointer(&plan->reasons, g_ptr_array_unref);
	g_free(plan->cable);
	g_free(plan);
}
