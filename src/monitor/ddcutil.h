/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "monitor/ddc.h"

/*
 * Real monitors, by libddcutil. It is loaded when the first is wanted and never unloaded: linked,
 * it would start in every command (1.4 does so in a constructor), with a dozen libraries behind it.
 *
 * One only in a process, because the library keeps its state in globals.
 */

/**
 * ddcutil_new - get ready; monitors are not looked for yet
 *
 * To be called in the thread that uses it.
 *
 * Return: NULL with HOTSEAT_ERROR_ABSENT if the library is not installed.
 */
struct ddc *ddcutil_new(GError **error);

/**
 * ddcutil_parse_inputs - the values of feature 60 in a capabilities string
 *
 * The library's own parser, which asks no monitor. Without it installed: NULL, like any string that
 * it cannot read.
 */
GBytes *ddcutil_parse_inputs(const char *capabilities, GError **error);
