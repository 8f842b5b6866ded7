/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/kernel.h"

#include <stdio.h>
#include <string.h>

/* The kernel that brought DMA ownership, see pcidev_driver_allowed(). */
#define DMA_OWNERSHIP_MAJOR 5
#define DMA_OWNERSHIP_MINOR 19

void kernel_free(struct kernel *kernel)
{
	if (kernel == NULL)
		return;
	g_free(kernel->release);
	g_free(kernel->command_line);
	g_free(kernel);
}

static void parse_version(struct kernel *kernel)
{
	unsigned int major, minor;

	kernel->dma_ownership_model = TRUE;
	if (kernel->release == NULL || sscanf(kernel->release, "%u.%u", &major, &minor) != 2)
		return;
	kernel->major = major;
	kernel->minor = minor;
	kernel->dma_ownership_model =
		major > DMA_OWNERSHIP_MAJOR ||
		(major == DMA_OWNERSHIP_MAJOR && minor >= DMA_OWNERSHIP_MINOR);
}

/* Either vendor's module will do: the one for the other vendor can at most be on the disk. */
static enum module_state read_kvm_vendor(const struct root *root, const struct kernel *kernel)
{
	enum module_state intel = kernel_module_state(root, kernel, "kvm_intel");
	enum module_state amd = kernel_module_state(root, kernel, "kvm_amd");

	return MAX(intel, amd);
}

struct kernel *kernel_read(const struct root *root, GError **error)
{
	struct kernel *kernel = g_new0(struct kernel, 1);

	kernel->release = root_read(root, NULL, "proc/sys/kernel/osrelease");
	kernel->command_line = root_read(root, NULL, "proc/cmdline");
	parse_version(kernel);
	kernel->vfio_pci = kernel_module_state(root, kernel, "vfio_pci");
	kernel->vfio_iommu_type1 = kernel_module_state(root, kernel, "vfio_iommu_type1");
	kernel->kvm_vendor = read_kvm_vendor(root, kernel);
	return kernel;
}

/* One argument: up to a blank that is not between double quotes, as lib/cmdline.c next_arg(). */
static const char *argument_end(const char *text)
{
	gboolean quoted = FALSE;

	for (; *text != '\0' && (quoted || !g_ascii_isspace(*text)); text++) {
		if (*text == '"')
			quoted = !quoted;
	}
	return text;
}

static gboolean same_name(const char *a, const char *b, gsize length)
{
	for (gsize i = 0; i < length; i++) {
		if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return FALSE;
	}
	return TRUE;
}

/* The quotes may be around the value or around the whole argument. */
static char *argument_value(const char *argument, const char *name)
{
	gsize length = strlen(name);
	char **parts;
	char *value;

	argument += argument[0] == '"';
	if (strlen(argument) < length || !same_name(argument, name, length))
		return NULL;
	argument += length;
	if (argument[0] != '\0' && argument[0] != '=' && argument[0] != '"')
		return NULL;
	parts = g_strsplit(argument + (argument[0] == '='), "\"", -1);
	value = g_strjoinv(NULL, parts);
	g_strfreev(parts);
	return value;
}

char *kernel_argument(const struct kernel *kernel, const char *name)
{
	const char *at = kernel->command_line;
	char *found = NULL;

	while (at != NULL && *at != '\0') {
		const char *end = argument_end(at);
		g_autofree char *argument = g_strndup(at, (gsize)(end - at));
		char *value = argument_value(argument, name);

		/* What follows "--" is for init. */
		if (g_str_equal(argument, "--"))
			break;
		if (value != NULL) {
			g_free(found);
			found = value;
		}
		/* the same that end an argument, or this would never end */
		at = end + strspn(end, " \t\n\r\f");
	}
	return found;
}

/* "kernel/drivers/vfio/pci/vfio-pci.ko.xz" is vfio_pci, whatever follows the name */
static gboolean line_names_module(const char *line, const char *module)
{
	gsize length = strlen(module);
	const char *end = line + strcspn(line, ": \t\n");
	const char *name = end;

	while (name > line && name[-1] != '/')
		name--;
	return (gsize)(end - name) > length && same_name(name, module, length) &&
	       g_str_has_prefix(name + length, ".ko");
}

/* modules.builtin and modules.dep: a path at the beginning of each line. */
static enum known list_has_module(const struct root *root, const char *release, const char *list,
				  const char *module)
{
	g_autofree char *text = root_read(root, NULL, "lib/modules/%s/%s", release, list);
	const char *line;

	/* lib is a link to usr/lib, that a folder made by hand may lack */
	if (text == NULL)
		text = root_read(root, NULL, "usr/lib/modules/%s/%s", release, list);
	if (text == NULL)
		return NOT_KNOWN;
	for (line = text; *line != '\0'; line += *line == '\n') {
		if (line_names_module(line, module))
			return KNOWN_YES;
		line += strcspn(line, "\n");
	}
	return KNOWN_NO;
}

/*
 * What is in sys/module is in the kernel; only what was loaded has a reference count there.
 * Built-in code has an entry only if it has parameters or a version.
 * Source: Linux kernel/params.c, kernel_add_sysfs_param(); kernel/module/sysfs.c.
 */
enum module_state kernel_module_state(const struct root *root, const struct kernel *kernel,
				      const char *module)
{
	g_autofree char *name = g_strdelimit(g_strdup(module), "-", '_');
	enum known on_disk;

	if (root_exists(root, "sys/module/%s", name))
		return root_exists(root, "sys/module/%s/initstate", name) ||
				       root_exists(root, "sys/module/%s/refcnt", name)
			       ? MODULE_LOADED
			       : MODULE_BUILT_IN;
	if (kernel->release == NULL)
		return MODULE_NOT_KNOWN;
	if (list_has_module(root, kernel->release, "modules.builtin", name) == KNOWN_YES)
		return MODULE_BUILT_IN;
	on_disk = list_has_module(root, kernel->release, "modules.dep", name);
	if (on_disk == NOT_KNOWN)
		return MODULE_NOT_KNOWN;
	return on_disk == KNOWN_YES ? MODULE_AVAILABLE : MODULE_ABSENT;
}
