/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/**
 * pump_run - carry everything from one Unix stream socket to another, descriptors too
 *
 * Sound servers send descriptors of shared memory along with their messages and count on getting
 * them no later than the bytes they belong to, in the same order: so it is here. Sound itself
 * never passes through; it lies in that memory.
 *
 * Blocks until @from has ended, then ends the writing side of @to. Both stay the caller's.
 *
 * Return: true at the end of @from, false with errno set (EMSGSIZE: more descriptors in one
 * message than the kernel hands over).
 */
bool pump_run(int from, int to);
