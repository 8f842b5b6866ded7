/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "core/error.h"
#include "corpus.h"
#include "manifest.h"
#include "plan/plan.h"
#include "rules/devices.h"
#include "rules/rules.h"

struct fixture {
	char *folder; /* for recordings */
	char *file;
};

static void set_up(struct fixture *f, gconstpointer data)
{
	f->folder = g_dir_make_tmp("hotseat-recording-test-XXXXXX", NULL);
	f->file = g_build_filename(f->folder, "recording", NULL);
}

static void tear_down(struct fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->folder);

	g_assert_cmpint(system(command), ==, 0);
	g_free(f->folder);
	g_free(f->file);
}

/* record - as "hotseat record --root FROM FILE" does; its words to the user are not wanted here */
static char *record(struct fixture *f, const char *from)
{
	const struct invocation invocation = { &command_record, from, FALSE };
	char *arguments[] = { f->file, NULL };
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	g_unlink(f->file);
	if (command_record.run(&invocation, arguments, &error) != 0)
		g_error("%s", error->message);
	g_assert_true(g_file_get_contents(f->file, &text, NULL, NULL));
	return text;
}

static void print_plan(const struct machine *machine, FILE *out)
{
	const struct wish wish = { .partial = TRUE };
	g_autoptr(GError) error = NULL;
	autoptr(plan) plan = plan_make(machine, &wish, &error);

	if (plan == NULL) {
		fprintf(out, "no plan: %s\n", error->message);
		return;
	}
	fprintf(out, "%s %u/%u/%u/%u %" G_GUINT64_FORMAT " %s %s\n",
		plan_card(plan) == NULL ? "no card" : plan_card(plan)->fingerprint,
		plan->placement.sockets, plan->placement.dies, plan->placement.cores,
		plan->placement.threads, plan->memory_kib,
		plan->keyboard == NULL ? "-" : plan->keyboard->name,
		plan->mouse == NULL ? "-" : plan->mouse->event);
	for (guint i = 0; i < plan->placement.vcpu->len; i++)
		fprintf(out, "%u ", g_array_index(plan->placement.vcpu, guint, i));
	for (guint i = 0; i < plan->reasons->len; i++) {
		const struct reason *reason = g_ptr_array_index(plan->reasons, i);

		fprintf(out, "%s: %s\n", reason->about, reason->why);
	}
}

static void print_cpus(const struct cpus *cpus, FILE *out)
{
	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		fprintf(out, "cpu %u core %u.%u l3 %u node %u kind %u\n", cpu->id, cpu->core,
			cpu->thread, cpu->l3, cpu->node, cpu->kind);
	}
	for (guint i = 0; i < cpus->l3_kib->len; i++)
		fprintf(out, "%" G_GUINT64_FORMAT "\n", g_array_index(cpus->l3_kib, guint64, i));
	fprintf(out, "%s %s\n", cpus->vendor, cpus->model_name);
}

static void print_host(const struct machine *machine, FILE *out)
{
	g_autoptr(GPtrArray) findings = rules_judge_host(machine);

	findings_print(findings, machine, out);
	findings_print_json(findings, "host", out);
	devices_print(machine, out);
	devices_print_json(machine, out);
}

/* answers_of - all that the commands say of the machine at @path, in one text */
static char *answers_of(const char *path)
{
	static const unsigned int parts[] = { MACHINE_ALL, MACHINE_JUDGED, MACHINE_CPUS,
					      MACHINE_MEMORY, MACHINE_INPUTS };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	gboolean whole = FALSE;

	for (gsize i = 0; i < G_N_ELEMENTS(parts) && !whole; i++) {
		struct root *root = root_open(path, NULL);
		g_autoptr(GError) error = NULL;
		autoptr(machine) machine = machine_read(root, parts[i], &error);

		if (machine == NULL) {
			/* the message has the path in it, which is another */
			fprintf(out, "part %zu: error %d\n", i, error->code);
			continue;
		}
		if (machine->cpus != NULL)
			print_cpus(machine->cpus, out);
		if ((machine->parts & MACHINE_JUDGED) == MACHINE_JUDGED)
			print_host(machine, out);
		whole = machine->parts == MACHINE_ALL;
		if (whole)
			print_plan(machine, out);
	}
	fclose(out);
	return text;
}

static void assert_same_lines(const char *there, const char *here)
{
	g_auto(GStrv) wanted = g_strsplit(there, "\n", -1);
	g_auto(GStrv) got = g_strsplit(here, "\n", -1);

	for (guint i = 0; wanted[i] != NULL || got[i] != NULL; i++)
		g_assert_cmpstr(got[i], ==, wanted[i]);
}

static void assert_same_answers(struct fixture *f, const char *path)
{
	g_autofree char *there = answers_of(path);
	g_autofree char *here = NULL;
	g_autofree char *again = NULL;

	g_free(record(f, path));
	here = answers_of(f->file);
	assert_same_lines(there, here);
	/* a recording of a recording is the same: it says all that it was asked */
	again = g_strdup(f->file);
	g_free(f->file);
	f->file = g_strconcat(again, ".again", NULL);
	g_free(record(f, again));
	g_clear_pointer(&here, g_free);
	here = answers_of(f->file);
	assert_same_lines(there, here);
	g_free(f->file);
	f->file = g_steal_pointer(&again);
}

static void test_answers_are_the_same(struct fixture *f, gconstpointer data)
{
	g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "../machines", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	guint count = 0;

	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *bare = g_strndup(name, strcspn(name, "."));
		autoptr(manifest) machine = manifest_build_file(bare);

		g_test_message("%s", name);
		assert_same_answers(f, machine->folder);
		count++;
	}
	g_assert_cmpuint(count, >, 3);
}

/* hwloc's and util-linux's snapshots have sys/ and proc/ alone, and of those what they read. */
static void test_snapshots(struct fixture *f, gconstpointer data)
{
	static const char *const folders[] = { "hwloc-linux", "hwloc-x86+linux", "util-linux" };
	guint count = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *group = g_build_filename("topology", folders[i], NULL);
		g_auto(GStrv) names = corpus_list(group);

		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			g_autofree char *relative = g_build_filename(group, names[j], NULL);
			g_autofree char *archive = corpus_path(relative);
			g_autofree char *bare = g_strndup(
				names[j], strlen(names[j]) > 8 ? strlen(names[j]) - 8 : 0);
			g_autofree char *command = NULL;
			g_autofree char *machine = NULL;

			if (strstr(names[j], ".tar.") == NULL)
				continue;
			if (g_str_has_suffix(names[j], ".gz"))
				bare[strlen(names[j]) - 7] = '\0';
			command = g_strdup_printf(
				"cd '%s' && rm -rf m && mkdir m && tar xf '%s' -C m", f->folder,
				archive);
			if (system(command) != 0)
				continue;
			machine = g_build_filename(f->folder, "m", NULL);
			{
				g_autoptr(GDir) dir = g_dir_open(machine, 0, NULL);
				const char *only = g_dir_read_name(dir);
				char *below = g_build_filename(machine, only, NULL);

				g_free(machine);
				machine = below;
			}
			g_test_message("%s", names[j]);
			assert_same_answers(f, machine);
			count++;
		}
	}
	if (count == 0)
		g_test_skip("the corpus is not here");
}

#define ADD(path, function) g_test_add(path, struct fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	/* thousands of small files, many times: not on a disk */
	if (g_file_test("/dev/shm", G_FILE_TEST_IS_DIR))
		g_setenv("TMPDIR", "/dev/shm", TRUE);
	g_test_init(&argc, &argv, NULL);
	ADD("/recording/answers-are-the-same", test_answers_are_the_same);
	ADD("/recording/snapshots", test_snapshots);
	return g_test_run();
}
