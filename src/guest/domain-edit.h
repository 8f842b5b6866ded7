/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/**
 * domain_edit_screen - give a guest its emulated screen, or take it away
 * @xml: inactive domain XML, as libvirt keeps it
 * @window: TRUE: SPICE and VGA beside the card; FALSE: the card's outputs alone
 *
 * Everything else stays as it is. Without a screen the video model is "none": leaving the element
 * out would make libvirt add a card of its own (VD-01).
 *
 * Return: newly allocated XML, or NULL with HOTSEAT_ERROR_UNREADABLE.
 */
char *domain_edit_screen(const char *xml, gboolean window, GError **error);
