/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/pcidev.h"

/**
 * listing_parse - PCI functions out of what people paste
 * @text: the output of a group script in any of its shapes, "lspci -nnk" or "lspci -vv" with or
 *        without groups, kernel messages ("Adding to iommu group 12"), paths below
 *        sys/kernel/iommu_groups, or tab-separated values of group, bdf, class, vendor, device,
 *        driver, name; prose around it is passed over
 *
 * What a listing does not show is not known: a TSV's empty driver is not known, its "none" or "-"
 * is none; lspci -k says nothing about a function without a driver, so where a listing shows the
 * driver of some, the others have none. A function that is listed again replaces what was said
 * before, as in a guide that shows groups before and after a change.
 *
 * Return: array of struct pcidev in order of address, owned by the caller, or NULL with
 * HOTSEAT_ERROR_UNREADABLE if no PCI function is in the text.
 */
GPtrArray *listing_parse(const char *text, GError **error);
