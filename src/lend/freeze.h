/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/domain.h"
#include "guest/virt.h"

/*
 * A running guest whose file systems are held still for an instant. Who holds them may be killed in
 * it, and the guest could then write nothing any more. So systemd is told before it begins to let
 * them go in half a minute, and is not told to forget it until the guest's agent has said that
 * they are gone; where systemd cannot be told, nothing is held.
 */

/**
 * freeze_begin - hold them still
 *
 * Return: TRUE, and freeze_end() is due as soon as can be; FALSE with the reason, in words that
 * follow "as after a power cut: ".
 */
gboolean freeze_begin(struct virt *virt, const struct domain_facts *guest, GError **error);

/**
 * freeze_end - let them go
 *
 * Return: TRUE if they were held still until now; FALSE with the reason, as above. If the agent did
 * not answer, the timer lets them go.
 */
gboolean freeze_end(struct virt *virt, const struct domain_facts *guest, GError **error);

/**
 * freeze_release - let the file systems of a guest go, whoever held them; for systemd's timer
 *
 * Return: TRUE if nothing is held any more, or the guest does not run; FALSE if it may be worth
 * another try, or with HOTSEAT_ERROR_ABSENT there is no such guest.
 */
gboolean freeze_release(const char *name, GError **error);
