/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>

/* Columns of a terminal that nobody has made wider, and of a mail. */
#define TEXT_WIDTH 80

/**
 * text_print_wrapped - words in lines of TEXT_WIDTH, and a line feed at the end
 * @indent: columns before every line but the first
 * @column: where the first line stands already
 *
 * What is longer than a line stands alone in one.
 */
void text_print_wrapped(FILE *out, const char *text, int indent, int column);

/**
 * text_disarm - take out of a stranger's text what would steer a terminal
 *
 * In place: control characters but tab and line feed become "?", a carriage return a blank.
 */
void text_disarm(char *text);

/**
 * text_pattern - a regular expression of ours, compiled once for the process
 * @pattern: a string constant, which must be valid; known by its address
 *
 * From any thread. Return: owned by the process.
 */
const GRegex *text_pattern(const char *pattern);
