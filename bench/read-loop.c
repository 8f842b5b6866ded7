/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * The least that reading a machine can cost: opens what a list names, reads it to its end, and
 * knows nothing of what it read. Each line of the list is "file PATH", "link PATH" or "list PATH".
 *
 * Prints how long that took each time, in microseconds of processor time.
 *
 * usage: read-loop LIST RUNS
 */
static unsigned long long bytes;

static void read_file(const char *path)
{
	char page[4096];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	while ((n = read(fd, page, sizeof(page))) > 0)
		bytes += (unsigned long long)n;
	close(fd);
}

static void read_link(const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target));

	bytes += n > 0 ? (unsigned long long)n : 0;
}

static void read_list(const char *path)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		bytes += strlen(entry->d_name);
	closedir(dir);
}

static const struct {
	const char *name;
	void (*read)(const char *path);
} kinds[] = {
	{ "file ", read_file },
	{ "link ", read_link },
	{ "list ", read_list },
};

/* The list itself is in memory before the clock starts. */
static size_t load(const char *path, char ***lines)
{
	FILE *list = fopen(path, "re");
	char line[8192];
	size_t n = 0, room = 0;

	*lines = NULL;
	while (list != NULL && fgets(line, sizeof(line), list) != NULL) {
		if (n == room) {
			room = room * 2 + 64;
			*lines = realloc(*lines, room * sizeof(**lines));
			if (*lines == NULL)
				exit(EXIT_FAILURE);
		}
		line[strcspn(line, "\n")] = '\0';
		(*lines)[n++] = strdup(line);
	}
	if (list != NULL)
		fclose(list);
	return n;
}

static void replay(char **lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			if (strncmp(lines[i], kinds[k].name, strlen(kinds[k].name)) == 0)
				kinds[k].read(lines[i] + strlen(kinds[k].name));
		}
	}
}

int main(int argc, char **argv)
{
	char **lines = NULL;
	size_t n = argc == 3 ? load(argv[1], &lines) : 0;
	long runs = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (n == 0 || runs <= 0) {
		fputs("usage: read-loop LIST RUNS\n", stderr);
		return EXIT_FAILURE;
	}
	for (long i = 0; i < runs; i++) {
		struct timespec start = { 0 }, end = { 0 };

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		replay(lines, n);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
		printf("%.1f\n", (double)(end.tv_sec - start.tv_sec) * 1e6 +
					 (double)(end.tv_nsec - start.tv_nsec) / 1e3);
	}
	for (size_t i = 0; i < n; i++)
		free(lines[i]);
	free(lines);
	return bytes > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
