/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/* What files under etc/ make of drivers: who is kept on a card, who is kept off. */

/* idle_twin - a card of this vendor that has no driver, where the vendor has several cards */
static const struct pcidev *idle_twin(const struct machine *machine, guint16 vendor)
{
	const struct pcidev *idle = NULL;
	guint cards = 0;

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct pcidev *dev = card_display(g_ptr_array_index(machine->cards, i));

		if (dev->vendor != vendor)
			continue;
		cards++;
		if (dev->driver == NULL && dev->driver_known == KNOWN_YES)
			idle = dev;
	}
	return cards > 1 ? idle : NULL;
}

/* nouveau is not in the list: NVIDIA's own packages rightly keep it away. */
static void judge_blacklist_line(const struct rule *rule, const struct machine *machine,
				 const char *file, const char *line, GPtrArray *findings)
{
	static const struct {
		const char *module;
		guint16 vendor;
	} drivers[] = {
		{ "nvidia", 0x10de }, { "amdgpu", 0x1002 }, { "radeon", 0x1002 },
		{ "i915", 0x8086 },   { "xe", 0x8086 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++) {
		g_autofree char *wanted = g_strdup_printf("blacklist %s", drivers[i].module);
		g_autofree char *rebuild = NULL;
		const struct pcidev *idle;
		struct finding *finding;

		if (!g_str_equal(line, wanted))
			continue;
		idle = idle_twin(machine, drivers[i].vendor);
		if (idle == NULL)
			return;
		finding = finding_add(findings, rule, idle->address);
		finding->evidence = g_strdup_printf(
			"/etc/modprobe.d/%s has \"%s\", and %s has no "
			"driver",
			file, line, idle->name);
		finding->message = g_strdup(
			"The line keeps the driver from every card of this "
			"maker, the host's own too. It is not needed: a card "
			"is taken by its address.");
		rebuild = advice_for(machine, ADVICE_INITRAMFS);
		finding->fix = g_strdup_printf("sudo sed -i '/^%s$/d' /etc/modprobe.d/%s\n%s", line,
					       file, rebuild);
	}
}

static void judge_blacklist(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	g_auto(GStrv) files = root_list(machine->root, NULL, "etc/modprobe.d");

	for (guint i = 0; files != NULL && files[i] != NULL; i++) {
		g_autofree char *text =
			root_read(machine->root, NULL, "etc/modprobe.d/%s", files[i]);
		g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);

		for (guint j = 0; lines[j] != NULL; j++)
			judge_blacklist_line(rule, machine, files[i], g_strstrip(lines[j]),
					     findings);
	}
}

/* names_module - does a line that is no comment name this module as a word? */
static gboolean names_module(const char *text, const char *module)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) words = g_strsplit_set(lines[i], " \t\"'()=+,", -1);

		if (g_strstrip(lines[i])[0] != '#' &&
		    g_strv_contains((const char *const *)words, module))
			return TRUE;
	}
	return FALSE;
}

static void judge_module_list(const struct rule *rule, const struct machine *machine,
			      const char *file, GPtrArray *findings)
{
	g_autofree char *text = root_read(machine->root, NULL, "%s", file);
	g_autofree char *rebuild = NULL;
	struct finding *finding;

	if (text == NULL || !names_module(text, "vfio_virqfd"))
		return;
	rebuild = advice_for(machine, ADVICE_INITRAMFS);
	finding = finding_add(findings, rule, "vfio_virqfd");
	finding->evidence = g_strdup_printf("/%s names it", file);
	finding->message = g_strdup(
		"There is no such module since Linux 6.2, and an initramfs that "
		"asks for it may fail to build.");
	finding->fix =
		g_strdup_printf("sudo sed -i 's/\\bvfio_virqfd\\b//' /%s\n%s", file, rebuild);
}

static void judge_virqfd(const struct rule *rule, const struct machine *machine,
			 GPtrArray *findings)
{
	static const char *const files[] = { "etc/mkinitcpio.conf", "etc/initramfs-tools/modules",
					     "etc/modules" };
	static const char *const folders[] = { "etc/mkinitcpio.conf.d", "etc/dracut.conf.d",
					       "etc/modules-load.d" };

	if (machine->kernel->major < 6 ||
	    (machine->kernel->major == 6 && machine->kernel->minor < 2))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		judge_module_list(rule, machine, files[i], findings);
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_auto(GStrv) names = root_list(machine->root, NULL, "%s", folders[i]);

		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			g_autofree char *file = g_build_filename(folders[i], names[j], NULL);

			judge_module_list(rule, machine, file, findings);
		}
	}
}

/* What a generator's configuration gets wrong about vfio-pci: a pattern that holds, one that mends.
 */
static const struct {
	enum initramfs generator;
	const char *wrong; /* a line like this... */
	const char *right; /* ...unless one like this is there as well; NULL: none would help */
	const char *message;
	const char *fix;
} mistakes[] = {
	{ INITRAMFS_DRACUT, "^add_drivers\\+?=.*vfio_pci", "^force_drivers\\+?=.*vfio_pci",
	  "dracut copies these modules into the initramfs and does not load them.",
	  "Write force_drivers+=\" vfio_pci vfio vfio_iommu_type1 \" there, blanks included." },
	{ INITRAMFS_DRACUT, "^(force|add)_drivers\\+=[\"']\\S.*vfio", NULL,
	  "Without blanks inside the quotes the first name is glued to another file's last.",
	  "Write force_drivers+=\" vfio_pci vfio vfio_iommu_type1 \" there, blanks included." },
	{ INITRAMFS_MKINITCPIO,
	  "^MODULES(_APPEND)?\\+?=.*\\b(amdgpu|radeon|nouveau|nvidia|i915|xe)\\b.*\\bvfio_pci\\b",
	  NULL, "The graphics driver is loaded before vfio_pci, and takes the card.",
	  "Put vfio_pci vfio vfio_iommu_type1 at the beginning of MODULES." },
};

static gboolean any_line_matches(const char *text, const char *pattern)
{
	return g_regex_match_simple(pattern, text, G_REGEX_MULTILINE, 0);
}

static void judge_generator_file(const struct rule *rule, const struct machine *machine,
				 const char *path, GPtrArray *findings)
{
	g_autofree char *text = root_read(machine->root, NULL, "%s", path);
	g_autofree char *valid = text == NULL ? NULL : g_utf8_make_valid(text, -1);

	for (gsize i = 0; valid != NULL && i < G_N_ELEMENTS(mistakes); i++) {
		g_autofree char *rebuild = NULL;

		if (machine->boot->initramfs != mistakes[i].generator ||
		    !any_line_matches(valid, mistakes[i].wrong) ||
		    (mistakes[i].right != NULL && any_line_matches(valid, mistakes[i].right)))
			continue;
		rebuild = advice_for(machine, ADVICE_INITRAMFS);
		host_say(findings, rule, "initramfs", g_strdup_printf("/%s", path),
			 mistakes[i].message,
			 g_strdup_printf("%s Then:\n%s", mistakes[i].fix, rebuild));
		return;
	}
}

/* Files that the image is made of, as far as they are about vfio: the newest of them. */
struct newest {
	char *path;
	gint64 changed;
};

static void consider(const struct machine *machine, const char *path, struct newest *newest)
{
	g_autofree char *text = root_read(machine->root, NULL, "%s", path);
	gint64 changed;

	if (text == NULL || strstr(text, "vfio") == NULL)
		return;
	changed = root_changed(machine->root, "%s", path);
	if (changed <= newest->changed)
		return;
	g_free(newest->path);
	newest->path = g_strdup(path);
	newest->changed = changed;
}

static void find_newest_source(const struct machine *machine, struct newest *newest)
{
	static const char *const files[] = { "etc/initramfs-tools/modules", "etc/mkinitcpio.conf",
					     "etc/dracut.conf" };
	static const char *const folders[] = { "etc/modprobe.d", "etc/dracut.conf.d",
					       "etc/mkinitcpio.conf.d" };

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		consider(machine, files[i], newest);
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_auto(GStrv) names = root_list(machine->root, NULL, "%s", folders[i]);

		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			g_autofree char *path = g_build_filename(folders[i], names[j], NULL);

			consider(machine, path, newest);
		}
	}
}

/* "initrd.img-RELEASE", "initramfs-RELEASE.img"; mkinitcpio names them for the package instead */
static gboolean is_image(const struct machine *machine, const char *name)
{
	if (!g_str_has_prefix(name, "initrd") && !g_str_has_prefix(name, "initramfs"))
		return FALSE;
	if (machine->boot->initramfs == INITRAMFS_MKINITCPIO)
		return strstr(name, "fallback") == NULL;
	return machine->kernel->release != NULL && strstr(name, machine->kernel->release) != NULL;
}

static gint64 newest_image(const struct machine *machine)
{
	g_auto(GStrv) names = root_list(machine->root, NULL, "boot");
	gint64 newest = 0;

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		if (is_image(machine, names[i]))
			newest = MAX(newest, root_changed(machine->root, "boot/%s", names[i]));
	}
	return newest;
}

/* Where there is no image to be seen, on an EFI partition or in a unified kernel, nothing is said.
 */
static void judge_stale(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	struct newest source = { 0 };
	gint64 image;

	find_newest_source(machine, &source);
	image = source.path != NULL ? newest_image(machine) : 0;
	if (image != 0 && source.changed > image)
		host_say(
			findings, rule, "initramfs",
			g_strdup_printf("/%s is newer than the initramfs in /boot", source.path),
			"What it says about vfio does not hold at the next boot: the initramfs has "
			"a copy from before.",
			advice_for(machine, ADVICE_INITRAMFS));
	g_free(source.path);
}

static void judge_generator(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	static const char *const folders[] = { "etc/dracut.conf.d", "etc/mkinitcpio.conf.d" };

	judge_generator_file(rule, machine, "etc/dracut.conf", findings);
	judge_generator_file(rule, machine, "etc/mkinitcpio.conf", findings);
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_auto(GStrv) names = root_list(machine->root, NULL, "%s", folders[i]);

		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			g_autofree char *path = g_build_filename(folders[i], names[j], NULL);

			judge_generator_file(rule, machine, path, findings);
		}
	}
	judge_stale(rule, machine, findings);
}

static const struct rule rules[] = {
	{ "BD-05", SEVERITY_RISKY, 'D', "no card lacks its driver because of a blacklist",
	  "A blacklist line stops the module for all cards, the host's own of the same maker too, "
	  "and does not stop explicit loading.",
	  "take the blacklist line out", "modprobe.d(5)", judge_blacklist },
	{ "BD-07", SEVERITY_RISKY, 'V', "the initramfs loads vfio-pci first, if it has it",
	  "Each generator has its own way to load a module early: force_drivers for dracut, the "
	  "order "
	  "of MODULES for mkinitcpio, a line in its list for initramfs-tools.",
	  "mend the initramfs' configuration", "dracut man/dracut.conf.5, ArchWiki mkinitcpio",
	  judge_generator },
	{ "BD-06", SEVERITY_OBSOLETE, 'V', "nothing asks for vfio_virqfd",
	  "It became a part of vfio with Linux 6.2.", "drop vfio_virqfd",
	  "Linux drivers/vfio/Kconfig", judge_virqfd },
};

const struct rule_set host_rules_binding = { rules, G_N_ELEMENTS(rules) };
