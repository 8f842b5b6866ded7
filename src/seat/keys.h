/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <linux/input.h>
#include <stdbool.h>
#include <string.h>

/*
 * A set of key codes, laid out as the kernel gives it (EVIOCGKEY): an array of longs, the lowest
 * code in the lowest bit.
 */
#define KEYS_PER_WORD (8 * sizeof(unsigned long))
#define KEYS_WORDS (KEY_CNT / KEYS_PER_WORD)

struct keys {
	unsigned long words[KEYS_WORDS];
};

static inline bool keys_has(const struct keys *keys, unsigned int code)
{
	return code < KEY_CNT && (keys->words[code / KEYS_PER_WORD] >> code % KEYS_PER_WORD & 1);
}

static inline void keys_add(struct keys *keys, unsigned int code)
{
	keys->words[code / KEYS_PER_WORD] |= 1UL << code % KEYS_PER_WORD;
}

static inline void keys_remove(struct keys *keys, unsigned int code)
{
	keys->words[code / KEYS_PER_WORD] &= ~(1UL << code % KEYS_PER_WORD);
}

static inline void keys_clear(struct keys *keys)
{
	memset(keys, 0, sizeof(*keys));
}

static inline bool keys_empty(const struct keys *keys)
{
	for (unsigned int i = 0; i < KEYS_WORDS; i++) {
		if (keys->words[i] != 0)
			return false;
	}
	return true;
}

/* keys_next - the lowest code of a set that is not below @from; KEY_CNT if there is none */
static inline unsigned int keys_next(const struct keys *keys, unsigned int from)
{
	for (unsigned int word = from / KEYS_PER_WORD; word < KEYS_WORDS; word++) {
		unsigned long bits = keys->words[word];

		if (word == from / KEYS_PER_WORD)
			bits &= ~0UL << from % KEYS_PER_WORD;
		if (bits != 0)
			return word * KEYS_PER_WORD + (unsigned int)__builtin_ctzl(bits);
	}
	return KEY_CNT;
}
