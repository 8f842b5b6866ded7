/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/**
 * domain_edit_screen - give a guest its emulated screen, or take it away
 * @xml: inactive domain XML, as libvirt keeps it
 * @window: "spice" or "vnc": such a screen beside the card; NULL: the card's outputs alone
 *
 * Everything else stays as it is. Without a screen the video model is "none": leaving the element
 * out would make libvirt add a card of its own (VD-01).
 *
 * Return: newly allocated XML, or NULL with HOTSEAT_ERROR_UNREADABLE.
 */
char *domain_edit_screen(const char *xml, const char *window, GError **error);

/* domain_edit_print - XML as the functions here print it, to compare with; NULL: it makes no sense
 */
char *domain_edit_print(const char *xml);

/**
 * domain_edit_replace - take some elements of a guest from another definition
 * @xml:   inactive domain XML, as libvirt keeps it
 * @other: domain XML that has them as they are to be
 * @paths: XPath of elements from <domain> on, such as "cpu/topology", NULL-terminated; the prefix
 *         hotseat is our namespace
 *
 * What @xml has below such a path goes, what @other has there comes in its place, or last in the
 * parent element. All else stays, comments too.
 *
 * Return: newly allocated XML, or NULL with HOTSEAT_ERROR_UNREADABLE, also if there is no such
 * parent.
 */
char *domain_edit_replace(const char *xml, const char *other, const char *const *paths,
			  GError **error);

/**
 * domain_edit_toggle - change the keys that move keyboard and mouse between guest and host
 * @toggle: libvirt's grabToggle, "ctrl-ctrl"
 *
 * Return: newly allocated XML, or NULL with HOTSEAT_ERROR_UNREADABLE, or HOTSEAT_ERROR_REFUSED if
 * the guest has no keyboard of the host's.
 */
char *domain_edit_toggle(const char *xml, const char *toggle, GError **error);
