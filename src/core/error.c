/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"

#include <errno.h>

GQuark hotseat_error_quark(void)
{
	return g_quark_from_static_string("hotseat-error-quark");
}

int hotseat_error_exit_status(const GError *error)
{
	if (error->domain != HOTSEAT_ERROR)
		return 3;

	switch ((enum hotseat_error)error->code) {
	case HOTSEAT_ERROR_USAGE:
		return 2;
	case HOTSEAT_ERROR_REFUSED:
	case HOTSEAT_ERROR_DENIED:
	case HOTSEAT_ERROR_ABSENT:
	case HOTSEAT_ERROR_BUSY:
		return 1;
	case HOTSEAT_ERROR_FAILED:
		return 3;
	case HOTSEAT_ERROR_NOT_BACK:
		return 4;
	case HOTSEAT_ERROR_UNREADABLE:
		return 5;
	}
	return 3;
}

gboolean hotseat_error_is(const GError *error, enum hotseat_error code)
{
	return g_error_matches(error, HOTSEAT_ERROR, (int)code);
}

static enum hotseat_error code_from_errno(int saved_errno)
{
	switch (saved_errno) {
	case EACCES:
	case EPERM:
	case EROFS:
		return HOTSEAT_ERROR_DENIED;
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
		return HOTSEAT_ERROR_ABSENT;
	case EBUSY:
	case EAGAIN:
	case ETXTBSY:
		return HOTSEAT_ERROR_BUSY;
	default:
		return HOTSEAT_ERROR_FAILED;
	}
}

void hotseat_error_set_errno(GError **error, int saved_errno, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);

	g_set_error(error, HOTSEAT_ERROR, (int)code_from_errno(saved_errno), "%s: %s", what,
		    g_strerror(saved_errno));
}
