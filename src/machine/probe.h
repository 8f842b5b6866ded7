/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/known.h"
#include "core/root.h"

/*
 * Is something there? "No" only if it could have been seen: not below a folder that this user may
 * not enter, and not below a root that lacks the whole branch (a recording of sys/ and proc/ says
 * nothing about etc/).
 */
enum known probe_exists(const struct root *root, const char *path);

/* probe_any - YES if one of these is there (NULL at the end), else NOT_KNOWN if one is not known */
enum known probe_any(const struct root *root, const char *const *paths);

/* probe_count - how many entries a folder has; 0 if it is not there or cannot be listed */
guint probe_count(const struct root *root, const char *path);
