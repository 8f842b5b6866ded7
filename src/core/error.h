/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * One error domain for the whole program. A code answers one question only: what may the caller,
 * and in the end the user, take for granted about the host? Everything else belongs in the
 * sentence, which is written by whoever knows most and ends with what the user can do.
 */
#define HOTSEAT_ERROR (hotseat_error_quark())

enum hotseat_error {
	HOTSEAT_ERROR_USAGE,   /* the command line makes no sense */
	HOTSEAT_ERROR_REFUSED, /* asked for something we do not do; nothing was changed */
	HOTSEAT_ERROR_DENIED,  /* the kernel or libvirt says no to this user; nothing was changed */
	HOTSEAT_ERROR_ABSENT,  /* no such device, guest or file */
	HOTSEAT_ERROR_BUSY,    /* somebody else has it; nothing was changed */
	HOTSEAT_ERROR_FAILED,  /* tried and failed; the host was put back */
	HOTSEAT_ERROR_NOT_BACK,   /* tried and failed; the host was NOT put back */
	HOTSEAT_ERROR_UNREADABLE, /* the facts could not be read */
};

GQuark hotseat_error_quark(void);

/**
 * hotseat_error_exit_status - the exit status that the command line promises for an error
 * @error: any error; those of other domains count as HOTSEAT_ERROR_FAILED
 *
 * Return: 1 to 5, see "Contract of the command line" in DESIGN.md.
 */
int hotseat_error_exit_status(const GError *error);

/* hotseat_error_is - TRUE if @error is one of ours with code @code; FALSE for NULL */
gboolean hotseat_error_is(const GError *error, enum hotseat_error code);

/**
 * hotseat_error_set_errno - turn a failed system call into one of our errors
 * @saved_errno: errno right after the call
 * @format: what was tried, without a final full stop; strerror() is appended
 */
void hotseat_error_set_errno(GError **error, int saved_errno, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
