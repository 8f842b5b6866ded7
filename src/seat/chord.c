/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seat/chord.h"

#include "seat/evdev.h"

bool chord_has(const struct chord *chord, unsigned int code)
{
	for (unsigned int i = 0; i < chord->n_keys; i++) {
		if (chord->keys[i] == code)
			return true;
	}
	return false;
}

bool chord_held(const struct chord *chord, const struct keys *down)
{
	for (unsigned int i = 0; i < chord->n_keys; i++) {
		if (!keys_has(down, chord->keys[i]))
			return false;
	}
	return true;
}

static bool contains(const struct chord *large, const struct chord *small)
{
	for (unsigned int i = 0; i < small->n_keys; i++) {
		if (!chord_has(large, small->keys[i]))
			return false;
	}
	return true;
}

static const char *check_one(const struct chord *chord)
{
	struct keys seen = { 0 };

	if (chord->n_keys < 1 || chord->n_keys > CHORD_KEYS)
		return "a chord has one to four keys";
	for (unsigned int i = 0; i < chord->n_keys; i++) {
		unsigned int code = chord->keys[i];

		if (code == KEY_RESERVED || code >= KEY_CNT || evdev_is_button(code))
			return "a chord is made of keys of a keyboard";
		if (keys_has(&seen, code))
			return "a chord has each key once";
		keys_add(&seen, code);
	}
	return NULL;
}

const char *chords_check(const struct chord *chords, unsigned int count)
{
	if (count > CHORDS_MAX)
		return "too many chords";
	for (unsigned int i = 0; i < count; i++) {
		const char *why = check_one(&chords[i]);

		if (why != NULL)
			return why;
	}
	for (unsigned int i = 0; i < count; i++) {
		for (unsigned int j = 0; j < count; j++) {
			if (i != j && contains(&chords[i], &chords[j]))
				return "one chord contains another, which would always be first";
		}
	}
	return NULL;
}
