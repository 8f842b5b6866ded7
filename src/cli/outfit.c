/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/outfit.h"

#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/size.h"
#include "guest/image.h"
#include "media/media.h"
#include "plan/reason.h"

#define DEFAULT_OS "win11"
#define ORDINARY_PAGE_KIB 4

void outfit_clear(struct outfit *outfit)
{
	g_clear_pointer(&outfit->os, os_needs_free);
	g_clear_pointer(&outfit->isos, g_strfreev);
}

static gboolean is(const char *text, const char *word)
{
	return text != NULL && g_str_equal(text, word);
}

static gboolean one_of(const char *option, const char *value, const char *const *words,
		       GError **error)
{
	g_autofree char *list = NULL;

	if (value == NULL || g_strv_contains(words, value))
		return TRUE;
	list = g_strjoinv(", ", (char **)(guintptr)words);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "%s is one of %s, not \"%s\"",
		    option, list, value);
	return FALSE;
}

/* LG-01: two pictures of four bytes a pixel (eight with HDR), 10 MiB, then the next power of two.
 */
#define LOOKING_GLASS_SPARE_MIB 10
#define LOOKING_GLASS_MOST_MIB 1024

static gboolean parse_resolution(const char *text, guint64 *bytes)
{
	g_autoptr(GRegex) regex = g_regex_new("^([0-9]{3,5})x([0-9]{3,5})(-hdr)?$", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *width = NULL;
	g_autofree char *height = NULL;
	g_autofree char *hdr = NULL;

	if (!g_regex_match(regex, text, 0, &match))
		return FALSE;
	width = g_match_info_fetch(match, 1);
	height = g_match_info_fetch(match, 2);
	hdr = g_match_info_fetch(match, 3);
	*bytes = g_ascii_strtoull(width, NULL, 10) * g_ascii_strtoull(height, NULL, 10) *
		 (is(hdr, "-hdr") ? 8 : 4) * 2;
	*bytes += (guint64)LOOKING_GLASS_SPARE_MIB << 20;
	return TRUE;
}

static gboolean parse_looking_glass(const char *text, guint *mib, GError **error)
{
	guint64 bytes = 0;

	*mib = 0;
	if (text == NULL)
		return TRUE;
	if (!parse_resolution(text, &bytes) && !size_parse(text, 1 << 20, &bytes, NULL)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--looking-glass takes the guest's resolution, like 2560x1440 or "
			    "3840x2160-hdr, or a size, not \"%s\"",
			    text);
		return FALSE;
	}
	for (*mib = 1; ((guint64)*mib << 20) < bytes && *mib < LOOKING_GLASS_MOST_MIB; *mib *= 2)
		;
	if (((guint64)*mib << 20) >= bytes)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "--looking-glass %s would need more than %d MiB", text, LOOKING_GLASS_MOST_MIB);
	return FALSE;
}

gboolean outfit_check(const struct outfit_wish *wish, GError **error)
{
	static const char *const firmware[] = { "uefi", "secure", "bios", NULL };
	static const char *const yes_no[] = { "yes", "no", NULL };
	static const char *const pages[] = { "auto", "yes", "no", NULL };
	static const char *const sound[] = { "card", "window", "pipewire", "pulse", "none", NULL };
	static const char *const bus[] = { "virtio", "sata", NULL };
	guint mib;

	if (wish->nvidia_driver < 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--nvidia-driver takes the number before the first dot, like 461");
		return FALSE;
	}
	return one_of("--firmware", wish->firmware, firmware, error) &&
	       one_of("--tpm", wish->tpm, yes_no, error) &&
	       one_of("--hugepages", wish->hugepages, pages, error) &&
	       one_of("--sound", wish->sound, sound, error) &&
	       one_of("--disk-bus", wish->disk_bus, bus, error) &&
	       parse_looking_glass(wish->looking_glass, &mib, error);
}

static struct os_needs *identify_media(const struct outfit_wish *wish, const char **medium)
{
	for (guint i = 0; wish->isos != NULL && wish->isos[i] != NULL; i++) {
		struct os_needs *os = osinfo_identify(wish->isos[i]);

		*medium = wish->isos[i];
		if (os != NULL)
			return os;
	}
	return NULL;
}

static gboolean choose_os(const struct outfit_wish *wish, struct plan *plan, struct outfit *outfit,
			  GError **error)
{
	const char *medium = NULL;

	if (wish->os != NULL) {
		outfit->os = osinfo_find(wish->os, error);
		if (outfit->os != NULL)
			reason_add(plan->reasons, "system", NULL, "%s, as asked for",
				   outfit->os->name);
		return outfit->os != NULL;
	}
	if (wish->kernel) {
		outfit->os = osinfo_find("linux", error);
		return outfit->os != NULL;
	}
	outfit->os = identify_media(wish, &medium);
	if (outfit->os != NULL) {
		reason_add(plan->reasons, "system", NULL, "%s, which %s installs", outfit->os->name,
			   medium);
		return TRUE;
	}
	outfit->os = osinfo_find(DEFAULT_OS, error);
	if (outfit->os != NULL)
		reason_add(plan->reasons, "system", NULL,
			   "%s, for nothing tells of another; --os names one", outfit->os->name);
	return outfit->os != NULL;
}

/* Said, not refused: installers can be told to look away, and know best what they need. */
static void note_needs(const struct outfit_wish *wish, const struct os_needs *os, struct plan *plan)
{
	g_autofree char *room = size_format(os->disk_bytes);
	g_autofree char *needed = size_format(os->memory_bytes);

	if (plan->memory_kib << 10 < os->memory_bytes)
		reason_add(plan->reasons, "beware", NULL, "%s wants at least %s of memory",
			   os->name, needed);
	if (wish->new_disk != 0 && wish->new_disk < os->disk_bytes)
		reason_add(plan->reasons, "beware", NULL, "%s wants a disk of at least %s",
			   os->name, room);
	if (plan->placement.vcpu->len < os->vcpus)
		reason_add(plan->reasons, "beware", NULL, "%s wants at least %u processors",
			   os->name, os->vcpus);
}

static gboolean refuse(GError **error, const char *sentence)
{
	g_set_error_literal(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED, sentence);
	return FALSE;
}

/* An installed system may be one that Secure Boot refuses: it is not switched on unasked. */
static enum domain_firmware firmware_by_need(const struct outfit_wish *wish,
					     const struct domain_spec *spec,
					     const struct os_needs *os, struct plan *plan)
{
	if (wish->kernel)
		return DOMAIN_FIRMWARE_BIOS;
	if (os->secure_boot && !wish->installed && spec->capabilities->secure_boot) {
		reason_add(plan->reasons, "firmware", g_strdup("UEFI without it"),
			   "UEFI with Secure Boot, which %s asks for (DX-05, DX-06)", os->name);
		return DOMAIN_FIRMWARE_SECURE;
	}
	reason_add(plan->reasons, "firmware", NULL, "UEFI, without Secure Boot%s",
		   wish->installed ? ": the disk has its system already; --firmware secure "
				     "switches it on"
				   : "");
	return DOMAIN_FIRMWARE_UEFI;
}

static gboolean choose_firmware(const struct outfit_wish *wish, struct plan *plan,
				struct domain_spec *spec, const struct os_needs *os, GError **error)
{
	if (is(wish->firmware, "bios"))
		spec->firmware = DOMAIN_FIRMWARE_BIOS;
	else if (is(wish->firmware, "uefi"))
		spec->firmware = DOMAIN_FIRMWARE_UEFI;
	else if (is(wish->firmware, "secure"))
		spec->firmware = DOMAIN_FIRMWARE_SECURE;
	else
		spec->firmware = firmware_by_need(wish, spec, os, plan);
	if (spec->firmware == DOMAIN_FIRMWARE_BIOS && os->uefi_only && wish->firmware != NULL)
		reason_add(plan->reasons, "beware", NULL, "%s does not start from a BIOS",
			   os->name);
	if (spec->firmware == DOMAIN_FIRMWARE_SECURE && !spec->capabilities->secure_boot)
		return refuse(error,
			      "libvirt offers no UEFI firmware with Secure Boot; install "
			      "the package ovmf or edk2-ovmf, or take --firmware uefi");
	if (spec->firmware != DOMAIN_FIRMWARE_BIOS && !spec->capabilities->uefi)
		return refuse(error,
			      "libvirt has no UEFI firmware to offer; install it (package ovmf or "
			      "edk2-ovmf), hotseat check has the command");
	return TRUE;
}

static gboolean choose_tpm(const struct outfit_wish *wish, struct plan *plan,
			   struct domain_spec *spec, const struct os_needs *os, GError **error)
{
	spec->tpm = wish->tpm != NULL ? is(wish->tpm, "yes") : os->tpm && !wish->kernel;
	if (spec->tpm && !spec->capabilities->tpm)
		return refuse(error,
			      "libvirt offers no emulated TPM; install the packages swtpm "
			      "and swtpm-tools, or take --tpm no, which Windows 11 refuses "
			      "to be installed without");
	if (spec->tpm && wish->tpm == NULL)
		reason_add(plan->reasons, "tpm", NULL,
			   "version 2.0, emulated, which %s asks for "
			   "(DX-06)",
			   os->name);
	return TRUE;
}

/* By its label: users rename the file. */
static gboolean is_virtio_win(const char *iso)
{
	g_autofree char *label = image_volume_label(iso);

	return label != NULL && g_ascii_strncasecmp(label, "virtio-win", 10) == 0;
}

/* Where packages put it, where people do, and beside the installation medium. */
static char *find_virtio_win(const char *beside)
{
	g_autofree char *folder = g_path_get_dirname(beside);
	g_autofree char *near = g_strconcat(folder, "/virtio-win*.iso", NULL);
	const char *const patterns[] = { "/usr/share/virtio-win/virtio-win*.iso",
					 "/var/lib/libvirt/images/virtio-win*.iso", near };
	char *found = NULL;

	for (guint i = 0; found == NULL && i < G_N_ELEMENTS(patterns); i++) {
		glob_t matches = { 0 };

		if (glob(patterns[i], 0, NULL, &matches) == 0) {
			/* sorted: the last has the highest version */
			const char *best = matches.gl_pathv[matches.gl_pathc - 1];

			if (is_virtio_win(best) && image_check_reachable(best, NULL))
				found = g_strdup(best);
		}
		globfree(&matches);
	}
	return found;
}

static gboolean needs_virtio_win(const struct outfit_wish *wish, const struct os_needs *os)
{
	if (!os->windows || wish->isos == NULL || wish->isos[0] == NULL ||
	    is(wish->disk_bus, "sata"))
		return FALSE;
	for (guint i = 0; wish->isos[i] != NULL; i++) {
		if (is_virtio_win(wish->isos[i]))
			return FALSE;
	}
	return TRUE;
}

static void choose_media(const struct outfit_wish *wish, struct plan *plan,
			 struct domain_spec *spec, struct outfit *outfit)
{
	g_autofree char *found = NULL;
	g_autoptr(GStrvBuilder) isos = g_strv_builder_new();

	for (guint i = 0; wish->isos != NULL && wish->isos[i] != NULL; i++)
		g_strv_builder_add(isos, wish->isos[i]);
	if (needs_virtio_win(wish, outfit->os)) {
		found = find_virtio_win(wish->isos[0]);
		if (found != NULL) {
			g_strv_builder_add(isos, found);
			reason_add(plan->reasons, "media", NULL,
				   "%s too: Windows Setup sees no disk without it (WN-02)", found);
		} else {
			reason_add(plan->reasons, "beware", NULL,
				   "Windows Setup will see no disk, as it has no driver for "
				   "virtio: add --iso with virtio-win.iso (" MEDIA_VIRTIO_WIN
				   "), or take --disk-bus sata");
		}
	}
	outfit->isos = g_strv_builder_end(isos);
	spec->isos = outfit->isos;
}

/* AU-06: a user's sound server lets in nobody but that user. */
static gboolean qemu_runs_as(const struct machine *machine, guint uid)
{
	g_autofree char *text = root_read(machine->root, NULL, "etc/libvirt/qemu.conf");
	g_autoptr(GRegex) regex =
		g_regex_new("^\\s*user\\s*=\\s*\"\\+?([^\"]+)\"", G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *name = NULL;
	const struct passwd *user;

	if (text == NULL || !g_regex_match(regex, text, 0, &match))
		return FALSE;
	name = g_match_info_fetch(match, 1);
	user = getpwnam(name);
	return user != NULL ? user->pw_uid == uid : g_ascii_strtoull(name, NULL, 10) == uid;
}

/* has_way - does hotseat-sound let guests in to this user's server? */
static gboolean has_way(const struct machine *machine, guint uid)
{
	return root_exists(machine->root, "%s/%u/pipewire-0", &DOMAIN_SOUND_FOLDER[1], uid);
}

static const struct audio *find_server(const struct machine *machine, gboolean pipewire)
{
	const GArray *users = machine->desktop->audio;

	for (guint i = 0; i < users->len; i++) {
		const struct audio *audio = &g_array_index(users, struct audio, i);

		if ((pipewire ? audio->pipewire : audio->pulse) == KNOWN_YES)
			return audio;
	}
	return NULL;
}

#define LIBVIRT_KNOWS_PIPEWIRE 9010000
#define QEMU_KNOWS_PIPEWIRE 8001000

static gboolean choose_server(const struct outfit_wish *wish, const struct machine *machine,
			      struct domain_spec *spec, GError **error)
{
	gboolean pipewire = is(wish->sound, "pipewire");
	const struct audio *audio = find_server(machine, pipewire);

	if (pipewire && (spec->capabilities->libvirt_version < LIBVIRT_KNOWS_PIPEWIRE ||
			 spec->capabilities->qemu_version < QEMU_KNOWS_PIPEWIRE))
		return refuse(error,
			      "PipeWire needs libvirt 9.10 and QEMU 8.1, which are newer "
			      "than those here; --sound pulse does for PipeWire too");
	if (audio == NULL)
		return refuse(error,
			      "no such sound server runs: log in to the desktop first, or "
			      "take --sound card");
	if ((pipewire ? machine->tools->qemu_pipewire : machine->tools->qemu_pulse) == KNOWN_NO)
		return refuse(error,
			      "QEMU's module for that sound server is not installed, and the guest "
			      "would not start: hotseat check has the command; or take --sound "
			      "card");
	spec->sound.own = qemu_runs_as(machine, audio->uid);
	if (!spec->sound.own && !has_way(machine, audio->uid)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "QEMU runs as a user of its own, whom the sound server of user %u does "
			    "not let in (AU-06), and hotseat-sound does not listen for it. Start "
			    "that with: sudo systemctl start hotseat-sound@%u.socket (at the next "
			    "login it starts by itself); or take --sound card",
			    audio->uid, audio->uid);
		return FALSE;
	}
	spec->sound.type = pipewire ? "pipewire" : "pulseaudio";
	spec->sound.uid = audio->uid;
	return TRUE;
}

#define CLASS_HD_AUDIO 0x0403

static gboolean have_sound(const GPtrArray *cards)
{
	g_autoptr(GPtrArray) functions = cards_functions(cards);

	for (guint i = 0; i < functions->len; i++) {
		const struct pcidev *dev = functions->pdata[i];

		if (dev->class >> 8 == CLASS_HD_AUDIO)
			return TRUE;
	}
	return FALSE;
}

static gboolean choose_sound(const struct outfit_wish *wish, const struct machine *machine,
			     struct plan *plan, struct domain_spec *spec, GError **error)
{
	gboolean window = spec->screen && spec->capabilities->spice;

	if (is(wish->sound, "pipewire") || is(wish->sound, "pulse"))
		return choose_server(wish, machine, spec, error);
	if (is(wish->sound, "window") && !window)
		return refuse(error,
			      "sound in the window needs an emulated screen with SPICE, "
			      "which this guest has not");
	if (is(wish->sound, "card") && !have_sound(plan->cards))
		return refuse(error, "the card has no sound function");
	if (is(wish->sound, "window") || (wish->sound == NULL && window))
		spec->sound.type = "spice";
	if (wish->sound == NULL && have_sound(plan->cards))
		reason_add(plan->reasons, "sound", g_strdup("the host's sound server"),
			   "from the card's own outputs, with the least delay%s (AU-06)",
			   window ? "; in the window of the emulated screen until then" : "");
	return TRUE;
}

/* MM-05: pages that are not reserved yet are, when the guest starts, if the host has them then. */
static gboolean choose_pages(const struct outfit_wish *wish, const struct machine *machine,
			     struct plan *plan, struct domain_spec *spec, GError **error)
{
	guint64 page_kib = machine->memory.hugepage_kib;

	if (is(wish->hugepages, "no"))
		plan->page_kib = ORDINARY_PAGE_KIB;
	if (!is(wish->hugepages, "yes"))
		return TRUE;
	spec->lend.hugepages = TRUE;
	if (plan->page_kib > ORDINARY_PAGE_KIB)
		return TRUE;
	if (page_kib == 0)
		return refuse(error, "this kernel has no huge pages");
	plan->page_kib = page_kib;
	plan->memory_kib -= plan->memory_kib % page_kib;
	reason_add(plan->reasons, "memory", g_strdup("transparent huge pages"),
		   "in huge pages, which are reserved when it starts and given back at its end "
		   "(MM-05)");
	return TRUE;
}

/* LG-01: without the module QEMU would make an ordinary file of that name. */
static gboolean has_kvmfr(const struct root *root)
{
	struct statx info;

	return root_stat(root, &info, NULL, "dev/kvmfr0") && S_ISCHR(info.stx_mode);
}

static gboolean choose_looking_glass(const struct outfit_wish *wish, const struct machine *machine,
				     struct plan *plan, struct domain_spec *spec, GError **error)
{
	struct domain_looking_glass *glass = &spec->looking_glass;
	guint64 module_mib = 0;

	if (!parse_looking_glass(wish->looking_glass, &glass->mib, error) || glass->mib == 0)
		return glass->mib == 0 && wish->looking_glass == NULL;
	glass->kvmfr = has_kvmfr(machine->root);
	if (!glass->kvmfr) {
		reason_add(plan->reasons, "window", NULL,
			   "Looking Glass by %u MiB in /dev/shm/looking-glass; the module kvmfr, "
			   "which is quicker, is not loaded (LG-01)",
			   glass->mib);
		return TRUE;
	}
	if (root_read_number(machine->root, 10, &module_mib, NULL,
			     "sys/module/kvmfr/parameters/static_size_mb") &&
	    module_mib != glass->mib) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "the module kvmfr has %" G_GUINT64_FORMAT
			    " MiB, and %s needs %u: load "
			    "it with static_size_mb=%u",
			    module_mib, wish->looking_glass, glass->mib, glass->mib);
		return FALSE;
	}
	reason_add(plan->reasons, "window", g_strdup("a file in /dev/shm"),
		   "Looking Glass by %u MiB of the module kvmfr. QEMU must be let to it: "
		   "\"/dev/kvmfr0\" in cgroup_device_acl of /etc/libvirt/qemu.conf (LG-01)",
		   glass->mib);
	return TRUE;
}

#define NVIDIA_ALLOWS_GUESTS 465

/* What a driver or a single card asks for. */
static void choose_rest(const struct outfit_wish *wish, const struct machine *machine,
			struct plan *plan, struct domain_spec *spec)
{
	spec->hidden = wish->nvidia_driver > 0 && wish->nvidia_driver < NVIDIA_ALLOWS_GUESTS;
	if (spec->hidden)
		reason_add(plan->reasons, "kvm", NULL,
			   "hidden, as NVIDIA's driver %d refuses guests; from %d on it does not "
			   "(CD-01)",
			   wish->nvidia_driver, NVIDIA_ALLOWS_GUESTS);
	if (plan->cards->len == 0 || plan->cards->len < machine->cards->len)
		return;
	spec->lend.display_manager = TRUE;
	reason_add(plan->reasons, "desktop", NULL,
		   "ends when the guest starts and comes back at its end: %s",
		   plan->cards->len == 1 ? "this is the only card" : "no other card is left");
}

gboolean outfit_choose(const struct outfit_wish *wish, const struct machine *machine,
		       struct plan *plan, struct domain_spec *spec, struct outfit *outfit,
		       GError **error)
{
	if (!choose_os(wish, plan, outfit, error))
		return FALSE;
	spec->windows = outfit->os->windows;
	spec->os_uri = outfit->os->uri;
	spec->disk.bus = wish->disk_bus;
	if (!choose_firmware(wish, plan, spec, outfit->os, error) ||
	    !choose_tpm(wish, plan, spec, outfit->os, error) ||
	    !choose_pages(wish, machine, plan, spec, error) ||
	    !choose_sound(wish, machine, plan, spec, error) ||
	    !choose_looking_glass(wish, machine, plan, spec, error))
		return FALSE;
	choose_media(wish, plan, spec, outfit);
	choose_rest(wish, machine, plan, spec);
	if (!wish->kernel)
		note_needs(wish, outfit->os, plan);
	return TRUE;
}
