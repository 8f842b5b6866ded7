/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"
#include "plan/plan.h"

enum domain_firmware {
	DOMAIN_FIRMWARE_BIOS,   /* SeaBIOS: what a kernel that is started directly needs */
	DOMAIN_FIRMWARE_UEFI,   /* without Secure Boot */
	DOMAIN_FIRMWARE_SECURE, /* UEFI that enforces Secure Boot with Microsoft's keys */
};

/*
 * What of the host is changed while this guest has its card, beside the card. Each is a step that
 * all guests share. In the metadata: <hotseat:lend hugepages="yes" governor="performance"
 * cpuset="yes" display-manager="stop"/>; what is not there is not done.
 */
struct domain_lend {
	gboolean hugepages;       /* reserve its pages when it starts, give them back at its end */
	gboolean transparent;     /* hugepages="transparent": let the kernel make them by itself */
	gboolean cpuset;          /* keep the host's programs off its cores */
	gboolean display_manager; /* stop it first, start it afterwards: the only card is lent */
	char *governor;           /* of the cores' frequency, "performance"; NULL: as it is */
};

/* Where hotseat-sound@UID listens for guests. */
#define DOMAIN_SOUND_FOLDER "/run/hotseat-sound"

/* Where the guest's sound goes, beside the outputs of its card. */
struct domain_sound {
	const char *type; /* libvirt's <audio type>: "spice", "pipewire", "pulseaudio"; NULL: no
			     sound device but the card's own */
	guint uid;        /* whose sound server, for the last two */
	gboolean own;     /* QEMU runs as that user; else by way of hotseat-sound@UID */
};

struct domain_disk {
	const char *path;   /* image or block device; NULL: none */
	const char *format; /* "qcow2", "raw" */
	const char *bus;    /* "virtio" or "sata"; NULL: virtio */
	gboolean buffered;  /* its file system cannot do without the host's page cache */
};

/* Shared memory through which the Looking Glass client shows the guest's picture (LG-01). */
struct domain_looking_glass {
	guint mib;      /* size, a power of two; 0: none */
	gboolean kvmfr; /* /dev/kvmfr0 rather than a file in /dev/shm */
};

/* Where in the guest a card is: below the root port of this index, or on the root bus, 0. */
struct domain_place {
	guint bus, slot;
};

/*
 * A guest is a libvirt domain. What a guest is to be, as plain data, and the domain XML for it:
 * the same data always make the same text. Follows the facts named at each element.
 */
struct domain_spec {
	const char *name;
	const char *uuid; /* NULL: libvirt makes one */
	const struct plan *plan;
	const struct domain_place *places; /* of the plan's cards; NULL: buses 1, 2, … */
	const struct virt_capabilities *capabilities; /* what the running libvirt and QEMU offer */

	const char *os_uri; /* libosinfo's, which virt-manager reads too; NULL: not known */
	gboolean windows;   /* else Linux: UTC, KVM's own clock, no enlightenments */
	enum domain_firmware firmware;
	gboolean tpm;                          /* an emulated TPM 2.0 */
	const char *kernel, *initrd, *cmdline; /* direct kernel boot; else from disk and media */
	struct domain_disk disk;
	char **isos;           /* NULL-terminated; may be NULL */
	char **usb;            /* "046d:c52b", NULL-terminated; may be NULL */
	const char *seat;      /* keyboard and mouse by its relay; NULL: the plan's own, by QEMU */
	guint seat_side;       /* which of the seat's guests it is, from 1 on */
	gboolean passthrough;  /* the seat's mouse as it is, with every button and wheel step: only
				  for a guest whose driver for virtio input is known to be there */
	const char *vendor_id; /* Hyper-V vendor id; NULL: our own default */
	gboolean no_vendor_id;
	gboolean hidden;       /* KVM's signature, from NVIDIA drivers before 465 (HV-03) */
	const char *network;   /* libvirt network; NULL: no interface */
	guint address_bits;    /* the IOMMU's, where the processor has more (FW-15); 0: no limit */
	gboolean conventional; /* a machine without PCI Express: no root port for the card */
	gboolean screen;       /* emulated screen beside the card (SPICE and VGA) */
	struct domain_sound sound;
	struct domain_looking_glass looking_glass;
	struct domain_lend lend;
};

/* The namespace of our <metadata> element. */
#define DOMAIN_METADATA_URI "urn:hotseat:guest:1"

/**
 * domain_xml - the domain XML for a spec
 *
 * Return: newly allocated text, never NULL. It validates against libvirt's domain.rng.
 */
char *domain_xml(const struct domain_spec *spec);

/* What we read back from any domain's XML: ours by its metadata, a stranger's by its hostdevs. */
struct domain_facts {
	char *name, *uuid;
	gboolean ours;        /* has our metadata */
	char **cards;         /* fingerprints of those in our metadata, NULL-terminated */
	char **hostdevs;      /* "0000:01:00.0", …, NULL-terminated */
	GArray *places;       /* struct domain_place: of its hostdevs, one for each slot */
	guint last_bus;       /* the highest index of its PCI controllers */
	gboolean managed;     /* some hostdev is managed='yes': libvirt binds, we keep away */
	char **images;        /* files and block devices of its disks, NULL-terminated */
	char **networks;      /* libvirt networks that its interfaces are on, NULL-terminated */
	char **inputs;        /* event nodes of its inputs, NULL-terminated */
	char *seat;           /* whose devices its evdev inputs are, "seat0"; NULL: none */
	guint seat_side;      /* number in the names of those devices */
	char **usb;           /* USB devices by vendor and product, "046d:c52b", NULL-terminated */
	char **usb_nodes;     /* of each of those, bus and number of the one it has, "1:5", or "" */
	gboolean passthrough; /* an input of it is passed through */
	gboolean windows;     /* by libosinfo's name of its system */
	char *toggle;         /* grabToggle of its evdev keyboard, "ctrl-ctrl"; NULL: none */
	gboolean screen;      /* has an emulated screen, so that it can be seen without the card */
	gboolean iothread;    /* a disk of it has a thread of its own */
	char *disk_bus;       /* of its first disk, "sata"; NULL: it has none */
	char *helper_disk;    /* image of the one that prepares another bus (disk-bus.h); NULL */
	char *virt_type;      /* "kvm" */
	char *nvram;          /* file of its firmware variables, as far as the XML names it */
	gboolean uefi;        /* has firmware variables, whether or not they are named */
	gboolean tpm;         /* has an emulated TPM */
	guint vcpus;

	guint64 memory_kib;
	guint64 page_kib; /* of its huge pages; 0: ordinary ones */
	int node;         /* <numatune>, if it is one node; else -1 */
	char *cpus;       /* that its vCPUs are pinned to, "2,3,4"; NULL: not pinned */
	struct domain_lend lend;
	gboolean agent; /* of a running guest: its agent has opened its port */
};

/**
 * domain_facts_parse - read a domain's XML, from libvirt or from a hook's standard input
 *
 * No network, no entities, at most 4 MiB. Return: new facts for domain_facts_free(), or NULL with
 * HOTSEAT_ERROR_UNREADABLE.
 */
struct domain_facts *domain_facts_parse(const char *xml, GError **error);
void domain_facts_free(struct domain_facts *facts);
AUTOPTR_DEFINE(domain_facts)

/**
 * guest_name_valid - can this be the name of a guest of ours?
 *
 * ASCII letters, digits, dots, dashes and underscores, at most 64, not starting with a dash or dot:
 * the name becomes part of file names and of command lines.
 */
gboolean guest_name_valid(const char *name);
