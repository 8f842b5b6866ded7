/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/pcidev.h"

/*
 * A card is a graphics adapter with all its functions. It is named by a fingerprint that survives
 * a moved bus number: vendor, device, subsystem, class, revision and the device-function path from
 * the root port. An address alone is never trusted.
 */
enum card_verdict {
	CARD_READY,
	CARD_BLOCKED,  /* another member of the group has a driver that the kernel's rule forbids */
	CARD_UNKNOWN,  /* such a member's driver is not known */
	CARD_NO_GROUP, /* no IOMMU group: the IOMMU is off */
};

struct card_blocker {
	const struct pcidev *dev; /* machine::devices */
	char *why;
};

struct card {
	GPtrArray *functions; /* struct pcidev, machine::devices; the display function first */
	GPtrArray *blockers;  /* struct card_blocker, owned */
	/* struct pcidev, machine::devices: others of the group, no bridges */
	GPtrArray *companions;
	enum card_verdict verdict;
	char *fingerprint;
};

void card_free(struct card *card);
AUTOPTR_DEFINE(card)

/* card_verdict_name - "ready", "blocked", "unknown"; a card without a group counts as unknown */
const char *card_verdict_name(enum card_verdict verdict);

/* card_display - the function that gave the card its name */
const struct pcidev *card_display(const struct card *card);

/**
 * card_fingerprint_equal - do two fingerprints name the same card in the same place?
 *
 * Not a comparison of texts: the serial number at the end can only be read by root, and counts
 * only where both have it.
 */
gboolean card_fingerprint_equal(const char *a, const char *b);

/**
 * cards_functions - all functions of several cards
 * @cards: struct card
 *
 * Return: array of struct pcidev, card after card, owned by the caller; the devices are the cards'.
 */
GPtrArray *cards_functions(const GPtrArray *cards);

/* cards_describe - "NVIDIA RTX 3080 and AMD RX 580", for people; newly allocated */
char *cards_describe(const GPtrArray *cards);

/**
 * card_find_all - the cards among these devices, in order of address
 * @dma_ownership_model: see pcidev_driver_allowed()
 *
 * Return: array of struct card, owned by the caller; they point into @devices.
 */
GPtrArray *card_find_all(const GPtrArray *devices, gboolean dma_ownership_model);

/**
 * card_find - the card with this address (of any of its functions) or this fingerprint
 * @error: HOTSEAT_ERROR_ABSENT, with the cards there are; HOTSEAT_ERROR_REFUSED if several cards
 *         have the fingerprint (twins that moved)
 *
 * A fingerprint is matched by the serial number first, where both sides have one that is unique;
 * then whole; if no card has it, by all but the path, so that a card in another slot is found as
 * long as it has no twin.
 */
const struct card *card_find(const GPtrArray *cards, const char *address_or_fingerprint,
			     GError **error);

/**
 * cards_find - card_find() for several names, each of another card
 * @names: NULL-terminated; may be NULL, which is none
 *
 * Return: array of struct card in the order of @names, owned by the caller, or NULL with what
 * card_find() says, or HOTSEAT_ERROR_REFUSED if two names are of one card.
 */
GPtrArray *cards_find(const GPtrArray *cards, const char *const *names, GError **error);
