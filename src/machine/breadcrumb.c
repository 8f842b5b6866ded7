/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/breadcrumb.h"

#include <string.h>

#include "core/error.h"

/* The words of the line, escaped as in URIs, after "hotseat-breadcrumb 1": */
enum word {
	WORD_MAGIC,
	WORD_VERSION,
	WORD_BOOT,
	WORD_PID,
	WORD_STARTED,
	WORD_TIME,
	WORD_WAY,
	WORD_ADDRESS,
	WORD_DRIVER,
	WORD_GUEST,
	N_WORDS,
};

void breadcrumb_free(struct breadcrumb *breadcrumb)
{
	if (breadcrumb == NULL)
		return;
	g_free(breadcrumb->address);
	g_free(breadcrumb->driver);
	g_free(breadcrumb->guest);
	g_free(breadcrumb->boot);
	g_free(breadcrumb);
}

guint64 process_started(const struct root *root, int pid)
{
	g_autofree char *text = root_read(root, NULL, "proc/%d/stat", pid);
	g_auto(GStrv) fields = NULL;
	const char *after;

	/* proc(5): the second field, comm, may hold anything; starttime is the 22nd. */
	after = text == NULL ? NULL : strrchr(text, ')');
	if (after == NULL)
		return 0;
	fields = g_strsplit(after, " ", 0);
	return g_strv_length(fields) > 20 ? g_ascii_strtoull(fields[20], NULL, 10) : 0;
}

/* A text for people: from the disk, so it is doubted. */
static char *read_text(char **words, enum word word)
{
	g_autofree char *text = g_uri_unescape_string(words[word], NULL);

	if (text == NULL || text[0] == '\0' || !g_utf8_validate(text, -1, NULL))
		return NULL;
	for (const char *c = text; *c != '\0'; c++) {
		if (g_ascii_iscntrl(*c))
			return NULL;
	}
	return g_steal_pointer(&text);
}

static guint64 read_number(char **words, enum word word, guint64 max)
{
	guint64 number = 0;

	return g_ascii_string_to_unsigned(words[word], 10, 0, max, &number, NULL) ? number : 0;
}

static struct breadcrumb *parse(const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", N_WORDS + 1);
	autoptr(breadcrumb) breadcrumb = g_new0(struct breadcrumb, 1);

	if (g_strv_length(words) != N_WORDS ||
	    !g_str_equal(words[WORD_MAGIC], "hotseat-breadcrumb") ||
	    !g_str_equal(words[WORD_VERSION], "1"))
		return NULL;
	breadcrumb->boot = read_text(words, WORD_BOOT);
	breadcrumb->address = read_text(words, WORD_ADDRESS);
	breadcrumb->driver = read_text(words, WORD_DRIVER);
	breadcrumb->guest = read_text(words, WORD_GUEST);
	breadcrumb->pid = (int)read_number(words, WORD_PID, G_MAXINT);
	breadcrumb->started = read_number(words, WORD_STARTED, G_MAXUINT64);
	/* What GDateTime can show. */
	breadcrumb->time = (gint64)read_number(words, WORD_TIME, G_GINT64_CONSTANT(253402300799));
	breadcrumb->back = g_str_equal(words[WORD_WAY], "back");
	if (breadcrumb->boot == NULL || breadcrumb->address == NULL || breadcrumb->driver == NULL ||
	    breadcrumb->guest == NULL)
		return NULL;
	return g_steal_pointer(&breadcrumb);
}

struct breadcrumb *breadcrumb_read(const struct root *root, GError **error)
{
	g_autofree char *line = root_read(root, error, "var/lib/hotseat/" BREADCRUMB_FILE);
	g_autofree char *boot = NULL;
	struct breadcrumb *breadcrumb;

	if (line == NULL)
		return NULL;
	breadcrumb = parse(line);
	if (breadcrumb == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "/var/lib/hotseat/" BREADCRUMB_FILE " makes no sense; remove it");
		return NULL;
	}
	boot = root_read(root, NULL, "proc/sys/kernel/random/boot_id");
	breadcrumb->same_boot = g_strcmp0(boot, breadcrumb->boot) == 0;
	breadcrumb->alive = breadcrumb->same_boot && breadcrumb->started != 0 &&
			    process_started(root, breadcrumb->pid) == breadcrumb->started;
	return breadcrumb;
}

char *breadcrumb_format(const struct breadcrumb *breadcrumb)
{
	const char *const texts[] = { breadcrumb->address, breadcrumb->driver, breadcrumb->guest };
	g_autoptr(GString) line = g_string_new("hotseat-breadcrumb 1 ");

	g_string_append_printf(line, "%s %d %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %s",
			       breadcrumb->boot, breadcrumb->pid, breadcrumb->started,
			       breadcrumb->time, breadcrumb->back ? "back" : "forth");
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_string_append_c(line, ' ');
		g_string_append_uri_escaped(line, texts[i], ":/@,+", FALSE);
	}
	g_string_append_c(line, '\n');
	return g_string_free(g_steal_pointer(&line), FALSE);
}

/* Nobody waits for the disk to know that the line is gone: a power cut soon after leaves it too. */
char *breadcrumb_describe(const struct breadcrumb *breadcrumb)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(breadcrumb->time);
	g_autofree char *when = time == NULL ? NULL : g_date_time_format(time, "%F %T");
	const char *end = breadcrumb->alive ? "that is still going on"
			  : breadcrumb->same_boot
				  ? "whoever did that has ended in the middle of it; "
				    "put back with: sudo hotseat recover"
				  : "the machine went down in the middle of it, or in the "
				    "seconds after";

	return g_strdup_printf("%s was to %s %s (guest %s, %s): %s", breadcrumb->driver,
			       breadcrumb->back ? "take back" : "let go of", breadcrumb->address,
			       breadcrumb->guest, when == NULL ? "?" : when, end);
}
