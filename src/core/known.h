/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Many facts need root to be read. "Could not be read" is an answer of its own: taken for "no" it
 * would make us lie, taken for "yes" it would make us dangerous. Zero-initialised facts are not
 * known.
 */
enum known {
	NOT_KNOWN,
	KNOWN_NO,
	KNOWN_YES,
};

static inline enum known known_from(int truth)
{
	return truth ? KNOWN_YES : KNOWN_NO;
}
