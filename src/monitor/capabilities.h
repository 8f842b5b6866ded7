/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * A monitor's capabilities string is a stranger's bytes, and libddcutil's own parser dies of some
 * (1.4.1: of "(vcp(10 60(0F 11)Dvc65\n0x\n6eCCDc9) )", in what may be a service of root's). We want
 * one list of it.
 */

/**
 * capabilities_inputs - the values of feature 60 in a capabilities string
 * @text: "(prot(monitor)… vcp(10 60(0F 11) …)…)"; blanks may be missing, and parentheses
 *
 * Return: newly allocated bytes, each once, in the order of the string; empty if there is no such
 * feature or no list behind it.
 */
GBytes *capabilities_inputs(const char *text);
