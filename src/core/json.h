/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <stdio.h>

/* The few lines that every --json would otherwise write again, on top of json-glib's builder. */

/* json_add_string - a member that is a string, or null for NULL */
void json_add_string(JsonBuilder *json, const char *name, const char *value);

/* json_add_int - a member that is a whole number */
void json_add_int(JsonBuilder *json, const char *name, gint64 value);

/* json_add_strings - a member that is an array of strings; NULL makes an empty array */
void json_add_strings(JsonBuilder *json, const char *name, const char *const *values);

/* json_print - what was built, indented, with a line feed; @json can be dropped afterwards */
void json_print(JsonBuilder *json, FILE *out);
