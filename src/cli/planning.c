/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/planning.h"

#include "core/error.h"
#include "core/size.h"
#include "machine/hugepages.h"

/* More is a slip of the finger. */
#define GUESTS_MOST 64
#define VCPUS_MOST 4096

struct machine *planning_read_machine(const char *root_path, GError **error)
{
	struct machine *machine =
		machine_open(root_path, MACHINE_DEVICES | MACHINE_CPUS | MACHINE_INPUTS, error);

	if (machine == NULL)
		return NULL;
	machine->nodes = nodes_read(machine->root);
	machine->hugepages = hugepages_read(machine->root);
	/* on failure it is zero, which is "not known" to the plan */
	memory_read(machine->root, &machine->memory, NULL);
	return machine;
}

gboolean planning_vcpus(int said, guint *vcpus, GError **error)
{
	if (said != VCPUS_UNSAID && (said < 1 || said > VCPUS_MOST)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--vcpus takes a number from 1 to %d, not %d", VCPUS_MOST, said);
		return FALSE;
	}
	*vcpus = said == VCPUS_UNSAID ? 0 : (guint)said;
	return TRUE;
}

static gboolean check_wanted(const struct planning *wanted, struct wish *wish, GError **error)
{
	guint64 bytes = 0;

	if (!planning_vcpus(wanted->vcpus, &wish->vcpus, error))
		return FALSE;
	if (wanted->guests < 1 || wanted->guests > GUESTS_MOST) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--guests takes a number from 1 to %d, not %d", GUESTS_MOST,
			    wanted->guests);
		return FALSE;
	}
	if (wanted->guests > 1 && wanted->gpus != NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--gpu names the cards of one guest, and --guests %d asks for a card "
			    "for each: leave one of them out",
			    wanted->guests);
		return FALSE;
	}
	if (wanted->memory != NULL && !size_parse(wanted->memory, 1 << 20, &bytes, error))
		return FALSE;
	wish->gpus = (const char *const *)wanted->gpus;
	wish->memory_kib = bytes >> 10;
	return TRUE;
}

static void free_plan(gpointer data)
{
	plan_free(data);
}

static GPtrArray *make_one(const struct machine *machine, const struct wish *wish, GError **error)
{
	struct plan *plan = plan_make(machine, wish, error);
	GPtrArray *plans;

	if (plan == NULL)
		return NULL;
	plans = g_ptr_array_new_with_free_func(free_plan);
	g_ptr_array_add(plans, plan);
	return plans;
}

GPtrArray *planning_make(struct planning *wanted, const struct machine *machine, GError **error)
{
	g_auto(GStrv) gpus = g_steal_pointer(&wanted->gpus);
	g_autofree char *memory = g_steal_pointer(&wanted->memory);
	const struct planning asked = { gpus, memory, wanted->vcpus, wanted->guests };
	/* what cannot be lent at all is an answer of the plan, not the end of it */
	struct wish wish = { .partial = TRUE };

	if (!check_wanted(&asked, &wish, error))
		return NULL;
	if (asked.guests > 1)
		return plan_divide(machine, &wish, (guint)asked.guests, error);
	return make_one(machine, &wish, error);
}
