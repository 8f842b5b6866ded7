/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/judging.h"
#include "cli/planning.h"
#include "core/error.h"
#include "core/size.h"
#include "fix/import.h"
#include "guest/domain.h"

static struct {
	char *name, *memory, *disk, *virt_type;
	char **gpus, **isos;
	int vcpus;
	gboolean dry_run;
} wanted = { .vcpus = VCPUS_UNSAID };

static const GOptionEntry options[] = {
	{ "name", 0, 0, G_OPTION_ARG_STRING, &wanted.name, "Name of the guest (default: its own)",
	  "NAME" },
	{ "gpu", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.gpus,
	  "Card to lend, by address; may be repeated (default: choose one)", "ADDRESS" },
	{ "vcpus", 0, 0, G_OPTION_ARG_INT, &wanted.vcpus,
	  "Number of virtual processors (default: its own, if there are as many)", "N" },
	{ "memory", 0, 0, G_OPTION_ARG_STRING, &wanted.memory,
	  "Memory of the guest (default: its own, if there is as much)", "SIZE" },
	{ "disk", 0, 0, G_OPTION_ARG_FILENAME, &wanted.disk,
	  "Image or block device in place of its first disk", "FILE" },
	{ "iso", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &wanted.isos,
	  "Medium to attach, such as virtio-win.iso; may be repeated", "FILE" },
	{ "virt-type", 0, 0, G_OPTION_ARG_STRING, &wanted.virt_type,
	  "kvm, or qemu for emulation without KVM, which is slow (default: kvm)", "TYPE" },
	{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &wanted.dry_run,
	  "Print the report and the domain XML, make nothing", NULL },
	{ NULL },
};

static gboolean read_wish(struct wish *wish, GError **error)
{
	guint64 bytes = 0;

	if (wanted.memory != NULL && !size_parse(wanted.memory, 1 << 20, &bytes, error))
		return FALSE;
	*wish = (struct wish){ .gpus = (const char *const *)wanted.gpus,
			       .memory_kib = bytes >> 10 };
	return planning_vcpus(wanted.vcpus, &wish->vcpus, error);
}

/* What the guest had, where this machine has as much; else what suits this machine. */
static struct plan *make_plan(const struct machine *machine, const struct foreign *foreign,
			      const struct wish *asked, GError **error)
{
	struct wish wish = *asked;
	struct plan *plan;

	if (wish.vcpus == 0)
		wish.vcpus = foreign->vcpus;
	if (wish.memory_kib == 0)
		wish.memory_kib = foreign->memory_kib;
	plan = plan_make(machine, &wish, NULL);
	if (plan != NULL)
		return plan;
	plan = plan_make(machine, asked, error);
	if (plan != NULL)
		g_ptr_array_add(foreign->notes,
				g_strdup_printf("It had %u vCPUs and %" G_GUINT64_FORMAT
						" MiB, which this machine cannot give; it gets %u "
						"and %" G_GUINT64_FORMAT ".",
						foreign->vcpus, foreign->memory_kib >> 10,
						plan->placement.vcpu->len, plan->memory_kib >> 10));
	return plan;
}

static void print_report(const struct foreign *foreign, const struct plan *plan, const char *name)
{
	printf("%s:\n", name);
	for (guint i = 0; i < plan->reasons->len; i++) {
		const struct reason *reason = g_ptr_array_index(plan->reasons, i);

		printf("  %-9s %s\n", reason->about, reason->why);
	}
	printf("\nWhat was changed or left behind:\n");
	for (guint i = 0; i < foreign->notes->len; i++)
		printf("  - %s\n", (const char *)g_ptr_array_index(foreign->notes, i));
}

static int define(struct virt *virt, const char *xml, const char *name, GError **error)
{
	g_autofree char *uuid = NULL;

	if ((strstr(xml, "<source network=\"default\"/>") != NULL &&
	     !virt_network_start(virt, "default", error)) ||
	    !virt_define(virt, xml, &uuid, error))
		return -1;
	printf("\nNext: sudo hotseat up %s\n", name);
	return EXIT_SUCCESS;
}

static gboolean check_name(const char *name, GError **error)
{
	if (name != NULL && guest_name_valid(name))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "%s%s%s cannot be a guest's name here; give one with --name",
		    name != NULL ? "\"" : "nothing", name != NULL ? name : "",
		    name != NULL ? "\"" : "");
	return FALSE;
}

static gboolean check_name_is_free(struct virt *virt, const char *name, GError **error)
{
	g_auto(GStrv) names = NULL;

	names = virt_list(virt, error);
	if (names == NULL)
		return FALSE;
	if (!g_strv_contains((const char *const *)names, name))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "there is a guest called %s already; give another name with --name", name);
	return FALSE;
}

static int make(struct foreign *foreign, struct virt *virt, const struct machine *machine,
		const struct wish *asked, GError **error)
{
	const char *name = wanted.name != NULL ? wanted.name : foreign->name;
	const char *type = wanted.virt_type != NULL ? wanted.virt_type : "kvm";
	autoptr(virt_capabilities) capabilities = virt_read_capabilities(virt, type, error);
	autoptr(schema) schema = schema_open(SCHEMA_INSTALLED, NULL);
	autoptr(plan) plan = NULL;
	g_autofree char *disk =
		wanted.disk != NULL ? g_canonicalize_filename(wanted.disk, NULL) : NULL;
	g_autofree char *xml = NULL;
	struct import_wish wish = { .name = name,
				    .machine = machine,
				    .capabilities = capabilities,
				    .schema = schema,
				    .disk = disk,
				    .isos = wanted.isos };

	if (capabilities == NULL || !check_name_is_free(virt, name, error))
		return -1;
	plan = make_plan(machine, foreign, asked, error);
	if (plan == NULL)
		return -1;
	xml = import_make(foreign, &wish, plan, error);
	if (xml == NULL)
		return -1;
	print_report(foreign, plan, name);
	if (wanted.dry_run) {
		printf("\n%s\n", xml);
		return EXIT_SUCCESS;
	}
	return define(virt, xml, name, error);
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	autoptr(foreign) foreign = NULL;
	autoptr(machine) machine = NULL;
	autoptr(virt) virt = NULL;
	g_autoptr(GBytes) bytes = NULL;
	struct wish asked;

	for (guint i = 0; wanted.isos != NULL && wanted.isos[i] != NULL; i++) {
		char *path = g_canonicalize_filename(wanted.isos[i], NULL);

		g_free(wanted.isos[i]);
		wanted.isos[i] = path;
	}
	if (!read_wish(&asked, error))
		return -1;
	bytes = judging_read_text(arguments[0], error);
	foreign = bytes == NULL ? NULL
				: foreign_read(g_bytes_get_data(bytes, NULL),
					       g_bytes_get_size(bytes), error);
	if (foreign == NULL) {
		g_prefix_error(error, "%s cannot be imported: ", arguments[0]);
		return -1;
	}
	if (!check_name(wanted.name != NULL ? wanted.name : foreign->name, error))
		return -1;
	machine = machine_open(invocation->root_path, MACHINE_ALL, error);
	virt = machine == NULL ? NULL : virt_open(error);
	return virt == NULL ? -1 : make(foreign, virt, machine, &asked, error);
}

static const char *const examples[] = {
	"sudo hotseat import win10.xml --disk /var/lib/libvirt/images/win10.qcow2",
	"Make a guest of a definition from another machine, with its disk where it is now.",
	"sudo hotseat import blog.xml --name win10 --iso virtio-win.iso --dry-run",
	"Show what would become of it.",
	NULL,
};

const struct command command_import = {
	.name = "import",
	.arguments = "FILE",
	.min_arguments = 1,
	.max_arguments = 1,
	.summary = "Make a guest of somebody else's XML",
	.description =
		"Takes a libvirt domain from another machine, a backup or a web page, damaged or "
		"not, and makes a guest of this machine: card, processors, inputs and firmware are "
		"chosen here, disks are given the type that they are of, and what keeps an "
		"installed "
		"Windows as it is stays (the bus of its disk, uuid, MAC addresses).\n\n"
		"It says what was changed and what could not be carried over, and which folders of "
		"virtio-win the guest wants.",
	.examples = examples,
	.options = options,
	.run = run,
};
