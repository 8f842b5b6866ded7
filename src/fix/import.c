/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fix/import.h"

#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "fix/edit.h"
#include "guest/domain-edit.h"
#include "guest/domain.h"
#include "guest/image.h"

static void note(struct foreign *foreign, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(struct foreign *foreign, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(foreign->notes, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

void foreign_free(struct foreign *foreign)
{
	if (foreign == NULL)
		return;
	document_free(foreign->document);
	g_free(foreign->text);
	g_free(foreign->name);
	g_ptr_array_unref(foreign->notes);
	g_free(foreign);
}

/* reread - go on with another text */
static void reread(struct foreign *foreign, char *text)
{
	document_free(foreign->document);
	g_free(foreign->text);
	foreign->text = text;
	foreign->document = document_read(text, strlen(text), NULL);
	g_assert(foreign->document != NULL);
}

static const char *text_at(struct foreign *foreign, const char *path)
{
	return document_text(foreign->document, NULL, path);
}

static guint number_at(struct foreign *foreign, const char *path)
{
	const char *text = text_at(foreign, path);

	return text == NULL ? 0 : (guint)MIN(g_ascii_strtoull(text, NULL, 10), 4096);
}

/* Choices that make a foreign guest startable here, in the ids of their rules. */
static char *made_here[] = { (char[]){ "DX-02" }, (char[]){ "DX-03" }, (char[]){ "TM-01" },
			     (char[]){ "HD-02" }, (char[]){ "IN-07" }, NULL };

static void mend(struct foreign *foreign, const struct import_wish *wish)
{
	const struct fix_wish fix_wish = {
		.machine = wish->machine, .schema = wish->schema, .also = made_here, .images = TRUE
	};
	autoptr(fixed) fixed = fix(foreign->text, strlen(foreign->text), &fix_wish, NULL);

	for (guint i = 0; fixed != NULL && i < fixed->changes->len; i++) {
		const struct fix_change *change = g_ptr_array_index(fixed->changes, i);

		note(foreign, "%s: %s.", change->rule->id, change->did);
	}
	if (fixed != NULL)
		reread(foreign, g_steal_pointer(&fixed->text));
}

struct foreign *foreign_read(const char *text, gsize length, GError **error)
{
	autoptr(document) document = document_read(text, length, error);
	struct judging judging = { .document = document };
	struct foreign *foreign;
	const char *name;

	if (document == NULL)
		return NULL;
	if (document_domain(document) == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "there is no <domain> in it");
		return NULL;
	}
	foreign = g_new0(struct foreign, 1);
	foreign->notes = g_ptr_array_new_with_free_func(g_free);
	if (document_losses(document)->len > 0)
		note(foreign,
		     "The text was damaged and read as far as it goes; hotseat lint says "
		     "what was lost.");
	reread(foreign, document_rewritten(document));
	judging.document = foreign->document;
	name = text_at(foreign, "name");
	foreign->name = name != NULL ? g_strstrip(g_strdup(name)) : NULL;
	foreign->vcpus = number_at(foreign, "vcpu");
	foreign->memory_kib = domain_kib(&judging, "memory");
	foreign->windows = document_true(foreign->document,
					 "features/hyperv/* or clock/timer[@name='hypervclock'] or "
					 "metadata//*[contains(@id, 'microsoft.com')]");
	return foreign;
}

/* What belongs to the other machine. The first that has an element has it. */
static const struct {
	const char *path;
	const char *said; /* NULL: nobody misses it */
} strangers[] = {
	{ "devices/hostdev[@type='pci' or @type='mdev']",
	  "Passed devices are those of the other machine; the card of this one takes their "
	  "place." },
	{ "qemu:commandline | qemu:capabilities | qemu:override",
	  "Arguments past libvirt were left out; hotseat lint says what each is for." },
	{ "devices/shmem", "Shared memory (Looking Glass) was left out." },
	{ "devices/filesystem", "Shared folders of the other machine were left out." },
	{ "devices/audio",
	  "Where sound goes was left out: by the window, until you say otherwise." },
	{ "devices/serial | devices/console | devices/parallel", NULL },
	{ "devices/emulator", NULL },
	{ "devices/redirdev | devices/smartcard", NULL },
	{ "devices/channel[@type='spicevmc' or @type='spiceport']", NULL },
	{ "devices/tpm[backend/@type='passthrough']",
	  "The other machine's TPM was passed; the guest gets one of its own, without its keys." },
	{ "devices/hub | devices/lease | devices/panic", NULL },
	{ "cputune", "Pinning was for the other machine's processors; it is chosen anew." },
	{ "numatune", NULL },
	{ "memoryBacking/hugepages", "Huge pages were left out." },
	{ "memory | currentMemory | maxMemory | memtune", NULL },
	{ "cpu | vcpu | vcpus | iothreads | iothreadids", NULL },
	{ "seclabel | resource | idmap | launchSecurity", NULL },
	{ "uuid[. = '']", NULL },
};

/* Inside of what stays. */
static const char *const details[] = {
	"devices/*/alias",
	("devices/*/address[@type='pci' or @type='isa' or @type='virtio-serial' or @type='usb' or "
	 "@type='ccid']"),
	"devices/disk/backingStore | devices/disk/mirror",
	"devices/interface/target",
	"devices/sound/audio",
	"devices/*/iotune",
};

static gboolean take_out(struct foreign *foreign, struct edit *edit, const char *path,
			 GHashTable *gone)
{
	g_autoptr(GPtrArray) found = document_find(foreign->document, NULL, path);
	gboolean any = FALSE;

	for (guint i = 0; i < found->len; i++) {
		const struct element *element = g_ptr_array_index(found, i);
		const struct element *parent = document_first(foreign->document, element, "..");

		if (g_hash_table_contains(gone, element) || g_hash_table_contains(gone, parent))
			continue;
		g_hash_table_add(gone, (gpointer)(guintptr)element);
		edit_remove(edit, element);
		any = TRUE;
	}
	return any;
}

static gboolean apply(struct foreign *foreign, struct edit *edit, GError **error)
{
	char *text = edit_apply(edit);

	if (text == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "its parts stand in each other in a way that cannot be taken apart");
		return FALSE;
	}
	reread(foreign, text);
	return TRUE;
}

/* A domain without <os> or <devices> is not one that starts, but that is no reason to refuse it. */
static gboolean complete(struct foreign *foreign, GError **error)
{
	autoptr(edit) edit = edit_new(foreign->document);
	const struct element *domain = document_domain(foreign->document);

	if (document_first(foreign->document, NULL, "os/type") == NULL)
		edit_put(edit, "os", "<type arch='x86_64' machine='q35'>hvm</type>");
	if (document_first(foreign->document, NULL, "devices") == NULL)
		edit_append(edit, domain, "<devices>\n</devices>");
	return apply(foreign, edit, error);
}

static gboolean leave_behind(struct foreign *foreign, GError **error)
{
	autoptr(edit) edit = edit_new(foreign->document);
	g_autoptr(GHashTable) gone = g_hash_table_new(NULL, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(strangers); i++) {
		if (take_out(foreign, edit, strangers[i].path, gone) && strangers[i].said != NULL)
			note(foreign, "%s", strangers[i].said);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(details); i++)
		take_out(foreign, edit, details[i], gone);
	return apply(foreign, edit, error);
}

static gboolean is_q35(struct foreign *foreign)
{
	return document_true(foreign->document, "os/type[contains(@machine, 'q35')]");
}

static gboolean emulated(const struct import_wish *wish)
{
	return g_str_equal(wish->capabilities->virt_type, "qemu");
}

/*
 * libxml2's validation of libvirt's interleaved schema wants related elements near each other: a
 * name at the end and a uuid at the beginning are refused. So things stand where libvirt has them.
 */
static void put_first(struct foreign *foreign, struct edit *edit, const char *xml)
{
	const struct element *element = document_first(foreign->document, NULL, "*[1]");

	if (element != NULL)
		edit_insert_before(edit, element, xml);
	else
		edit_append(edit, document_domain(foreign->document), xml);
}

static void put_before_os(struct foreign *foreign, struct edit *edit, const char *xml)
{
	edit_insert_before(edit, document_first(foreign->document, NULL, "os"), xml);
}

/* One disk: its own image, the one that was named, or none. */
static void settle_disk(struct foreign *foreign, const struct import_wish *wish, struct edit *edit,
			const struct element *disk, gboolean first)
{
	struct document *document = foreign->document;
	const struct element *source = document_first(document, disk, "source");
	const struct element *driver = document_first(document, disk, "driver");
	const char *own = document_text(document, disk, "source/@file | source/@dev");
	const char *device = element_attribute(document, disk, "device");
	const char *path = first && wish->disk != NULL ? wish->disk : own;
	gboolean media = g_strcmp0(device, "cdrom") == 0 || g_strcmp0(device, "floppy") == 0;
	gboolean block = path != NULL && g_str_has_prefix(path, "/dev/");
	g_autoptr(GError) problem = NULL;
	const char *format;

	if (path == NULL || access(path, R_OK) != 0) {
		if (media && source != NULL) {
			edit_remove(edit, source);
		} else if (!media) {
			edit_remove(edit, disk);
			note(foreign, "The disk %s is not here and was left out.",
			     path != NULL ? path : "without a file");
		}
		return;
	}
	if (media)
		return;
	format = image_format(path, &problem);
	if (driver != NULL && format != NULL) {
		edit_set(edit, driver, "type", format);
		edit_set(edit, driver, "iothread", NULL);
	}
	if (path != own && source != NULL) {
		edit_set(edit, disk, "type", block ? "block" : "file");
		edit_set(edit, source, "file", block ? NULL : path);
		edit_set(edit, source, "dev", block ? path : NULL);
	}
	if (!image_check_reachable(path, &problem))
		note(foreign, "%s.", problem->message);
}

static void settle_disks(struct foreign *foreign, const struct import_wish *wish, struct edit *edit)
{
	g_autoptr(GPtrArray) disks = document_find(foreign->document, NULL, "devices/disk");
	gboolean first = TRUE;

	for (guint i = 0; i < disks->len; i++) {
		const struct element *disk = g_ptr_array_index(disks, i);
		const char *device = element_attribute(foreign->document, disk, "device");
		gboolean is_disk = device == NULL || g_str_equal(device, "disk");

		settle_disk(foreign, wish, edit, disk, first && is_disk);
		first = first && !is_disk;
	}
	if (first && wish->disk != NULL) {
		const char *format = image_format(wish->disk, NULL);
		g_autofree char *path = g_markup_escape_text(wish->disk, -1);
		g_autofree char *xml = g_strdup_printf(
			"<disk type='%s' device='disk'>\n  <driver name='qemu' type='%s'/>\n"
			"  <source %s='%s'/>\n  <target dev='sda' bus='sata'/>\n</disk>",
			g_str_has_prefix(path, "/dev/") ? "block" : "file",
			format != NULL ? format : "raw",
			g_str_has_prefix(path, "/dev/") ? "dev" : "file", path);

		edit_put(edit, "devices", xml);
	}
}

/* The network "default" is what every libvirt has; bridges and taps are the other machine's. */
static void settle_networks(struct foreign *foreign, struct edit *edit)
{
	g_autoptr(GPtrArray) interfaces =
		document_find(foreign->document, NULL, "devices/interface");

	for (guint i = 0; i < interfaces->len; i++) {
		const struct element *interface = g_ptr_array_index(interfaces, i);
		const char *type = element_attribute(foreign->document, interface, "type");
		const char *network =
			document_text(foreign->document, interface, "source/@network");
		const struct element *source =
			document_first(foreign->document, interface, "source");
		g_autoptr(GPtrArray) others =
			document_find(foreign->document, interface,
				      "*[not(self::mac or self::source or self::model or "
				      "self::boot or self::link "
				      "or self::mtu)]");

		for (guint k = 0; k < others->len; k++)
			edit_remove(edit, g_ptr_array_index(others, k));
		if (g_strcmp0(type, "network") != 0 || g_strcmp0(network, "default") != 0)
			note(foreign,
			     "A network card was on %s %s; it is on libvirt's network "
			     "default now.",
			     type != NULL ? type : "no", network != NULL ? network : "");
		edit_set(edit, interface, "type", "network");
		edit_set(edit, interface, "managed", NULL);
		if (source != NULL)
			edit_remove(edit, source);
		edit_append(edit, interface, "<source network='default'/>");
	}
}

static void settle_usb(struct foreign *foreign, struct edit *edit)
{
	g_autoptr(GPtrArray) devices =
		document_find(foreign->document, NULL, "devices/hostdev[@type='usb']");
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < devices->len; i++) {
		const struct element *device = g_ptr_array_index(devices, i);
		const struct element *source =
			document_first(foreign->document, device, "source[vendor][product]");

		const char *vendor = document_text(foreign->document, device, "source/vendor/@id");
		const char *product =
			document_text(foreign->document, device, "source/product/@id");

		if (source != NULL &&
		    !g_hash_table_add(seen, g_strdup_printf("%s:%s", vendor, product))) {
			edit_remove(edit, device);
			continue;
		}
		/* US-02: by number it is another device here */
		if (source == NULL) {
			edit_remove(edit, device);
			note(foreign, "A USB device was named by its number; it was left out.");
		} else {
			edit_set(edit, source, "startupPolicy", "optional");
		}
	}
}

/* The firmware's variables hold the boot entries; without them Windows is found all the same. */
static void settle_firmware(struct foreign *foreign, const struct import_wish *wish,
			    struct edit *edit)
{
	struct document *document = foreign->document;
	const struct element *nvram = document_first(document, NULL, "os/nvram");
	const struct element *loader = document_first(document, NULL, "os/loader");
	const char *path = text_at(foreign, "os/nvram");
	const char *machine = text_at(foreign, "os/type/@machine");
	const struct element *os = document_first(document, NULL, "os");
	gboolean secure = document_true(document,
					"os/loader[@secure='yes'] or os/firmware/feature["
					"@name='secure-boot'][@enabled='yes']");

	if (machine == NULL || is_q35(foreign))
		edit_set(edit, document_first(document, NULL, "os/type"), "machine",
			 wish->capabilities->machine);
	if (nvram != NULL && (path == NULL || access(path, F_OK) != 0)) {
		edit_remove(edit, nvram);
		note(foreign, "The firmware's variables are not here; libvirt makes new ones.");
	}
	if (!document_true(document, "os[@firmware='efi']"))
		return;
	/* libvirt refuses UEFI without it */
	if (document_first(document, NULL, "features/acpi") == NULL)
		edit_put(edit, "features", "<acpi/>");
	if (loader != NULL)
		edit_remove(edit, loader);
	if (!secure && document_first(document, NULL, "os/firmware") == NULL)
		edit_append(
			edit, os,
			"<firmware>\n  <feature enabled='no' name='secure-boot'/>\n</firmware>");
}

/* The threads went with the pinning. */
static void settle_controllers(struct foreign *foreign, struct edit *edit)
{
	g_autoptr(GPtrArray) drivers =
		document_find(foreign->document, NULL, "devices/controller/driver[@iothread]");

	for (guint i = 0; i < drivers->len; i++)
		edit_set(edit, g_ptr_array_index(drivers, i), "iothread", NULL);
}

static void write_isos(const struct import_wish *wish, struct edit *edit)
{
	for (guint i = 0; wish->isos != NULL && wish->isos[i] != NULL && i < 4; i++) {
		g_autofree char *path = g_markup_escape_text(wish->isos[i], -1);
		g_autofree char *xml = g_strdup_printf(
			"<disk type='file' device='cdrom'>\n  <driver name='qemu' type='raw'/>\n"
			"  <source file='%s'/>\n  <target dev='sd%c' bus='sata'/>\n  <readonly/>\n"
			"</disk>",
			path, (char)('w' + i));

		edit_put(edit, "devices", xml);
	}
}

/* An emulated processor has none of what KVM offers. */
static void without_kvm(struct foreign *foreign, struct edit *edit)
{
	g_autoptr(GPtrArray) found = document_find(
		foreign->document, NULL,
		"features/hyperv | features/kvm | features/pmu | features/ioapic | "
		"clock/timer[@name='pit' or @name='hypervclock' or @name='kvmclock' or "
		"@name='tsc']");

	for (guint i = 0; i < found->len; i++)
		edit_remove(edit, g_ptr_array_index(found, i));
}

/* Places for what take_ours() brings. */
static void make_room(struct foreign *foreign, struct edit *edit)
{
	if (document_first(foreign->document, NULL, "metadata") == NULL)
		put_before_os(foreign, edit, "<metadata/>");
	put_before_os(foreign, edit, "<memory/>\n<vcpu/>\n<cputune/>\n<cpu/>");
}

static gboolean settle(struct foreign *foreign, const struct import_wish *wish, gboolean had_tpm,
		       GError **error)
{
	autoptr(edit) edit = edit_new(foreign->document);
	const struct element *domain = document_domain(foreign->document);
	const struct element *name = document_first(foreign->document, NULL, "name");
	const char *called = wish->name != NULL ? wish->name : foreign->name;
	g_autofree char *name_xml = g_strdup_printf("<name>%s</name>", called);

	edit_set(edit, domain, "id", NULL);
	edit_set(edit, domain, "type", wish->capabilities->virt_type);
	if (name != NULL && foreign->name != NULL && foreign->name[0] != '\0')
		edit_text(edit, name, called);
	else
		put_first(foreign, edit, name_xml);
	settle_firmware(foreign, wish, edit);
	if (emulated(wish))
		without_kvm(foreign, edit);
	settle_disks(foreign, wish, edit);
	settle_networks(foreign, edit);
	settle_usb(foreign, edit);
	settle_controllers(foreign, edit);
	write_isos(wish, edit);
	if (had_tpm)
		edit_put(edit, "devices",
			 "<tpm model='tpm-crb'>\n  <backend type='emulator' "
			 "version='2.0'/>\n</tpm>");
	make_room(foreign, edit);
	return apply(foreign, edit, error);
}

/* What this machine decides. */
static const char *const ours[] = {
	"metadata/hotseat:guest",
	"memory",
	"vcpu",
	"cputune",
	"cpu",
	"devices/controller[@type='pci']",
	"devices/hostdev[@type='pci']",
	"devices/input[@type='evdev']",
	"devices/graphics",
	"devices/video",
	"devices/memballoon",
	NULL,
};

/* take_ours - what this machine decides, as a new guest would have it */
static gboolean take_ours(struct foreign *foreign, const struct import_wish *wish,
			  const struct plan *plan, GError **error)
{
	const struct domain_spec spec = {
		.name = wish->name != NULL ? wish->name : foreign->name,
		.plan = plan,
		.capabilities = wish->capabilities,
		.address_bits = firmware_address_limit(&wish->machine->firmware),
		.conventional = !is_q35(foreign),
		.screen = TRUE,
	};
	g_autofree char *fresh = domain_xml(&spec);
	char *text = domain_edit_replace(foreign->text, fresh, ours, error);

	if (text == NULL)
		return FALSE;
	reread(foreign, text);
	return TRUE;
}

#define MAX_ROUNDS 4

/* What this libvirt does not know is left behind, piece by piece. */
static gboolean drop_misfits(struct foreign *foreign, const struct schema *schema, GError **error)
{
	for (guint round = 0; schema != NULL && round < MAX_ROUNDS; round++) {
		g_autoptr(GPtrArray) misfits = document_misfits(foreign->document, schema);
		g_autoptr(GHashTable) gone = g_hash_table_new(NULL, NULL);
		autoptr(edit) edit = edit_new(foreign->document);

		if (misfits->len == 0)
			return TRUE;
		for (guint i = 0; i < misfits->len; i++) {
			const struct misfit *misfit = g_ptr_array_index(misfits, i);

			if (misfit->element == document_domain(foreign->document) ||
			    !g_hash_table_add(gone, (gpointer)(guintptr)misfit->element))
				continue;
			note(foreign, "This libvirt does not take %s: left out.", misfit->what);
			if (misfit->attribute != NULL)
				edit_set(edit, misfit->element, misfit->attribute, NULL);
			else
				edit_remove(edit, misfit->element);
		}
		if (!apply(foreign, edit, error))
			return FALSE;
	}
	return TRUE;
}

/* Windows has drivers for its own disk and network card; virtio's are on a medium of their own. */
static void note_drivers(struct foreign *foreign, const struct import_wish *wish)
{
	gboolean eleven =
		document_true(foreign->document, "metadata//*[contains(@id, '/win/11')]") ||
		(foreign->name != NULL && strstr(foreign->name, "11") != NULL);
	const char *folder = eleven ? "w11" : "w10";
	gboolean slow = document_true(foreign->document,
				      "devices/disk[not(@device) or @device='disk']/target[@bus="
				      "'ide' or @bus='sata']");

	if (!foreign->windows)
		return;
	if (slow)
		note(foreign,
		     "The disk stays on its bus: this Windows has no driver for virtio yet. The "
		     "way there, which can be taken back: hotseat set %s disk-bus=virtio; hotseat "
		     "list says when the driver is there. %s "
		     "virtio-win%s; the drivers are viostor\\%s\\amd64 and NetKVM\\%s\\amd64.",
		     wish->name != NULL ? wish->name : foreign->name,
		     wish->isos != NULL ? "Open" : "Attach",
		     wish->isos != NULL ? "" : ".iso (--iso)", folder, folder);
	note(foreign,
	     "Keyboard and mouse: the driver is vioinput\\%s\\amd64; until then PS/2 does.",
	     folder);
}

char *import_make(struct foreign *foreign, const struct import_wish *wish, const struct plan *plan,
		  GError **error)
{
	gboolean had_tpm;

	g_assert(plan->cards->len > 0);
	mend(foreign, wish);
	had_tpm = document_true(foreign->document, "devices/tpm/backend[@type='passthrough']");
	if (!complete(foreign, error) || !leave_behind(foreign, error) ||
	    !settle(foreign, wish, had_tpm, error) || !take_ours(foreign, wish, plan, error) ||
	    !drop_misfits(foreign, wish->schema, error))
		return NULL;
	note_drivers(foreign, wish);
	return g_strdup(foreign->text);
}
