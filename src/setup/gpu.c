/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "setup/draft.h"
#include "setup/product.h"
#include "setup/words.h"

/*
 * Cards that guests get from the boot on: vfio-pci takes them before their own drivers can.
 *
 * Three things together do that. The kernel's argument vfio-pci.ids= says which card; a line
 * "softdep DRIVER pre: vfio-pci" makes modprobe load vfio-pci before the driver; and vfio-pci is in
 * the initramfs, because the driver may be. Of the three only the argument names the card. So a
 * boot entry without the argument, which has the same initramfs and the same modprobe.d, leaves the
 * card with its own driver: that is how the former entries behave as before.
 *
 * Ids name a kind of card. So they are made as long as needed for these cards alone to match: with
 * the subsystem, then with the class. Source: Linux drivers/vfio/pci/vfio_pci.c
 * vfio_pci_fill_ids().
 */
#define MODPROBE_FILE "etc/modprobe.d/hotseat.conf"
#define INITRAMFS_TOOLS_MODULES "etc/initramfs-tools/modules"
#define DRACUT_FILE "etc/dracut.conf.d/hotseat.conf"
#define MODULE "vfio-pci"

static gboolean same_device(const struct pcidev *a, const struct pcidev *b)
{
	return a->vendor == b->vendor && a->device == b->device;
}

static gboolean same_subsystem(const struct pcidev *a, const struct pcidev *b)
{
	return same_device(a, b) && a->subsystem_vendor == b->subsystem_vendor &&
	       a->subsystem_device == b->subsystem_device;
}

gboolean draft_same_kind(const struct pcidev *a, const struct pcidev *b)
{
	return same_subsystem(a, b) && PCIDEV_CLASS_SUB(a->class) == PCIDEV_CLASS_SUB(b->class);
}

/* twin - a device that is not of the cards and that would match as well; NULL: none */
static const struct pcidev *twin(const struct machine *machine, const GPtrArray *functions,
				 const struct pcidev *dev,
				 gboolean (*same)(const struct pcidev *a, const struct pcidev *b))
{
	for (guint i = 0; i < machine->devices->len; i++) {
		const struct pcidev *other = g_ptr_array_index(machine->devices, i);

		if (pcidev_find(functions, other->address) == NULL && same(dev, other))
			return other;
	}
	return NULL;
}

/* id_of - the shortest id that only these cards have; NULL with @error for identical devices */
static char *id_of(const struct machine *machine, const GPtrArray *functions,
		   const struct pcidev *dev, GError **error)
{
	g_autofree char *device = g_strdup_printf("%04x:%04x", dev->vendor, dev->device);
	g_autofree char *subsystem = g_strdup_printf("%s:%04x:%04x", device, dev->subsystem_vendor,
						     dev->subsystem_device);
	const struct pcidev *other = twin(machine, functions, dev, draft_same_kind);

	if (twin(machine, functions, dev, same_device) == NULL)
		return g_steal_pointer(&device);
	if (twin(machine, functions, dev, same_subsystem) == NULL)
		return g_steal_pointer(&subsystem);
	if (other == NULL)
		return g_strdup_printf("%s:%06x:ffff00", subsystem, dev->class & 0xffff00);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%s and %s are of the very same kind, and at boot the kernel can be told only "
		    "the kind: both would be taken. hotseat up takes a card by its address, and "
		    "needs no setup for it",
		    dev->address, other->address);
	return NULL;
}

static char *ids_of(const struct machine *machine, const GPtrArray *functions, GError **error)
{
	g_autofree char *ids = NULL;

	for (guint i = 0; i < functions->len; i++) {
		g_autofree char *former = g_steal_pointer(&ids);
		g_autofree char *id =
			id_of(machine, functions, g_ptr_array_index(functions, i), error);

		if (id == NULL)
			return NULL;
		ids = words_join_ids(former, id);
	}
	return g_steal_pointer(&ids);
}

/* Drivers that may come for a function, beside the one that has it now. */
static const struct {
	guint16 vendor; /* 0: any */
	guint32 class;  /* base class and subclass; base class alone where the rest is 0xff */
	const char *modules;
} drivers[] = {
	{ 0x10de, 0x03ff, "nvidia nvidia_drm nouveau" },
	{ 0x1002, 0x03ff, "amdgpu radeon" },
	{ 0x8086, 0x03ff, "i915 xe" },
	{ 0, 0x0403, "snd_hda_intel" },
	{ 0, 0x0c03, "xhci_pci" },
	{ 0x10de, 0x0c80, "i2c_nvidia_gpu" },
};

static gboolean class_is(const struct pcidev *dev, guint32 class)
{
	guint32 own = PCIDEV_CLASS_SUB(dev->class);

	return (class & 0xff) == 0xff ? own >> 8 == class >> 8 : own == class;
}

/* The module of the driver that has the function now; what is built in has none. */
static void add_present(const struct machine *machine, const struct pcidev *dev, GPtrArray *modules)
{
	g_autofree char *module = root_read_link(
		machine->root, NULL, "sys/bus/pci/devices/%s/driver/module", dev->address);

	if (module == NULL && dev->driver != NULL)
		module = g_strdelimit(g_strdup(dev->driver), "-", '_');
	if (module != NULL && !g_str_has_prefix(module, "vfio"))
		ledger_add(modules, module);
}

static GPtrArray *modules_of(const struct machine *machine, const GPtrArray *functions)
{
	GPtrArray *modules = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < functions->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(functions, i);

		add_present(machine, dev, modules);
		for (gsize j = 0; j < G_N_ELEMENTS(drivers); j++) {
			g_auto(GStrv) names = g_strsplit(drivers[j].modules, " ", -1);

			if ((drivers[j].vendor != 0 && drivers[j].vendor != dev->vendor) ||
			    !class_is(dev, drivers[j].class))
				continue;
			for (guint k = 0; names[k] != NULL; k++)
				ledger_add(modules, names[k]);
		}
	}
	return modules;
}

/* BD-09: what is in the kernel itself comes before every module. */
static void warn_built_in(struct draft *draft, const GPtrArray *modules)
{
	const struct machine *machine = draft->machine;

	for (guint i = 0; i < modules->len; i++) {
		const char *module = g_ptr_array_index(modules, i);

		if (kernel_module_state(machine->root, machine->kernel, module) == MODULE_BUILT_IN)
			draft_by_hand(draft,
				      g_strdup_printf(
					      "The driver %s is built into this kernel, and takes "
					      "the card before vfio-pci can. hotseat up takes it "
					      "later, as always.",
					      module));
	}
}

/* initramfs_product - NULL where this program has not been tried */
static const char *initramfs_product(const struct machine *machine)
{
	switch (machine->boot->initramfs) {
	case INITRAMFS_TOOLS:
		return PRODUCT_INITRAMFS_TOOLS;
	case INITRAMFS_DRACUT:
		return PRODUCT_DRACUT;
	case INITRAMFS_NOT_KNOWN:
	case INITRAMFS_MKINITCPIO:
	case INITRAMFS_BOOSTER:
		break;
	}
	return NULL;
}

static const char by_hand_mkinitcpio[] =
	"Not tried by us, so not done by us: let the initramfs load vfio-pci first.\n"
	"  echo 'MODULES=(vfio_pci vfio vfio_iommu_type1 \"${MODULES[@]}\")' | "
	"sudo tee /etc/mkinitcpio.conf.d/hotseat.conf\n"
	"  sudo mkinitcpio -P";
static const char by_hand_booster[] =
	"Not tried by us, so not done by us: let the initramfs load vfio-pci first. Add to "
	"/etc/booster.yaml\n"
	"  modules_force_load: vfio_pci,vfio,vfio_iommu_type1\n"
	"and then:\n"
	"  sudo /usr/lib/booster/regenerate_images";
static const char by_hand_other[] =
	"Which program makes the initramfs here is not known. Let it load vfio-pci first, and make "
	"it anew.";

static gboolean draft_initramfs(struct draft *draft, GError **error)
{
	switch (draft->machine->boot->initramfs) {
	case INITRAMFS_TOOLS:
		return draft_line(draft, INITRAMFS_TOOLS_MODULES, MODULE, PRODUCT_INITRAMFS_TOOLS,
				  error);
	case INITRAMFS_DRACUT:
		/* the blanks inside the quotes keep it apart from other files' lists */
		return draft_file(draft, DRACUT_FILE,
				  DRAFT_HEADER("#") "force_drivers+=\" vfio_pci \"\n"
						    "install_items+=\" /" MODPROBE_FILE " \"\n",
				  FALSE, PRODUCT_DRACUT, error);
	case INITRAMFS_MKINITCPIO:
		draft_by_hand(draft, g_strdup(by_hand_mkinitcpio));
		return TRUE;
	case INITRAMFS_BOOSTER:
		draft_by_hand(draft, g_strdup(by_hand_booster));
		return TRUE;
	case INITRAMFS_NOT_KNOWN:
		break;
	}
	draft_by_hand(draft, g_strdup(by_hand_other));
	return TRUE;
}

/* A softdep more does no harm, so those of cards that were asked for before stay. */
static gboolean draft_softdeps(struct draft *draft, const GPtrArray *modules, GError **error)
{
	g_autofree char *former = root_read(draft->machine->root, NULL, MODPROBE_FILE);
	g_autoptr(GString) text = g_string_new(DRAFT_HEADER("#"));
	g_auto(GStrv) lines = g_strsplit(former == NULL ? "" : former, "\n", -1);
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; lines[i] != NULL; i++) {
		if (g_str_has_prefix(lines[i], "softdep "))
			ledger_add(all, lines[i]);
	}
	for (guint i = 0; i < modules->len; i++) {
		g_autofree char *line = g_strdup_printf("softdep %s pre: " MODULE,
							(char *)g_ptr_array_index(modules, i));

		ledger_add(all, line);
	}
	for (guint i = 0; i < all->len; i++)
		g_string_append_printf(text, "%s\n", (char *)g_ptr_array_index(all, i));
	return draft_file(draft, MODPROBE_FILE, text->str, FALSE, initramfs_product(draft->machine),
			  error);
}

/* Systems whose images are made elsewhere than from the files that we would write. */
static const char by_hand_nixos[] =
	"Not tried by us, so not done by us: let the initramfs load vfio-pci first. Put it at the "
	"beginning of boot.initrd.kernelModules, then:\n"
	"  sudo nixos-rebuild boot";

static gboolean draft_modules(struct draft *draft, const GPtrArray *functions, GError **error)
{
	g_autoptr(GPtrArray) modules = modules_of(draft->machine, functions);

	/* BD-03: what is built in is there first, and reads the command line only */
	if (draft->machine->kernel->vfio_pci == MODULE_BUILT_IN)
		return TRUE;
	warn_built_in(draft, modules);
	if (draft->machine->boot->loader == BOOT_NIXOS) {
		draft_by_hand(draft, g_strdup(by_hand_nixos));
		return TRUE;
	}
	if (draft->machine->boot->loader == BOOT_OSTREE) {
		/* dracut's own argument, so that the image of the deployment can stay (BL-11) */
		words_set(draft->setup->arguments, "rd.driver.pre=vfio-pci");
		return TRUE;
	}
	return draft_softdeps(draft, modules, error) && draft_initramfs(draft, error);
}

static void draft_ids(struct draft *draft, const GPtrArray *cards, const char *ids)
{
	g_autoptr(GPtrArray) given = draft_given(draft);
	g_autofree char *users =
		words_join_ids(words_value(given, "vfio-pci.ids"),
			       words_value(draft->setup->arguments, "vfio-pci.ids"));
	g_autofree char *all = words_join_ids(users, ids);
	g_autofree char *argument = g_strconcat("vfio-pci.ids=", all, NULL);

	words_set(draft->setup->arguments, argument);
	for (guint i = 0; i < cards->len; i++) {
		const struct pcidev *display = card_display(g_ptr_array_index(cards, i));

		draft_item(
			draft,
			g_strdup_printf("give %s (%s) to vfio-pci at boot, before its own driver",
					display->address, display->name),
			g_strdup("You asked for it. Boot entries without the argument leave the "
				 "card with its own driver."));
	}
}

gboolean draft_gpu(struct draft *draft, GError **error)
{
	g_autoptr(GPtrArray) cards = draft_cards(draft, draft->wish->gpus, error);
	g_autoptr(GPtrArray) functions = NULL;
	g_autofree char *ids = NULL;

	if (cards == NULL || cards->len == 0)
		return cards != NULL;
	functions = cards_functions(cards);
	ids = ids_of(draft->machine, functions, error);
	if (ids == NULL || !draft_modules(draft, functions, error))
		return FALSE;
	draft_ids(draft, cards, ids);
	return TRUE;
}
