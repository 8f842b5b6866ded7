/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/judging.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "guest/virt.h"
#include "rules/document.h"

/* read_bounded - all of a stream, up to what a document may have and one byte more */
static GBytes *read_bounded(FILE *in)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	guint8 part[16384];
	gsize length;

	while (bytes->len <= DOCUMENT_MAX && (length = fread(part, 1, sizeof(part), in)) > 0)
		g_byte_array_append(bytes, part, (guint)length);
	return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

GBytes *judging_read_text(const char *path, GError **error)
{
	GBytes *bytes;
	FILE *in = g_str_equal(path, "-") ? stdin : fopen(path, "re");

	if (in == NULL) {
		hotseat_error_set_errno(error, errno, "%s cannot be read", path);
		(*error)->code = HOTSEAT_ERROR_UNREADABLE;
		return NULL;
	}
	bytes = read_bounded(in);
	if (ferror(in)) {
		hotseat_error_set_errno(error, errno, "%s cannot be read", path);
		(*error)->code = HOTSEAT_ERROR_UNREADABLE;
		g_clear_pointer(&bytes, g_bytes_unref);
	}
	if (in != stdin)
		fclose(in);
	return bytes;
}

GBytes *judging_read_guest(const char *name, GError **error)
{
	autoptr(virt) virt = virt_open(error);
	char *xml = virt == NULL ? NULL : virt_domain_xml(virt, name, error);

	return xml == NULL ? NULL : g_bytes_new_take(xml, strlen(xml));
}

gboolean judging_ask(const char *question)
{
	char answer[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return FALSE;
	printf("\n%s [y/N] ", question);
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}
