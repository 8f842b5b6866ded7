/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "builder.h"
#include "core/error.h"
#include "machine/machine.h"
#include "manifest.h"
#include "plan/plan.h"

/*
 * One machine, several guests: nobody gets what another has, everybody gets as much, the host keeps
 * its share, and where something is missing, one sentence with numbers says what.
 */

/* The machine of the well-known video: two sockets of 14 cores, seven cards, seven gamers. */
static const struct builder seven_gamers = {
	.sockets = 2,
	.caches = 1,
	.cores = 14,
	.threads = 2,
	.gib = 128,
	.cards = 7,
	.keyboards = 7,
};

static const struct builder six_keyboards = {
	.sockets = 2,
	.caches = 1,
	.cores = 14,
	.threads = 2,
	.gib = 128,
	.cards = 7,
	.keyboards = 6,
};

static const struct builder two_cards_blocked = {
	.sockets = 2,
	.caches = 1,
	.cores = 14,
	.threads = 2,
	.gib = 128,
	.cards = 7,
	.blocked = 2,
};

static const struct builder four_caches = {
	.sockets = 1,
	.caches = 4,
	.cores = 4,
	.threads = 2,
	.gib = 64,
	.cards = 3,
	.huge_gib = 20,
};

static const struct builder desktop = {
	.sockets = 1,
	.caches = 1,
	.cores = 4,
	.threads = 2,
	.gib = 16,
	.cards = 2,
};

struct scene {
	struct manifest *manifest;
	struct machine *machine;
};

static void scene_init(struct scene *scene, const struct builder *builder)
{
	g_autofree char *text = builder_text(builder);
	g_autoptr(GError) error = NULL;

	scene->manifest = manifest_build(text);
	scene->machine = machine_read(g_steal_pointer(&scene->manifest->root), MACHINE_ALL, &error);
	g_assert_no_error(error);
}

static void scene_clear(struct scene *scene)
{
	machine_free(scene->machine);
	manifest_free(scene->manifest);
}

static const struct plan *plan_at(const GPtrArray *plans, guint i)
{
	return plans->pdata[i];
}

/* No cpu, no core is of two guests; CPU 0's core and one more are of none. */
static void check_cores(const struct scene *scene, const GPtrArray *plans)
{
	const struct cpus *cpus = scene->machine->cpus;
	g_autofree guint *owner = g_new0(guint, cpus->cores);
	guint free_cores = 0;

	for (guint i = 0; i < plans->len; i++) {
		const struct placement *placement = &plan_at(plans, i)->placement;

		for (guint j = 0; j < placement->vcpu->len; j++) {
			guint id = g_array_index(placement->vcpu, guint, j);
			guint core = cpus_find(cpus, id)->core;

			g_assert_true(owner[core] == 0 || owner[core] == i + 1);
			owner[core] = i + 1;
		}
	}
	g_assert_cmpuint(owner[0], ==, 0);
	for (guint core = 0; core < cpus->cores; core++)
		free_cores += owner[core] == 0;
	g_assert_cmpuint(free_cores, >=, cpus->cores > 4 ? 2 : 1);
	for (guint i = 0; i < plans->len; i++) {
		const GArray *emulator = plan_at(plans, i)->placement.emulator;

		g_assert_cmpuint(emulator->len, >, 0);
		for (guint j = 0; j < emulator->len; j++)
			g_assert_cmpuint(
				owner[cpus_find(cpus, g_array_index(emulator, guint, j))->core], ==,
				0);
	}
}

static void check_fair(const GPtrArray *plans)
{
	const struct plan *first = plan_at(plans, 0);

	for (guint i = 1; i < plans->len; i++) {
		const struct plan *plan = plan_at(plans, i);

		g_assert_cmpuint(plan->placement.vcpu->len, ==, first->placement.vcpu->len);
		g_assert_cmpuint(plan->placement.threads, ==, first->placement.threads);
		g_assert_cmpuint(plan->memory_kib, ==, first->memory_kib);
		for (guint j = 0; j < i; j++) {
			const struct plan *other = plan_at(plans, j);

			g_assert_true(plan_card(plan) != plan_card(other));
			g_assert_true(plan->keyboard == NULL || plan->keyboard != other->keyboard);
			g_assert_true(plan->mouse == NULL || plan->mouse != other->mouse);
		}
	}
}

static GPtrArray *divide(const struct scene *scene, guint guests, GError **error)
{
	const struct wish wish = { 0 };

	return plan_divide(scene->machine, &wish, guests, error);
}

static void test_seven_gamers(void)
{
	struct scene scene = { 0 };
	g_autoptr(GPtrArray) plans = NULL;
	g_autoptr(GError) error = NULL;
	guint64 on_node[2] = { 0 };

	scene_init(&scene, &seven_gamers);
	plans = divide(&scene, 7, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(plans->len, ==, 7);
	check_cores(&scene, plans);
	check_fair(plans);
	for (guint i = 0; i < plans->len; i++) {
		const struct plan *plan = plan_at(plans, i);
		const struct cpu *cpu = cpus_find(scene.machine->cpus,
						  g_array_index(plan->placement.vcpu, guint, 0));

		/* three whole cores of the card's own socket, with memory beside them */
		g_assert_cmpuint(plan->placement.vcpu->len, ==, 6);
		g_assert_cmpuint(plan->placement.threads, ==, 2);
		g_assert_cmpint((int)cpu->node, ==, card_display(plan_card(plan))->numa_node);
		g_assert_cmpint(plan->memory_node, ==, (int)cpu->node);
		g_assert_cmpstr(card_display(plan_card(plan))->driver, ==, "amdgpu");
		g_assert_nonnull(plan->keyboard);
		g_assert_nonnull(plan->mouse);
		on_node[cpu->node] += plan->memory_kib;
	}
	g_assert_cmpuint(on_node[0], <=, (guint64)128 << 20);
	g_assert_cmpuint(on_node[1], <=, (guint64)128 << 20);
	g_clear_pointer(&plans, g_ptr_array_unref);
	scene_clear(&scene);
}

/* The same machine must be divided the same way every time. */
static void test_deterministic(void)
{
	struct scene scene = { 0 };
	g_autoptr(GPtrArray) first = NULL;
	g_autoptr(GPtrArray) second = NULL;

	scene_init(&scene, &seven_gamers);
	first = divide(&scene, 5, NULL);
	second = divide(&scene, 5, NULL);
	for (guint i = 0; i < 5; i++) {
		g_autofree char *a = cpus_format(plan_at(first, i)->placement.vcpu);
		g_autofree char *b = cpus_format(plan_at(second, i)->placement.vcpu);

		g_assert_cmpstr(a, ==, b);
		g_assert_true(plan_card(plan_at(first, i)) == plan_card(plan_at(second, i)));
	}
	g_clear_pointer(&first, g_ptr_array_unref);
	g_clear_pointer(&second, g_ptr_array_unref);
	scene_clear(&scene);
}

static void check_refused(const struct builder *builder, const struct wish *wish, guint guests,
			  const char *const *words)
{
	struct scene scene = { 0 };
	g_autoptr(GPtrArray) plans = NULL;
	g_autoptr(GError) error = NULL;

	scene_init(&scene, builder);
	plans = plan_divide(scene.machine, wish, guests, &error);
	g_assert_null(plans);
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	g_test_message("%s", error->message);
	for (; *words != NULL; words++)
		g_assert_nonnull(strstr(error->message, *words));
	scene_clear(&scene);
}

static void test_limits_are_named(void)
{
	static const char *const cards[] = { "five cards can be lent, seven were asked for", "ahci",
					     NULL };
	static const char *const cores[] = { "2 guests of 8 vCPUs", "4 cores", "2 vCPUs for each",
					     NULL };
	static const char *const memory[] = { "2 guests of 8 GiB need 16 GiB",
					      "12 GiB can be pinned", NULL };
	const struct wish nothing = { 0 };
	const struct wish many_cpus = { .vcpus = 8 };
	const struct wish much_memory = { .memory_kib = (guint64)8 << 20 };

	check_refused(&two_cards_blocked, &nothing, 7, cards);
	check_refused(&desktop, &many_cpus, 2, cores);
	check_refused(&desktop, &much_memory, 2, memory);
}

/* A missing keyboard is no reason to refuse, but it is said. */
static void test_six_keyboards(void)
{
	struct scene scene = { 0 };
	g_autoptr(GPtrArray) plans = NULL;
	g_autoptr(GError) error = NULL;
	guint without = 0;

	scene_init(&scene, &six_keyboards);
	plans = divide(&scene, 7, &error);
	g_assert_no_error(error);
	check_fair(plans);
	for (guint i = 0; i < plans->len; i++)
		without += plan_at(plans, i)->keyboard == NULL;
	g_assert_cmpuint(without, ==, 1);
	g_clear_pointer(&plans, g_ptr_array_unref);
	scene_clear(&scene);
}

/* Three guests on four caches: each has one to itself, and the host the fourth. */
static void test_caches_are_not_shared(void)
{
	struct scene scene = { 0 };
	g_autoptr(GPtrArray) plans = NULL;
	guint seen = 0;

	scene_init(&scene, &four_caches);
	plans = divide(&scene, 3, NULL);
	check_cores(&scene, plans);
	check_fair(plans);
	for (guint i = 0; i < plans->len; i++) {
		const struct plan *plan = plan_at(plans, i);

		g_assert_cmpuint(plan->placement.vcpu->len, ==, 8);
		seen |= 1U << cpus_find(scene.machine->cpus,
					g_array_index(plan->placement.vcpu, guint, 0))
				      ->l3;
	}
	g_assert_cmpuint(seen, ==, 0xe);
	g_clear_pointer(&plans, g_ptr_array_unref);
	scene_clear(&scene);
}

/* Reserved pages are for the guest, and counted once for all guests. */
static void test_huge_pages(void)
{
	struct scene scene = { 0 };
	const struct wish wish = { .memory_kib = (guint64)8 << 20 };
	const struct wish much = { .memory_kib = (guint64)9 << 20 };
	g_autoptr(GPtrArray) plans = NULL;
	guint huge = 0;
	struct plan *plan;

	scene_init(&scene, &four_caches);
	plan = plan_make(scene.machine, &wish, NULL);
	g_assert_nonnull(plan);
	g_assert_cmpuint(plan->page_kib, ==, 1 << 20);
	g_assert_cmpint(plan->memory_node, ==, 0);
	plan_free(plan);
	plans = plan_divide(scene.machine, &much, 3, NULL);
	g_assert_nonnull(plans);
	for (guint i = 0; i < plans->len; i++)
		huge += plan_at(plans, i)->page_kib == 1 << 20;
	g_assert_cmpuint(huge, ==, 2);
	g_clear_pointer(&plans, g_ptr_array_unref);
	scene_clear(&scene);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/divide/seven-gamers", test_seven_gamers);
	g_test_add_func("/divide/deterministic", test_deterministic);
	g_test_add_func("/divide/limits-are-named", test_limits_are_named);
	g_test_add_func("/divide/six-keyboards", test_six_keyboards);
	g_test_add_func("/divide/caches-are-not-shared", test_caches_are_not_shared);
	g_test_add_func("/divide/huge-pages", test_huge_pages);
	return g_test_run();
}
