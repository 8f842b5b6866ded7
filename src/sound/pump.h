/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * pump_run - carry everything from one Unix stream socket to another, descriptors too
 *
 * Sound servers send descriptors of shared memory along with their messages and count on getting
 * them with the bytes they belong to, in the same order: so it is here. Sound itself never passes
 * through; it lies in that memory.
 *
 * @edit: NULL, or changes bytes before they are carried; @at is where in the stream they begin
 *
 * Blocks until @from has ended, then ends the writing side of @to. Both stay the caller's.
 *
 * Return: true at the end of @from, false with errno set (EMSGSIZE: more descriptors in one
 * message than the kernel hands over).
 */
bool pump_run(int from, int to, void (*edit)(char *bytes, size_t length, size_t at));
