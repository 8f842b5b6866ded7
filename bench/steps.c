/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "handover/handover.h"
#include "kernel-model.h"

/*
 * What a handover of 64 steps costs beside the kernel and systemd: journals written and read, facts
 * looked up. The kernel is the tests' model, whose own time is taken off; its tree is in memory.
 *
 * usage: steps [RUNS]
 */
#define POLICIES 58
#define FUNCTIONS 4
#define UUID "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
#define BOUND_MS 50.0

static double in_model;
static struct host real;

/* Milliseconds of processor time: on a busy machine the clock tells of others. */
static double now(void)
{
	struct timespec time = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

#define TIMED(call)                                                                                \
	double start = now();                                                                      \
	gboolean done = real.call;                                                                 \
                                                                                                   \
	in_model += now() - start;                                                                 \
	return done

static gboolean timed_write(struct host *host, const char *path, const char *value, GError **error)
{
	TIMED(write(host, path, value, error));
}

static gboolean timed_write_device(struct host *host, const char *address, const char *path,
				   const char *value, GError **error)
{
	TIMED(write_device(host, address, path, value, error));
}

static gboolean timed_run(struct host *host, const char *const *argv, guint seconds, GError **error)
{
	TIMED(run(host, argv, seconds, error));
}

static struct kernel_model *build(struct card *card, struct pcidev *devices)
{
	static char address[FUNCTIONS][16], fingerprint[] = "1234:1111@00.0";
	g_autoptr(GString) tree = g_string_new(
		"dir run/systemd/system\n"
		"dir run/systemd/inhibit\n"
		"dir sys/fs/cgroup/system.slice/systemd-logind.service\n"
		"dir var/lib\n"
		"proc/sys/kernel/random/boot_id = 1\n"
		"sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
		"nr_hugepages = 0\n"
		"sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
		"free_hugepages = 0\n");
	struct kernel_model *model;

	for (guint i = 0; i < POLICIES; i++)
		g_string_append_printf(
			tree,
			"sys/devices/system/cpu/cpufreq/policy%u/scaling_governor = powersave\n"
			"sys/devices/system/cpu/cpufreq/policy%u/scaling_available_governors = "
			"performance powersave\n",
			i, i);
	model = kernel_model_new(tree->str);
	model->host->state_dir = g_build_filename(model->manifest->folder, "var/lib/hotseat", NULL);
	kernel_model_driver(model, "bochs-drm", "1234:1111");
	kernel_model_driver(model, "vfio-pci", "");
	card->functions = g_ptr_array_new();
	card->fingerprint = fingerprint;
	for (guint i = 0; i < FUNCTIONS; i++) {
		g_snprintf(address[i], sizeof(address[i]), "0000:01:00.%u", i);
		kernel_model_device(model, address[i], "1234:1111", "12", "bochs-drm", NULL);
		devices[i].address = address[i];
		devices[i].vendor = 0x1234;
		devices[i].device = 0x1111;
		g_ptr_array_add(card->functions, &devices[i]);
	}
	return model;
}

static guint count_steps(struct host *host)
{
	g_autoptr(GPtrArray) states = handover_read_states(host, NULL);
	const struct handover_state *state = g_ptr_array_index(states, 0);

	return state->steps->len;
}

static int compare(const void *a, const void *b)
{
	const double *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

int main(int argc, char **argv)
{
	static const struct handover_needs needs = {
		.memory_kib = 1 << 20, .page_kib = 2048, .node = 0, .governor = "performance"
	};
	static const struct handover_guest guest = { UUID, "bench", &needs };
	static const struct handover_options options = { 0 };
	struct pcidev devices[FUNCTIONS] = { 0 };
	struct card card = { 0 };
	g_autoptr(GPtrArray) cards = g_ptr_array_new();
	guint runs = argc > 1 ? (guint)atoi(argv[1]) : 21, steps = 0;
	g_autofree double *times = g_new0(double, MAX(runs, 1));
	struct kernel_model *model;

	if (access("/dev/shm", W_OK) == 0)
		g_setenv("TMPDIR", "/dev/shm", FALSE);
	model = build(&card, devices);
	g_ptr_array_add(cards, &card);
	real = *model->host;
	model->host->write = timed_write;
	model->host->write_device = timed_write_device;
	model->host->run = timed_run;
	for (guint i = 0; i < runs; i++) {
		double start = now();

		in_model = 0;
		model->runs = model->syncs = 0;
		if (!handover_up(model->host, &guest, NULL, cards, &options, NULL))
			return EXIT_FAILURE;
		times[i] = now() - start - in_model;
		steps = count_steps(model->host);
		/* The writer is one more process. */
		if (i == 0)
			printf("up of %u steps: %u process starts, %u waits for the disk\n", steps,
			       model->runs + 1, model->syncs);
		if (!handover_down(model->host, UUID, &options, NULL, NULL))
			return EXIT_FAILURE;
	}
	qsort(times, runs, sizeof(*times), compare);
	printf("beside the kernel: %.1f ms of processor time (median of %u; %.1f to %.1f), bound "
	       "%.0f ms\n",
	       times[runs / 2], runs, times[0], times[runs - 1], BOUND_MS);
	g_ptr_array_unref(card.functions);
	kernel_model_free(model);
	return times[runs / 2] <= BOUND_MS ? EXIT_SUCCESS : EXIT_FAILURE;
}
