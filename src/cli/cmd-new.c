/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/outfit.h"
#include "cli/place.h"
#include "cli/planning.h"
#include "core/error.h"
#include "core/size.h"
#include "core/text.h"
#include "guest/domain.h"
#include "guest/image.h"
#include "guest/names.h"
#include "guest/virt.h"
#include "plan/print.h"
#include "rules/games.h"

#define NEW_DISK_DEFAULT (G_GUINT64_CONSTANT(128) << 30)

static struct {
	char *memory, *disk, *network, *vendor_id, *virt_type;
	char *kernel, *initrd, *cmdline;
	char **gpus, **usb;
	char *seat;
	int vcpus;
	gboolean dry_run;
	struct outfit_wish outfit;
} wanted = { .vcpus = VCPUS_UNSAID };

static const GOptionEntry options[] = {
	{ "gpu", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.gpus,
	  "Card to lend, by address; may be repeated (default: choose one)", "ADDRESS" },
	{ "vcpus", 0, 0, G_OPTION_ARG_INT, &wanted.vcpus,
	  "Number of virtual processors (default: choose)", "N" },
	{ "memory", 0, 0, G_OPTION_ARG_STRING, &wanted.memory,
	  "Memory of the guest (default: choose)", "SIZE" },
	{ "disk", 0, 0, G_OPTION_ARG_STRING, &wanted.disk,
	  "New disk of this size, or an image or block device that exists (default: 128G)",
	  "SIZE|FILE" },
	{ "disk-bus", 0, 0, G_OPTION_ARG_STRING, &wanted.outfit.disk_bus,
	  "virtio, or sata for a system without drivers for virtio (default: virtio)", "BUS" },
	{ "iso", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &wanted.outfit.isos,
	  "Installation medium; may be repeated", "FILE" },
	{ "os", 0, 0, G_OPTION_ARG_STRING, &wanted.outfit.os,
	  "Operating system: win11, win10, linux, or any of \"osinfo-query os\" (default: by the "
	  "medium, else win11)",
	  "ID" },
	{ "firmware", 0, 0, G_OPTION_ARG_STRING, &wanted.outfit.firmware,
	  "uefi, secure for UEFI with Secure Boot, or bios (default: what the system needs)",
	  "KIND" },
	{ "tpm", 0, 0, G_OPTION_ARG_STRING, &wanted.outfit.tpm,
	  "yes or no: an emulated TPM 2.0 (default: what the system needs)", "YES|NO" },
	{ "sound", 0, 0, G_OPTION_ARG_STRING, &wanted.outfit.sound,
	  "card, window, pipewire, pulse or none (default: card, and window while there is one)",
	  "WHERE" },
	{ "hugepages", 0, 0, G_OPTION_ARG_STRING, &wanted.outfit.hugepages,
	  "auto takes those that are reserved, yes reserves them when the guest starts, no "
	  "(default: auto)",
	  "WHEN" },
	{ "looking-glass", 0, 0, G_OPTION_ARG_STRING, &wanted.outfit.looking_glass,
	  "Memory for Looking Glass at this resolution, like 2560x1440 or 3840x2160-hdr; by the "
	  "module kvmfr where it is loaded",
	  "SIZE" },
	{ "nvidia-driver", 0, 0, G_OPTION_ARG_INT, &wanted.outfit.nvidia_driver,
	  "Version of NVIDIA's driver in the guest; those before 465 refuse guests", "N" },
	{ "usb", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.usb,
	  "USB device to give to the guest; may be repeated", "VID:PID" },
	{ "seat", 0, 0, G_OPTION_ARG_STRING, &wanted.seat,
	  "Keyboard and mouse by the relay of this seat: moved by one chord for all guests, "
	  "monitors along with them; none: by QEMU, both Ctrl keys (default: seat0 where hotseatd "
	  "answers and logind has it)",
	  "SEAT|none" },
	{ "network", 0, 0, G_OPTION_ARG_STRING, &wanted.network,
	  "libvirt network, or none (default: default)", "NAME" },
	{ "vendor-id", 0, 0, G_OPTION_ARG_STRING, &wanted.vendor_id,
	  "Hyper-V vendor id that the guest sees, up to 12 letters, or none (default: hotseat)",
	  "TEXT" },
	{ "kernel", 0, 0, G_OPTION_ARG_FILENAME, &wanted.kernel,
	  "Start this Linux kernel directly, by a BIOS unless --firmware says else", "FILE" },
	{ "initrd", 0, 0, G_OPTION_ARG_FILENAME, &wanted.initrd, "Initial RAM disk for --kernel",
	  "FILE" },
	{ "cmdline", 0, 0, G_OPTION_ARG_STRING, &wanted.cmdline, "Kernel arguments for --kernel",
	  "TEXT" },
	{ "virt-type", 0, 0, G_OPTION_ARG_STRING, &wanted.virt_type,
	  "kvm, or qemu for emulation without KVM, which is slow (default: kvm)", "TYPE" },
	{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &wanted.dry_run,
	  "Print what was chosen and the domain XML, make nothing", NULL },
	{ NULL },
};

static gboolean usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean usage_error(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error != NULL)
		*error = g_error_new_valist(HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, format, args);
	va_end(args);
	return FALSE;
}

static gboolean check_usb(GError **error)
{
	for (guint i = 0; wanted.usb != NULL && wanted.usb[i] != NULL; i++) {
		if (!guest_usb_valid(wanted.usb[i], error))
			return FALSE;
	}
	return TRUE;
}

/* A readable file by its full path, as libvirt wants it. */
static gboolean resolve_file(char **path, GError **error)
{
	char *resolved = realpath(*path, NULL);

	if (resolved == NULL || access(resolved, R_OK) != 0) {
		int saved_errno = errno;

		free(resolved);
		hotseat_error_set_errno(error, saved_errno, "cannot read %s", *path);
		return FALSE;
	}
	g_free(*path);
	*path = g_strdup(resolved);
	free(resolved);
	return image_check_reachable(*path, error);
}

static gboolean check_files(GError **error)
{
	for (guint i = 0; wanted.outfit.isos != NULL && wanted.outfit.isos[i] != NULL; i++) {
		if (!resolve_file(&wanted.outfit.isos[i], error))
			return FALSE;
	}
	if (wanted.kernel == NULL && (wanted.initrd != NULL || wanted.cmdline != NULL))
		return usage_error(error, "--initrd and --cmdline go with --kernel");
	return (wanted.kernel == NULL || resolve_file(&wanted.kernel, error)) &&
	       (wanted.initrd == NULL || resolve_file(&wanted.initrd, error));
}

/* It becomes part of a path. */
static gboolean check_seat(GError **error)
{
	return wanted.seat == NULL || guest_name_valid(wanted.seat) ||
	       usage_error(error, "--seat takes the name of a seat or none, not \"%s\"",
			   wanted.seat);
}

static gboolean check_wanted(const char *name, GError **error)
{
	guint64 bytes;
	guint vcpus;

	if (!guest_name_check(name, error))
		return FALSE;
	if (wanted.memory != NULL && !size_parse(wanted.memory, 1 << 20, &bytes, error))
		return FALSE;
	if (!planning_vcpus(wanted.vcpus, &vcpus, error))
		return FALSE;
	if (wanted.virt_type == NULL)
		wanted.virt_type = g_strdup("kvm");
	if (!g_str_equal(wanted.virt_type, "kvm") && !g_str_equal(wanted.virt_type, "qemu"))
		return usage_error(error, "--virt-type is kvm or qemu, not \"%s\"",
				   wanted.virt_type);
	if (wanted.vendor_id != NULL && !guest_vendor_id_valid(wanted.vendor_id, error))
		return FALSE;
	if (wanted.network == NULL)
		wanted.network = g_strdup("default");
	return check_seat(error) && outfit_check(&wanted.outfit, error) && check_usb(error) &&
	       check_files(error);
}

static gboolean is_none(const char *text)
{
	return text != NULL && g_str_equal(text, "none");
}

static struct plan *make_plan(const struct machine *machine, const struct place *place,
			      GError **error)
{
	struct wish wish = { .gpus = (const char *const *)wanted.gpus,
			     .at_seat = place->seat != NULL };
	struct plan *plan;
	guint64 bytes = 0;

	if (!planning_vcpus(wanted.vcpus, &wish.vcpus, error))
		return NULL;
	if (wanted.memory != NULL) {
		if (!size_parse(wanted.memory, 1 << 20, &bytes, error))
			return NULL;
		wish.memory_kib = bytes >> 10;
	}
	plan = plan_make(machine, &wish, error);
	if (plan != NULL)
		place_explain(place, plan);
	return plan;
}

/* What --disk asks for: a new volume of some size, or something that exists. */
struct disk {
	char *path; /* NULL: to be made, or none */
	const char *format;
	guint64 new_bytes; /* 0: nothing to make */
};

static gboolean choose_disk(struct disk *disk, GError **error)
{
	if (is_none(wanted.disk) || (wanted.disk == NULL && wanted.kernel != NULL))
		return TRUE;
	if (wanted.disk == NULL) {
		disk->new_bytes = NEW_DISK_DEFAULT;
		return TRUE;
	}
	if (strchr(wanted.disk, '/') == NULL && access(wanted.disk, F_OK) != 0)
		return size_parse(wanted.disk, 1 << 30, &disk->new_bytes, error);
	if (!resolve_file(&wanted.disk, error))
		return FALSE;
	disk->path = g_strdup(wanted.disk);
	disk->format = image_format(disk->path, error);
	return disk->format != NULL;
}

static void print_chord(const struct domain_spec *spec)
{
	if (spec->seat == NULL)
		printf("     The guest has keyboard and mouse from its start; left Ctrl + right "
		       "Ctrl "
		       "move\n"
		       "     them to the host and back.\n");
	else
		printf("     The guest gets keyboard and mouse when it is up; left Ctrl + right "
		       "Ctrl "
		       "move\n"
		       "     them to the host and back, left Shift + right Shift + Esc always to "
		       "the "
		       "host\n"
		       "     (/etc/hotseat/%s.conf can name other keys).\n",
		       spec->seat);
}

static void print_what_to_plug(const struct domain_spec *spec)
{
	const char *name = spec->name;
	const struct plan *plan = spec->plan;
	g_autofree char *games = games_summary();
	g_autofree char *cable =
		plan->cable != NULL ? g_strdup_printf("For the guest's picture, %s.", plan->cable)
				    : g_strdup("Nothing to plug: the card has a monitor already.");

	fputs("\nNext:\n  1. ", stdout);
	text_print_wrapped(stdout, cable, 5, 5);
	printf("  2. sudo hotseat up %s\n", name);
	print_chord(spec);
	if (wanted.kernel == NULL)
		printf("  3. Until Windows has the card's driver, its emulated screen is in\n"
		       "     virt-manager or: virt-viewer --connect qemu:///system %s\n"
		       "     Then take that screen away: sudo hotseat set %s screen=card\n",
		       name, name);
	printf("%s\n", games);
}

static gboolean make_disk(struct virt *virt, const char *name, struct disk *disk, GError **error)
{
	g_autofree char *size = size_format(disk->new_bytes);

	if (disk->new_bytes == 0)
		return TRUE;
	disk->path = virt_disk_create(virt, name, disk->new_bytes, error);
	disk->format = "qcow2";
	if (disk->path != NULL)
		printf("  disk      %s, %s, made as it fills\n", disk->path, size);
	return disk->path != NULL;
}

static gboolean define(struct virt *virt, const struct domain_spec *spec, struct disk *disk,
		       GError **error)
{
	g_autofree char *xml = domain_xml(spec);
	g_autofree char *uuid = NULL;

	if ((spec->network == NULL || virt_network_start(virt, spec->network, error)) &&
	    virt_define(virt, xml, &uuid, error))
		return TRUE;
	if (disk->new_bytes != 0)
		virt_disk_delete(virt, disk->path, NULL); /* nothing of it may stay behind */
	return FALSE;
}

/* A new disk has a place already when it is only shown. */
static gboolean provide_disk(struct virt *virt, struct domain_spec *spec, struct disk *disk,
			     GError **error)
{
	if (wanted.dry_run && disk->new_bytes != 0) {
		disk->path = g_strdup_printf("/var/lib/libvirt/images/%s.qcow2", spec->name);
		disk->format = "qcow2";
	} else if (!wanted.dry_run && !make_disk(virt, spec->name, disk, error)) {
		return FALSE;
	}
	spec->disk.path = disk->path;
	spec->disk.format = disk->format;
	spec->disk.buffered = disk->path != NULL && image_needs_cache(disk->path);
	return TRUE;
}

static int make(struct virt *virt, struct domain_spec *spec, struct disk *disk, GError **error)
{
	printf("%s:\n", spec->name);
	plan_print_reasons(spec->plan, stdout);
	if (!provide_disk(virt, spec, disk, error))
		return -1;
	if (wanted.dry_run) {
		g_autofree char *xml = domain_xml(spec);

		printf("\n%s\n", xml);
		return EXIT_SUCCESS;
	}
	if (!define(virt, spec, disk, error))
		return -1;
	print_what_to_plug(spec);
	return EXIT_SUCCESS;
}

/* All that the command line says of the guest, and what follows from the machine. */
static int outfit_and_make(const char *name, struct virt *virt, const struct machine *machine,
			   const struct place *place, struct plan *plan, struct disk *disk,
			   GError **error)
{
	autoptr(virt_capabilities) capabilities =
		virt_read_capabilities(virt, wanted.virt_type, error);
	struct domain_spec spec = {
		.name = name,
		.plan = plan,
		.capabilities = capabilities,
		.kernel = wanted.kernel,
		.initrd = wanted.initrd,
		.cmdline = wanted.cmdline,
		.usb = wanted.usb,
		.seat = place->seat,
		.seat_side = place->side,
		.vendor_id = is_none(wanted.vendor_id) ? NULL : wanted.vendor_id,
		.no_vendor_id = is_none(wanted.vendor_id),
		.network = is_none(wanted.network) ? NULL : wanted.network,
		.address_bits = firmware_address_limit(&machine->firmware),
		.screen = wanted.kernel == NULL,
	};
	struct outfit outfit = { 0 };
	int status = -1;

	wanted.outfit.kernel = wanted.kernel != NULL;
	wanted.outfit.installed = disk->path != NULL;
	wanted.outfit.new_disk = disk->new_bytes;
	if (capabilities != NULL &&
	    outfit_choose(&wanted.outfit, machine, plan, &spec, &outfit, error))
		status = make(virt, &spec, disk, error);
	outfit_clear(&outfit);
	return status;
}

static gboolean check_name_is_free(struct virt *virt, const char *name, GError **error)
{
	g_auto(GStrv) names = virt_list(virt, error);

	if (names == NULL)
		return FALSE;
	if (!g_strv_contains((const char *const *)names, name))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "there is a guest called %s already; take another name, or forget that one "
		    "with: virsh undefine --keep-nvram %s",
		    name, name);
	return FALSE;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	const char *name = arguments[0];
	struct root *root;
	autoptr(machine) machine = NULL;
	autoptr(virt) virt = NULL;
	autoptr(plan) plan = NULL;
	struct place place;
	struct disk disk = { 0 };
	int status = -1;

	if (!check_wanted(name, error) || !choose_disk(&disk, error))
		return -1;
	root = root_open(invocation->root_path, error);
	if (root == NULL)
		return -1;
	machine = machine_read(root, MACHINE_ALL, error);
	if (machine == NULL)
		return -1;
	virt = virt_open(error);
	if (virt == NULL || !check_name_is_free(virt, name, error) ||
	    !place_choose(wanted.seat, virt, &place, error))
		return -1;
	plan = make_plan(machine, &place, error);
	if (plan != NULL)
		status = outfit_and_make(name, virt, machine, &place, plan, &disk, error);
	g_free(disk.path);
	return status;
}

static const char *const examples[] = {
	"hotseat new win11 --iso Win11.iso --iso virtio-win.iso",
	"Choose card, cores and memory, make a 128 GiB disk, and attach both installation media.",
	"hotseat new win11 --gpu 01:00.0 --vcpus 8 --memory 16G --disk 256G --dry-run",
	"Show what would be made.",
	NULL,
};

const struct command command_new = {
	.name = "new",
	.arguments = "NAME",
	.min_arguments = 1,
	.max_arguments = 1,
	.summary = "Make a guest that gets a card",
	.description =
		"Picks a card (or takes yours), chooses cores and memory that suit it and leave "
		"enough for the host, makes a disk where QEMU may read it, starts the default "
		"network, and defines a libvirt domain. It prints what it chose, why, and what it "
		"beat; which chord moves keyboard and mouse; and what to plug where.\n\n"
		"The guest starts on an emulated screen beside the card, so that an operating "
		"system can be installed before a cable is on the card. The domain stays an "
		"ordinary one: virt-manager and virsh work on it as on any other.\n\n"
		"What the operating system needs (UEFI, Secure Boot, a TPM) follows from the "
		"medium, which libosinfo knows by its label, or from --os. virtio-win.iso is "
		"attached where it is found. --dry-run shows reasons and XML, and makes nothing.",
	.examples = examples,
	.options = options,
	.run = run,
};
