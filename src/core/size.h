/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/**
 * size_parse - a size as people write it: "64G", "512M", "1.5 GiB", "8192"
 * @text: number, then K, M, G or T (powers of 1024; "B" and "iB" may follow), or nothing
 * @bare: bytes that a number without a letter counts for, such as 1 << 20 for MiB
 * @bytes: gets the size, never 0
 *
 * Return: TRUE, or FALSE with HOTSEAT_ERROR_USAGE.
 */
gboolean size_parse(const char *text, guint64 bare, guint64 *bytes, GError **error);

/* size_format - "15.6 GiB", "256 MiB"; newly allocated */
char *size_format(guint64 bytes);
