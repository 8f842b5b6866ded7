/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "monitor/model.h"

/*
 * What "monitor learn" found out, for each model of monitor: a key file that people can read and
 * mend. Models, not single monitors, because two of one model behave alike.
 */
#define LEARNED_FILE "/etc/hotseat/monitors.conf"

/**
 * learned_apply - teach a model what is remembered of it
 *
 * Return: TRUE, also if nothing is remembered; HOTSEAT_ERROR_UNREADABLE, which names file and line,
 * for what makes no sense; then @model is as before.
 */
gboolean learned_apply(const char *path, struct model *model, GError **error);

/**
 * learned_save - remember the inputs of a model that were taught
 *
 * What the file says of other models stays. Replaced in one go, so a crash leaves the old or the
 * new.
 */
gboolean learned_save(const char *path, const struct model *model, GError **error);

/* learned_is_name - may an input be called that? It ends up in tables and on command lines. */
gboolean learned_is_name(const char *text);
