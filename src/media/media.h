/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/error.h"

/*
 * A small second CD that answers the questions of Windows Setup: Setup looks for Autounattend.xml
 * in the root of every removable medium (WN-01). Beside it lie the drivers that Setup needs to see
 * a virtio disk, and a script for the first logon.
 *
 * libosinfo was looked at and is not used for this: its database has no script for Windows 11, and
 * the one for Windows 10 makes one partition of the BIOS kind, with which UEFI does not start.
 */
enum media_windows {
	MEDIA_WINDOWS_10,
	MEDIA_WINDOWS_11,
};

struct media_spec {
	enum media_windows windows;
	const char *edition;     /* "Pro": which of the editions on the user's medium */
	const char *product_key; /* NULL: the edition's setup key, which activates nothing */
	const char *user;        /* local account, administrator */
	const char *password;    /* may be empty */
	const char *computer;    /* NetBIOS name */
	const char *language;    /* "en-US"; the medium must have it */
	const char *keyboard;    /* "de-DE", "0407:00000407"; NULL: the language's own */
	const char *time_zone;   /* "W. Europe Standard Time"; NULL: Windows' own choice */
	gboolean bios;           /* partitions for BIOS instead of UEFI */
	gboolean wipe_disk;      /* partition the first disk without asking */
	gboolean has_drivers;    /* they lie on this image; else virtio-win is a CD of its own */
};

/* media_edition_names - "Home", "Pro", …; NULL-terminated, static */
const char *const *media_edition_names(void);

/* media_windows_find - by name: "win10", "win11"; FALSE if there is none */
gboolean media_windows_find(const char *name, enum media_windows *windows);

#define MEDIA_VIRTIO_WIN "https://fedorapeople.org/groups/virt/virtio-win/"

/* media_windows_folder - of drivers on virtio-win: "w10", "w11" (WN-03) */
const char *media_windows_folder(enum media_windows windows);

/* media_drivers - folders on virtio-win that a guest of ours needs; NULL-terminated, static */
extern const char *const media_drivers[];

/* media_spec_check - HOTSEAT_ERROR_USAGE with the rule that Windows has for the value */
gboolean media_spec_check(const struct media_spec *spec, GError **error);

/* media_answer_file - Autounattend.xml; the spec has been checked */
char *media_answer_file(const struct media_spec *spec);

/* What is to lie on the image; in memory, because it is small. */
struct media_image;

struct media_image *media_image_new(void);
void media_image_free(struct media_image *image);
AUTOPTR_DEFINE(media_image)

/* media_image_add - a file; @path like "drivers/viostor/viostor.inf"; takes the bytes over */
void media_image_add(struct media_image *image, const char *path, GBytes *bytes);

/* media_image_add_answers - Autounattend.xml and the scripts */
void media_image_add_answers(struct media_image *image, const struct media_spec *spec);

/**
 * media_image_add_drivers - copy the drivers for one Windows, and the guest tools, from virtio-win
 * @iso: the user's own virtio-win image
 *
 * The drivers of one Windows alone: Setup that is offered several for one device gives up with
 * 0x80070103 (WN-02).
 *
 * HOTSEAT_ERROR_ABSENT, HOTSEAT_ERROR_DENIED, HOTSEAT_ERROR_UNREADABLE (no ISO 9660 image), or
 * HOTSEAT_ERROR_REFUSED naming the folder that it does not have.
 */
gboolean media_image_add_drivers(struct media_image *image, const char *iso,
				 enum media_windows windows, GError **error);

/**
 * media_checksum - SHA-256 of a file, as sha256sum prints it
 *
 * What is in an image of drivers becomes part of a guest's kernel: whoever downloaded it can compare.
 * HOTSEAT_ERROR_ABSENT, HOTSEAT_ERROR_DENIED, HOTSEAT_ERROR_FAILED.
 */
char *media_checksum(const char *path, GError **error);

/* media_image_write - as ISO 9660 with Joliet names, which Setup reads */
gboolean media_image_write(const struct media_image *image, int fd, GError **error);

/* What the scripts say; from first-logon.ps1 and msi.ps1. */
extern const char media_first_logon_script[], media_msi_script[];
