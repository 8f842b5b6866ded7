/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/size.h"

#include <math.h>
#include <string.h>

#include "core/error.h"

static const char units[] = "KMGTP";

static gboolean parse_unit(const char *text, guint64 bare, double *factor)
{
	const char *unit;

	while (*text == ' ')
		text++;
	if (*text == '\0') {
		*factor = (double)bare;
		return TRUE;
	}
	unit = strchr(units, g_ascii_toupper(*text));
	if (unit == NULL)
		return FALSE;
	*factor = ldexp(1, 10 * (int)(unit - units + 1));
	text++;
	return *text == '\0' || g_ascii_strcasecmp(text, "B") == 0 ||
	       g_ascii_strcasecmp(text, "iB") == 0;
}

gboolean size_parse(const char *text, guint64 bare, guint64 *bytes, GError **error)
{
	char *end = NULL;
	double number = g_ascii_strtod(text, &end);
	double factor = 0;

	/* strtod() takes hexadecimal too, which nobody means */
	if (end != text && g_ascii_isdigit(text[0]) && g_ascii_toupper(text[1]) != 'X' &&
	    parse_unit(end, bare, &factor) && number * factor >= 1 &&
	    number * factor < ldexp(1, 60)) {
		*bytes = (guint64)(number * factor);
		return TRUE;
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "\"%s\" is not a size; write it as 512M, 16G or 1.5T", text);
	return FALSE;
}

char *size_format(guint64 bytes)
{
	double size = (double)bytes;
	guint unit = 0;

	if (bytes < 1024)
		return g_strdup_printf("%" G_GUINT64_FORMAT " B", bytes);
	for (size /= 1024; size >= 1024 && units[unit + 1] != '\0'; size /= 1024)
		unit++;
	return g_strdup_printf("%.*f %ciB", size == floor(size) ? 0 : 1, size, units[unit]);
}
