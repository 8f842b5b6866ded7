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
