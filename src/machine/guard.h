/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/known.h"
#include "core/root.h"

/* What keeps programs and modules in their places. */
struct guard {
	enum known selinux;  /* it enforces */
	enum known apparmor; /* it is on */
	char *lockdown;      /* "none", "integrity", "confidentiality"; NULL: not known */
};

void guard_free(struct guard *guard);
AUTOPTR_DEFINE(guard)

/* guard_read - never fails: what cannot be read is not known */
struct guard *guard_read(const struct root *root);
