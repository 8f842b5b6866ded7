/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <string.h>

#include "machine/displays.h"
#include "rules/host.h"

/* What several rules ask of a machine. The header says what each answer means. */

/* cpuinfo_has - a word about the first processor */
gboolean host_cpuinfo_has(const struct machine *machine, const char *word)
{
	static const gsize first_processor = 4096;
	g_autoptr(GBytes) bytes =
		root_read_bytes(machine->root, first_processor, NULL, "proc/cpuinfo");
	gsize length = 0;
	const char *text = bytes == NULL ? NULL : g_bytes_get_data(bytes, &length);

	return text != NULL && g_strstr_len(text, (gssize)length, word) != NULL;
}

/* For the words of a firmware setup, where the tables do not tell. */
gboolean host_is_amd(const struct machine *machine)
{
	if (host_has_iommu_table(machine))
		return machine->firmware.ivrs == KNOWN_YES;
	return host_cpuinfo_has(machine, "AuthenticAMD");
}

/* The flag that hypervisors show to guests: then there is no firmware setup to go to. */
gboolean host_is_guest(const struct machine *machine)
{
	return host_cpuinfo_has(machine, " hypervisor ");
}

gboolean host_has_iommu_table(const struct machine *machine)
{
	return machine->firmware.dmar == KNOWN_YES || machine->firmware.ivrs == KNOWN_YES;
}

gboolean host_iommu_works(const struct machine *machine)
{
	const struct firmware *firmware = &machine->firmware;

	if (firmware->groups == 0)
		return FALSE;
	/* VFIO's no-IOMMU mode makes groups too, so groups alone prove nothing where no IOMMU is.
	 * A folder that lacks sys/class/iommu altogether was not recorded in full. */
	return firmware->iommus > 0 || !root_exists(machine->root, "sys/class/iommu");
}

gboolean host_parameter_is_set(const struct machine *machine, const char *module,
			       const char *parameter)
{
	g_autofree char *value =
		root_read(machine->root, NULL, "sys/module/%s/parameters/%s", module, parameter);

	return value != NULL && (value[0] == 'Y' || value[0] == 'y' || value[0] == '1');
}

char *host_argument(const struct machine *machine, const char *name)
{
	if (machine->kernel == NULL || machine->kernel->command_line == NULL)
		return NULL;
	return kernel_argument(machine->kernel, name);
}

/* value_lists - is @wanted one of the words of "a,b,c"? */
gboolean host_value_lists(const char *value, const char *wanted)
{
	g_auto(GStrv) words = NULL;

	if (value == NULL)
		return FALSE;
	words = g_strsplit(value, ",", -1);
	return g_strv_contains((const char *const *)words, wanted);
}

/* config_from_proc - what some kernels carry along themselves, unpacked; NULL if this one does not
 */
static char *config_from_proc(const struct machine *machine)
{
	static const gsize max_packed = 1 << 20, max_text = 4 << 20;
	g_autoptr(GBytes) packed =
		root_read_bytes(machine->root, max_packed, NULL, "proc/config.gz");
	g_autoptr(GInputStream) from = NULL;
	g_autoptr(GConverter) gzip = NULL;
	g_autoptr(GInputStream) unpacked = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	if (packed == NULL)
		return NULL;
	from = g_memory_input_stream_new_from_bytes(packed);
	gzip = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
	unpacked = g_converter_input_stream_new(from, gzip);
	text = g_malloc0(max_text + 1);
	if (!g_input_stream_read_all(unpacked, text, max_text, &length, NULL, NULL))
		return NULL;
	return g_steal_pointer(&text);
}

static char *kernel_config(const struct machine *machine)
{
	const char *release = machine->kernel == NULL ? NULL : machine->kernel->release;
	char *text = NULL;

	if (release == NULL)
		return NULL;
	text = root_read(machine->root, NULL, "boot/config-%s", release);
	if (text == NULL)
		text = root_read(machine->root, NULL, "lib/modules/%s/config", release);
	return text == NULL ? config_from_proc(machine) : text;
}

/*
 * kernel_option - CONFIG_NAME of the running kernel: "y", "m", or "" if it is not set
 *
 * Return: newly allocated, or NULL if the kernel's configuration is not here to be read.
 */
char *host_kernel_option(const struct machine *machine, const char *name)
{
	g_autofree char *text = kernel_config(machine);
	g_autofree char *start = g_strdup_printf("\nCONFIG_%s=", name);
	const char *found, *end;

	if (text == NULL)
		return NULL;
	found = strstr(text, start);
	if (found == NULL)
		return g_strdup("");
	found += strlen(start);
	end = strchrnul(found, '\n');
	return g_strndup(found, (gsize)(end - found));
}

gboolean host_card_sole(const struct machine *machine, const struct card *card, char **why)
{
	g_autofree char *reason = NULL;
	enum known only = displays_is_only(machine->root, machine->cards, card, &reason);

	if (why != NULL)
		*why = g_steal_pointer(&reason);
	return only == KNOWN_YES;
}

/* Functions of one card may be in groups of their own; all of them are lent. */
static gboolean has_group(const struct card *card, const char *group)
{
	for (guint i = 0; i < card->functions->len; i++) {
		const struct pcidev *function = g_ptr_array_index(card->functions, i);

		if (group != NULL && g_strcmp0(function->group, group) == 0)
			return TRUE;
	}
	return FALSE;
}

/*
 * The verdict of a card leaves bridges out. The kernel does not: a port under shpchp, which manages
 * no DMA ownership, makes its group as unfit as any other driver.
 */
const struct pcidev *host_forbidden_bridge(const struct machine *machine, const struct card *card)
{
	for (guint i = 0; i < machine->devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(machine->devices, i);

		if (pcidev_is_bridge(dev) && has_group(card, dev->group) &&
		    pcidev_driver_allowed(dev, machine->kernel->dma_ownership_model) == KNOWN_NO)
			return dev;
	}
	return NULL;
}

gboolean host_card_lendable(const struct machine *machine, const struct card *card)
{
	return card->verdict == CARD_READY && host_forbidden_bridge(machine, card) == NULL;
}

gboolean host_card_spare(const struct machine *machine, const struct card *card)
{
	return host_card_lendable(machine, card) && !host_card_sole(machine, card, NULL);
}

gboolean host_has_other_spare(const struct machine *machine, const struct card *card)
{
	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *other = g_ptr_array_index(machine->cards, i);

		if (other != card && host_card_spare(machine, other))
			return TRUE;
	}
	return FALSE;
}

gboolean host_all_cards_sole(const struct machine *machine)
{
	for (guint i = 0; i < machine->cards->len; i++) {
		if (!host_card_sole(machine, g_ptr_array_index(machine->cards, i), NULL))
			return FALSE;
	}
	return machine->cards->len > 0;
}

void host_add_unknown(const struct rule *rule, GPtrArray *findings, const char *subject,
		      const char *evidence)
{
	struct finding *finding = finding_add_unknown(findings, rule, subject);

	finding->evidence = g_strdup(evidence);
	finding->message = g_strdup_printf("It is not known whether %s.", rule->title);
}

gboolean host_card_wanted(const struct machine *machine, const struct card *card)
{
	return !host_card_sole(machine, card, NULL) || host_all_cards_sole(machine);
}

const struct hardware *host_wanted(const struct machine *machine, guint number)
{
	const struct hardware *hardware = g_ptr_array_index(machine->hardware, number);

	return host_card_wanted(machine, hardware->card) ? hardware : NULL;
}

gboolean host_kernel_since(const struct machine *machine, guint major, guint minor)
{
	const struct kernel *kernel = machine->kernel;

	return kernel != NULL &&
	       (kernel->major > major || (kernel->major == major && kernel->minor >= minor));
}

gboolean host_has_driver(const struct pcidev *dev, const char *driver)
{
	return g_strcmp0(dev->driver, driver) == 0;
}

gboolean host_on_vfio(const struct pcidev *dev)
{
	return dev->driver != NULL && (g_str_has_suffix(dev->driver, "vfio-pci") ||
				       g_str_has_suffix(dev->driver, "vfio_pci"));
}

void host_for_each_line(const struct machine *machine, const char *folder, host_line *line,
			gpointer data)
{
	g_auto(GStrv) files = root_list(machine->root, NULL, "%s", folder);

	for (guint i = 0; files != NULL && files[i] != NULL; i++) {
		g_autofree char *path = g_strdup_printf("%s/%s", folder, files[i]);
		g_autofree char *text = root_read(machine->root, NULL, "%s", path);
		g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);

		for (guint j = 0; lines[j] != NULL; j++) {
			g_strstrip(lines[j]);
			if (lines[j][0] != '\0' && lines[j][0] != '#')
				line(path, lines[j], data);
		}
	}
}

struct finding *host_say(GPtrArray *findings, const struct rule *rule, const char *subject,
			 char *evidence, const char *message, char *fix)
{
	struct finding *finding = finding_add(findings, rule, subject);

	finding->evidence = evidence;
	finding->message = g_strdup(message);
	finding->fix = fix;
	return finding;
}
