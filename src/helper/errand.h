/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

#include "core/autoptr.h"

/*
 * The user's own commands, one at a time and each to its end: of two that ran at once, the one for
 * the side that the seat has left might be the last to speak to the monitor. What is asked for
 * while one runs waits, and of those that wait only the last is run.
 */
struct errand;

/* A command could not be run, failed, or took too long; @why is a sentence without its stop. */
typedef void (*errand_failed)(const char *command, const char *why, void *data);

struct errand *errand_new(errand_failed failed, void *data);

/* errand_free - a command that runs is ended */
void errand_free(struct errand *errand);
AUTOPTR_DEFINE(errand)

/**
 * errand_run - returns at once
 * @command: words as a shell reads them, but without a shell
 * @seat, @side: what it finds in its environment, as HOTSEAT_SEAT and HOTSEAT_SIDE
 */
void errand_run(struct errand *errand, const char *command, const char *seat, const char *side);

/* errand_set_deadline - in milliseconds, instead of half a minute */
void errand_set_deadline(struct errand *errand, guint milliseconds);
