/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/domain.h"
#include "guest/osinfo.h"

/*
 * What a new guest gets beside card, cores and memory: firmware, TPM, media, sound, pages. Each
 * follows from the operating system and from what is there, unless it was asked for; each choice
 * adds its reason to the plan's.
 */
struct outfit_wish {
	char *os;            /* libosinfo's short id; NULL: by the medium */
	char *firmware;      /* "uefi", "secure", "bios" */
	char *tpm;           /* "yes", "no" */
	char *sound;         /* "card", "window", "pipewire", "pulse", "none" */
	char *hugepages;     /* "auto", "yes", "no" */
	char *looking_glass; /* "2560x1440", "2560x1440-hdr", or a size */
	char *disk_bus;      /* "virtio", "sata" */
	int nvidia_driver;   /* main version of the driver that it will run; 0: not said */
	char **isos;
	gboolean kernel;    /* started directly */
	gboolean installed; /* its disk existed before it */
	guint64 new_disk;   /* bytes of a disk that is to be made; 0: none is */
};

struct outfit {
	struct os_needs *os;
	char **isos; /* the wish's, and virtio-win where it was found */
};

void outfit_clear(struct outfit *outfit);

/* outfit_check - do the texts of a wish make sense? HOTSEAT_ERROR_USAGE; asks nobody. */
gboolean outfit_check(const struct outfit_wish *wish, GError **error);

/**
 * outfit_choose - fill what is left open in a spec
 * @plan:   gets reasons; its page size is changed if huge pages were asked for or refused
 * @spec:   has plan and capabilities; points into @outfit afterwards
 * @outfit: owns what @spec points to, until outfit_clear()
 *
 * HOTSEAT_ERROR_REFUSED for what this host does not have, and what to install.
 */
gboolean outfit_choose(const struct outfit_wish *wish, const struct machine *machine,
		       struct plan *plan, struct domain_spec *spec, struct outfit *outfit,
		       GError **error);
