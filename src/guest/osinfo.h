/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/error.h"

/*
 * What an operating system needs, from libosinfo's database. Loading that takes most of a second,
 * so it is done by the few who ask. Where libosinfo is not installed, the systems that we know
 * ourselves are all there is, without their numbers.
 */
struct os_needs {
	char *id;   /* "win11", libosinfo's short id */
	char *name; /* "Microsoft Windows 11" */
	char *uri;  /* "http://microsoft.com/win/11"; NULL: libosinfo does not know it */
	gboolean windows;
	gboolean tpm, secure_boot;        /* its installer asks for them (DX-06) */
	gboolean uefi_only;               /* it has no use for a BIOS */
	guint64 memory_bytes, disk_bytes; /* at least; 0: not known */
	guint vcpus;
};

void os_needs_free(struct os_needs *needs);
AUTOPTR_DEFINE(os_needs)

/**
 * osinfo_find - what the system called @id needs
 *
 * Return: new, or NULL with HOTSEAT_ERROR_USAGE: no such system, and how to list them.
 */
struct os_needs *osinfo_find(const char *id, GError **error);

/**
 * osinfo_identify - which system does this medium install?
 * @iso: path of an image; its volume descriptors are looked at, as for any virt-install
 *
 * Return: new, or NULL if it is no system's that libosinfo knows, or cannot be read.
 */
struct os_needs *osinfo_identify(const char *iso);
