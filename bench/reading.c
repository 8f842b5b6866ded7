/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "machine/machine.h"

/*
 * Reads the devices of a machine again and again and prints how long each time took, in
 * microseconds of processor time: for comparing with the same files opened and read by a loop that
 * does nothing with them (read-loop.c). Starting a program costs either of them the same.
 *
 * usage: reading ROOT RUNS
 */
int main(int argc, char **argv)
{
	guint64 runs = argc == 3 ? g_ascii_strtoull(argv[2], NULL, 10) : 0;

	if (runs == 0) {
		fputs("usage: reading ROOT RUNS\n", stderr);
		return EXIT_FAILURE;
	}
	for (guint64 i = 0; i < runs; i++) {
		struct timespec start = { 0 }, end = { 0 };
		struct machine *machine;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		machine = machine_read(root_open(argv[1], NULL), MACHINE_DEVICES, NULL);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
		if (machine == NULL)
			return EXIT_FAILURE;
		machine_free(machine);
		printf("%.1f\n", (double)(end.tv_sec - start.tv_sec) * 1e6 +
					 (double)(end.tv_nsec - start.tv_nsec) / 1e3);
	}
	return EXIT_SUCCESS;
}
