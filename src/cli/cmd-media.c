/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/streams.h"
#include "core/outfile.h"
#include "media/media.h"

static struct {
	char *windows, *edition, *product_key, *user, *password_file, *computer;
	char *language, *keyboard, *time_zone, *virtio_win;
	gboolean bios, wipe_disk, print, force;
} wanted;

static const GOptionEntry options[] = {
	{ "windows", 0, 0, G_OPTION_ARG_STRING, &wanted.windows, "win10 or win11 (default: win11)",
	  "WINDOWS" },
	{ "edition", 0, 0, G_OPTION_ARG_STRING, &wanted.edition,
	  "Home, Pro, Education or Enterprise (default: Pro)", "EDITION" },
	{ "product-key", 0, 0, G_OPTION_ARG_STRING, &wanted.product_key,
	  "Your own key; without one Windows is installed and not activated", "KEY" },
	{ "user", 0, 0, G_OPTION_ARG_STRING, &wanted.user,
	  "Name of the local account (default: player)", "NAME" },
	{ "password-file", 0, 0, G_OPTION_ARG_FILENAME, &wanted.password_file,
	  "Its password is the first line of this file, - asks for it (default: none)", "FILE" },
	{ "computer", 0, 0, G_OPTION_ARG_STRING, &wanted.computer,
	  "Name of the computer (default: hotseat)", "NAME" },
	{ "language", 0, 0, G_OPTION_ARG_STRING, &wanted.language,
	  "Language of your medium (default: en-US)", "LANGUAGE" },
	{ "keyboard", 0, 0, G_OPTION_ARG_STRING, &wanted.keyboard,
	  "Keyboard layout, such as de-DE or 0407:00000407 (default: the language's)", "LAYOUT" },
	{ "time-zone", 0, 0, G_OPTION_ARG_STRING, &wanted.time_zone,
	  "Windows' name of the time zone, such as \"W. Europe Standard Time\"", "ZONE" },
	{ "virtio-win", 0, 0, G_OPTION_ARG_FILENAME, &wanted.virtio_win,
	  "Copy the drivers from this image, so that one CD is enough", "ISO" },
	{ "bios", 0, 0, G_OPTION_ARG_NONE, &wanted.bios,
	  "Partitions for a guest with BIOS instead of UEFI", NULL },
	{ "wipe-disk", 0, 0, G_OPTION_ARG_NONE, &wanted.wipe_disk,
	  "Let Setup erase the guest's first disk without asking", NULL },
	{ "print", 0, 0, G_OPTION_ARG_NONE, &wanted.print,
	  "Print the answer file and write nothing", NULL },
	{ "force", 0, 0, G_OPTION_ARG_NONE, &wanted.force, "Replace an existing file", NULL },
	{ NULL },
};

static void set_unreadable(const char *name, GError **error)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "cannot read the password from %s: %s", name, g_strerror(errno));
}

/* read_line - the first line of a stream, without its end; NULL with an error */
static char *read_line(FILE *in, const char *name, GError **error)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length = getline(&line, &room, in);
	char *copy;

	if (length < 0 && ferror(in)) {
		set_unreadable(name, error);
		free(line);
		return NULL;
	}
	copy = g_strndup(length > 0 ? line : "", length > 0 ? strcspn(line, "\r\n") : 0);
	free(line);
	return copy;
}

/* ask_password - on a terminal without showing what is typed */
static char *ask_password(GError **error)
{
	struct termios before, silent;
	gboolean terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	char *line;

	if (terminal) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		fputs("Password of the Windows account: ", stderr);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	line = read_line(stdin, "standard input", error);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	return line;
}

/* A password on the command line would be seen by everybody who lists processes. */
static char *read_password(GError **error)
{
	FILE *in;
	char *line;

	if (wanted.password_file == NULL)
		return g_strdup("");
	if (g_str_equal(wanted.password_file, "-"))
		return ask_password(error);
	in = fopen(wanted.password_file, "re");
	if (in == NULL) {
		set_unreadable(wanted.password_file, error);
		return NULL;
	}
	line = read_line(in, wanted.password_file, error);
	fclose(in);
	return line;
}

static gboolean write_image(const char *file, const struct media_spec *spec, GError **error)
{
	autoptr(media_image) image = media_image_new();
	autoptr(outfile) out = NULL;

	media_image_add_answers(image, spec);
	if (wanted.virtio_win != NULL &&
	    !media_image_add_drivers(image, wanted.virtio_win, spec->windows, error))
		return FALSE;
	/* It holds a password: for this user, and for QEMU, to which libvirt gives it. */
	out = outfile_begin(file, 0600, error);
	return out != NULL && media_image_write(image, outfile_fd(out), error) &&
	       outfile_keep(out, wanted.force, error);
}

/* Nobody vouches for a file of the user's; the user can. */
static void print_origin(void)
{
	g_autofree char *sum = media_checksum(wanted.virtio_win, NULL);

	if (sum != NULL)
		fprintf(stderr,
			"Drivers and guest tools are those of %s, whose SHA-256 is\n    %s\n"
			"Compare it where you have the file from.\n",
			wanted.virtio_win, sum);
}

static void print_next(const char *file, const struct media_spec *spec)
{
	fprintf(stderr,
		"%s answers the questions of Windows Setup. Give it to the guest as a CD, "
		"beside your Windows medium%s.\n",
		file, wanted.virtio_win != NULL ? "" : " and virtio-win");
	if (wanted.virtio_win == NULL)
		fputs("virtio-win is at " MEDIA_VIRTIO_WIN
		      " ; with --virtio-win its drivers are "
		      "copied, and this CD is enough.\n",
		      stderr);
	else
		print_origin();
	if (spec->wipe_disk)
		fputs("Setup will ERASE the guest's first disk without asking.\n", stderr);
	else
		fputs("Setup asks once, for the disk. --wipe-disk takes the first without asking; "
		      "only for a guest that has no disk with anything on it.\n",
		      stderr);
	fputs("When Windows is there, take the CD out and delete the file: it holds the "
	      "password.\n",
	      stderr);
}

static const char *or_default(const char *value, const char *otherwise)
{
	return value != NULL ? value : otherwise;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	const char *file = arguments[0];
	g_autofree char *password = NULL;
	struct media_spec spec = {
		.windows = MEDIA_WINDOWS_11,
		.edition = or_default(wanted.edition, "Pro"),
		.product_key = wanted.product_key,
		.user = or_default(wanted.user, "player"),
		.computer = or_default(wanted.computer, "hotseat"),
		.language = or_default(wanted.language, "en-US"),
		.keyboard = wanted.keyboard,
		.time_zone = wanted.time_zone,
		.bios = wanted.bios,
		.wipe_disk = wanted.wipe_disk,
		.has_drivers = wanted.virtio_win != NULL,
	};

	if (wanted.windows != NULL && !media_windows_find(wanted.windows, &spec.windows)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--windows: there is no %s; there are: win10, win11", wanted.windows);
		return -1;
	}
	if (spec.bios && spec.windows == MEDIA_WINDOWS_11) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "Windows 11 does not install with BIOS; leave --bios out, or take "
			    "--windows win10");
		return -1;
	}
	if ((file == NULL) != wanted.print) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "name the file to write, or --print");
		return -1;
	}
	password = read_password(error);
	spec.password = password;
	if (password == NULL || !media_spec_check(&spec, error) ||
	    (file != NULL && !outfile_check_free(file, wanted.force, error)))
		return -1;
	if (wanted.print) {
		g_autofree char *answers = media_answer_file(&spec);

		fputs(answers, stdout);
		return streams_flush(error) ? EXIT_SUCCESS : -1;
	}
	if (!write_image(file, &spec, error))
		return -1;
	print_next(file, &spec);
	return EXIT_SUCCESS;
}

static const char *const examples[] = {
	"hotseat media answers.iso --virtio-win virtio-win.iso --password-file -",
	"Answers for Windows 11 Pro, with the drivers, asking for the account's password.",
	"hotseat media --print --windows win10 --language de-DE",
	"Show what Setup would be told.",
	NULL,
};

const struct command command_media = {
	.name = "media",
	.arguments = "[FILE.iso]",
	.max_arguments = 1,
	.summary = "Make a CD that answers the questions of Windows Setup",
	.description =
		"Writes a small CD image that Windows Setup reads beside your own Windows medium: "
		"drivers for virtio disks and networks, a local account, no account at Microsoft. "
		"At the first logon it installs virtio-win's guest tools, turns fast start-up and "
		"hibernation off (a card that was lent does not survive them), sets the high "
		"performance power plan without sleep, turns message signalled interrupts on for "
		"the card's functions, and removes the copies of the answers that Setup "
		"keeps.\n\n"
		"Nothing is downloaded: Windows and virtio-win are files of yours. Only with "
		"--wipe-disk is a disk erased without a question.\n\n"
		"The answers hold the account's password, scrambled but readable: the file is for "
		"you alone, and should be deleted afterwards.",
	.examples = examples,
	.options = options,
	.run = run,
};
