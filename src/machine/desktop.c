/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/desktop.h"

#include <string.h>

#define COMM_LENGTH 15 /* TASK_COMM_LEN without its end */

static void free_process(gpointer data)
{
	struct process *process = data;

	g_free(process->name);
	g_free(process);
}

static void free_console(gpointer data)
{
	struct console *console = data;

	g_free(console->name);
	g_free(console);
}

void desktop_free(struct desktop *desktop)
{
	if (desktop == NULL)
		return;
	g_clear_pointer(&desktop->processes, g_ptr_array_unref);
	g_clear_pointer(&desktop->consoles, g_ptr_array_unref);
	g_clear_pointer(&desktop->audio, g_array_unref);
	g_free(desktop->boot_framebuffer);
	g_free(desktop);
}

static const struct {
	const char *name;
	enum process_role role;
} known_processes[] = {
	{ "Xorg", PROCESS_COMPOSITOR },
	{ "Xorg.bin", PROCESS_COMPOSITOR },
	{ "X", PROCESS_COMPOSITOR },
	{ "gnome-shell", PROCESS_COMPOSITOR },
	{ "kwin_wayland", PROCESS_COMPOSITOR },
	{ "sway", PROCESS_COMPOSITOR },
	{ "Hyprland", PROCESS_COMPOSITOR },
	{ "labwc", PROCESS_COMPOSITOR },
	{ "wayfire", PROCESS_COMPOSITOR },
	{ "river", PROCESS_COMPOSITOR },
	{ "niri", PROCESS_COMPOSITOR },
	{ "weston", PROCESS_COMPOSITOR },
	{ "cosmic-comp", PROCESS_COMPOSITOR },
	{ "gamescope-wl", PROCESS_COMPOSITOR },
	{ "muffin", PROCESS_COMPOSITOR },
	{ "cinnamon", PROCESS_COMPOSITOR },
	{ "mutter", PROCESS_COMPOSITOR },
	{ "nvidia-persistenced", PROCESS_PERSISTENCE },
	{ "keyd", PROCESS_GRABBER },
	{ "input-remapper-service", PROCESS_GRABBER },
	{ "kmonad", PROCESS_GRABBER },
	{ "kanata", PROCESS_GRABBER },
	{ "xremap", PROCESS_GRABBER },
	{ "interception", PROCESS_GRABBER },
	{ "org_kde_powerdevil", PROCESS_DDC },
	{ "ddcui", PROCESS_DDC },
	{ "wireplumber", PROCESS_SOUND },
	{ "pipewire", PROCESS_SOUND },
	{ "pipewire-media-session", PROCESS_SOUND },
	{ "pulseaudio", PROCESS_SOUND },
	{ "scream", PROCESS_SCREAM },
};

static gboolean same_process(const char *comm, const char *name)
{
	return strncmp(comm, name, COMM_LENGTH) == 0;
}

static void add_process(GPtrArray *processes, const char *pid, const char *comm)
{
	for (gsize i = 0; i < G_N_ELEMENTS(known_processes); i++) {
		struct process *process;

		if (!same_process(comm, known_processes[i].name))
			continue;
		process = g_new0(struct process, 1);
		process->pid = (int)g_ascii_strtoll(pid, NULL, 10);
		process->name = g_strdup(known_processes[i].name);
		process->role = known_processes[i].role;
		g_ptr_array_add(processes, process);
		return;
	}
}

static void read_processes(const struct root *root, struct desktop *desktop)
{
	g_auto(GStrv) names = root_list(root, NULL, "proc");

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *comm = NULL;

		if (!g_ascii_isdigit(names[i][0]))
			continue;
		comm = root_read(root, NULL, "proc/%s/comm", names[i]);
		if (comm == NULL)
			continue;
		desktop->listed = KNOWN_YES;
		add_process(desktop->processes, names[i], comm);
	}
}

/* "(S) dummy device", "(M) frame buffer device". Source: Linux drivers/tty/vt/vt.c */
static void read_consoles(const struct root *root, struct desktop *desktop)
{
	g_auto(GStrv) names = root_list(root, NULL, "sys/class/vtconsole");

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *driver =
			root_read(root, NULL, "sys/class/vtconsole/%s/name", names[i]);
		struct console *console = g_new0(struct console, 1);
		guint64 bound;

		console->name = g_strdup(names[i]);
		console->framebuffer = driver != NULL && strstr(driver, "frame buffer") != NULL;
		if (root_read_number(root, 10, &bound, NULL, "sys/class/vtconsole/%s/bind",
				     names[i]))
			console->bound = known_from(bound != 0);
		g_ptr_array_add(desktop->consoles, console);
	}
}

/* The platform device goes away when a driver takes the memory over, so its presence says enough.
 */
static char *read_boot_framebuffer(const struct root *root)
{
	static const char *const names[] = { "efi-framebuffer.0", "simple-framebuffer.0",
					     "vesa-framebuffer.0" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (root_exists(root, "sys/bus/platform/devices/%s", names[i]))
			return g_strdup(names[i]);
	}
	return NULL;
}

/* A user's folder is closed to others: then nothing is known of what is in it. */
static void read_audio(const struct root *root, struct desktop *desktop)
{
	g_auto(GStrv) names = root_list(root, NULL, "run/user");

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autoptr(GError) error = NULL;
		g_auto(GStrv) inside = root_list(root, &error, "run/user/%s", names[i]);
		struct audio audio = { 0 };
		guint64 uid;

		if (!g_ascii_string_to_unsigned(names[i], 10, 0, G_MAXUINT32, &uid, NULL))
			continue;
		audio.uid = (guint)uid;
		if (inside != NULL) {
			audio.pipewire = known_from(
				g_strv_contains((const char *const *)inside, "pipewire-0"));
			audio.pulse =
				known_from(root_exists(root, "run/user/%s/pulse/native", names[i]));
		}
		g_array_append_val(desktop->audio, audio);
	}
}

struct desktop *desktop_read(const struct root *root)
{
	struct desktop *desktop = g_new0(struct desktop, 1);

	desktop->processes = g_ptr_array_new_with_free_func(free_process);
	desktop->consoles = g_ptr_array_new_with_free_func(free_console);
	desktop->audio = g_array_new(FALSE, TRUE, sizeof(struct audio));
	read_processes(root, desktop);
	read_consoles(root, desktop);
	desktop->boot_framebuffer = read_boot_framebuffer(root);
	read_audio(root, desktop);
	return desktop;
}

const struct process *desktop_process(const struct desktop *desktop, enum process_role role)
{
	for (guint i = 0; i < desktop->processes->len; i++) {
		const struct process *process = g_ptr_array_index(desktop->processes, i);

		if (process->role == role)
			return process;
	}
	return NULL;
}

static gboolean has_role(const char *name, enum process_role role)
{
	for (gsize i = 0; i < G_N_ELEMENTS(known_processes); i++) {
		if (known_processes[i].role == role && same_process(name, known_processes[i].name))
			return TRUE;
	}
	return FALSE;
}

gboolean desktop_is_compositor(const char *name)
{
	return has_role(name, PROCESS_COMPOSITOR);
}

gboolean desktop_is_sound_server(const char *name)
{
	return has_role(name, PROCESS_SOUND);
}
