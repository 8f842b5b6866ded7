/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/handing.h"
#include "core/error.h"
#include "rules/rules.h"
#include "setup/product.h"
#include "setup/setup.h"

static gboolean dry_run, undo, yes, take_last_display;
static char **gpus, *keep_free, *hugepages;

static const GOptionEntry options[] = {
	{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "Show what would be done, and do nothing",
	  NULL },
	{ "undo", 0, 0, G_OPTION_ARG_NONE, &undo, "Put everything back that setup has changed",
	  NULL },
	{ "gpu", 0, 0, G_OPTION_ARG_STRING_ARRAY, &gpus,
	  "Card that is for guests alone: vfio-pci takes it at boot, before its driver; may be "
	  "repeated",
	  "ADDRESS" },
	{ "keep-free", 0, 0, G_OPTION_ARG_STRING, &keep_free,
	  "Card that keeps its driver, and that desktops shall not open", "ADDRESS" },
	{ "hugepages", 0, 0, G_OPTION_ARG_STRING, &hugepages,
	  "Memory to set aside at boot, in huge pages", "SIZE" },
	{ "take-last-display", 0, 0, G_OPTION_ARG_NONE, &take_last_display,
	  "Take the card even if the screen stays dark", NULL },
	{ "yes", 'y', 0, G_OPTION_ARG_NONE, &yes, "Do not ask", NULL },
	{ NULL },
};

static gboolean usage(GError **error, const char *sentence)
{
	g_set_error_literal(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, sentence);
	return FALSE;
}

static gboolean check_options(const struct invocation *invocation, GError **error)
{
	if (undo && (gpus != NULL || keep_free != NULL || hugepages != NULL))
		return usage(error, "--undo takes back all of it: leave the other options out");
	if (!g_str_equal(invocation->root_path, "/") && (undo || !dry_run))
		return usage(error, "--root is for looking only: add --dry-run");
	if (dry_run && undo)
		return usage(error,
			     "--dry-run shows what setup would do; for --undo there is "
			     "hotseat check, which shows what it has done");
	return TRUE;
}

static void print_items(const struct setup *plan)
{
	for (guint i = 0; i < plan->items->len; i++) {
		const struct setup_item *item = g_ptr_array_index(plan->items, i);

		printf("* %s\n    %s\n", item->what, item->why);
	}
}

static gboolean print_diffs(const struct setup *plan, const struct root *root, GError **error)
{
	for (guint i = 0; i < plan->files->len; i++) {
		const struct setup_file *file = g_ptr_array_index(plan->files, i);
		g_autofree char *diff = setup_diff(root, file->path, file->wanted, error);

		if (diff == NULL)
			return FALSE;
		printf("\n%s", diff);
	}
	if (plan->products->len > 0)
		printf("\nAnd then, in this order:\n");
	for (guint i = 0; i < plan->products->len; i++)
		printf("  %s\n", product_command(g_ptr_array_index(plan->products, i)));
	return TRUE;
}

static void print_by_hand(const struct setup *plan)
{
	if (plan->by_hand->len > 0)
		printf("\nFor you to do:\n");
	for (guint i = 0; i < plan->by_hand->len; i++)
		printf("\n%s\n", (char *)g_ptr_array_index(plan->by_hand, i));
}

/* ask - whoever does not answer has not said yes */
static gboolean ask(GError **error)
{
	char answer[16] = "";

	if (yes)
		return TRUE;
	if (!isatty(STDIN_FILENO)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "nobody is here to be asked, so nothing was changed; if you have read "
			    "what would be: sudo hotseat setup --yes");
		return FALSE;
	}
	printf("\nDo this? [y/N] ");
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) != NULL &&
	    (g_ascii_strcasecmp(g_strstrip(answer), "y") == 0 ||
	     g_ascii_strcasecmp(answer, "yes") == 0))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED, "nothing was changed");
	return FALSE;
}

/* require_root - with all options in the command to type instead */
static gboolean require_root(GError **error)
{
	const struct {
		const char *option, *value;
	} given[] = {
		{ "--keep-free", keep_free },
		{ "--hugepages", hugepages },
	};
	g_autoptr(GString) line = g_string_new(undo ? "setup --undo" : "setup");

	for (guint i = 0; gpus != NULL && gpus[i] != NULL; i++)
		g_string_append_printf(line, " --gpu %s", gpus[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(given); i++) {
		if (given[i].value != NULL)
			g_string_append_printf(line, " %s %s", given[i].option, given[i].value);
	}
	g_string_append(line, take_last_display ? " --take-last-display" : "");
	return handing_require_root(line->str, error);
}

static void print_progress(const char *what, void *data)
{
	fprintf(stderr, "  %s\n", what);
}

static void print_left(const GPtrArray *left, const struct root *root)
{
	for (guint i = 0; i < left->len; i++) {
		const struct setup_left *file = g_ptr_array_index(left, i);
		g_autofree char *copy =
			file->copy == NULL ? NULL : g_build_filename("/", file->copy, NULL);
		g_autofree char *text = NULL;
		gsize length = 0;
		g_autoptr(GBytes) former = NULL;
		g_autofree char *diff = NULL;

		if (copy != NULL && g_file_get_contents(copy, &text, &length, NULL))
			former = g_bytes_new(text, length);
		diff = setup_diff(root, file->path, former, NULL);
		printf("\n/%s was edited since, and is left. What would bring it back:\n%s",
		       file->path, diff == NULL ? "" : diff);
		if (copy == NULL)
			printf("It was not there before hotseat: sudo rm /%s\n", file->path);
		else
			printf("As it was before hotseat: sudo cp %s /%s\n", copy, file->path);
	}
}

static int run_undo(GError **error)
{
	struct root *root = root_open("/", error);
	struct setup_host host = { .root = root,
				   .run = setup_host_run,
				   .progress = print_progress };
	g_autoptr(GPtrArray) left = NULL;
	g_autoptr(GError) failure = NULL;
	int status = -1;

	if (root == NULL)
		return -1;
	if (setup_undo(&host, &left, &failure)) {
		print_left(left, root);
		status = EXIT_SUCCESS;
		if (left->len > 0) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
				    "not everything is back: put the files above right, and then "
				    "once more: sudo hotseat setup --undo");
			status = -1;
		} else {
			puts("What setup changed is back. Boot anew to have it so.");
		}
	} else if (hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT)) {
		puts("Setup has changed nothing here, so there is nothing to undo.");
		status = EXIT_SUCCESS;
	} else {
		g_propagate_error(error, g_steal_pointer(&failure));
	}
	root_free(root);
	return status;
}

/* A user's service manager reads environment.d when it starts, and lives while one session does. */
#define LOG_OUT                                                                                    \
	"Log out everywhere, ssh and text consoles too, for compositors to leave the card alone; " \
	"a user who lingers keeps the old list until: sudo loginctl terminate-user USER\n"

static int carry_out(const struct machine *machine, const struct setup *plan, GError **error)
{
	struct setup_host host = { .root = machine->root,
				   .run = setup_host_run,
				   .progress = print_progress };

	if (!require_root(error) || !ask(error) || !setup_apply(&host, plan, error))
		return -1;
	printf("Done. %s%sTo take it back: sudo hotseat setup --undo\n",
	       plan->arguments->len > 0 ? "Boot anew for it to hold. " : "",
	       keep_free != NULL ? LOG_OUT : "");
	return EXIT_SUCCESS;
}

/* read_ledger - NULL without @error: nothing was set up */
static struct ledger *read_former(const struct machine *machine, GError **error)
{
	g_autoptr(GError) failure = NULL;
	struct ledger *ledger = ledger_read(machine->root, &failure);

	if (ledger == NULL && !hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT))
		g_propagate_error(error, g_steal_pointer(&failure));
	return ledger;
}

static int run_setup(const struct invocation *invocation, GError **error)
{
	const struct setup_wish wish = { (const char *const *)gpus, keep_free, hugepages,
					 take_last_display };
	autoptr(machine) machine = machine_open(invocation->root_path, MACHINE_JUDGED, error);
	g_autoptr(GPtrArray) findings = NULL;
	g_autoptr(GError) failure = NULL;
	autoptr(ledger) ledger = NULL;
	autoptr(setup) plan = NULL;

	if (machine == NULL)
		return -1;
	ledger = read_former(machine, &failure);
	if (failure != NULL) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return -1;
	}
	findings = rules_judge_host(machine);
	plan = setup_plan(machine, findings, ledger, &wish, error);
	if (plan == NULL)
		return -1;
	if (!setup_changes(plan)) {
		print_by_hand(plan);
		if (plan->by_hand->len == 0)
			puts("Nothing to do: nothing that hotseat check asks for is setup's to "
			     "do, or it is done.");
		return EXIT_SUCCESS;
	}
	print_items(plan);
	if (!print_diffs(plan, machine->root, error))
		return -1;
	print_by_hand(plan);
	fflush(stdout);
	return dry_run ? EXIT_SUCCESS : carry_out(machine, plan, error);
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	if (!check_options(invocation, error))
		return -1;
	/* folders and boot menus are everybody's to read, however private root's files are */
	umask(022);
	if (undo)
		return require_root(error) ? run_undo(error) : -1;
	return run_setup(invocation, error);
}

static const char *const examples[] = {
	"hotseat setup --dry-run",
	"Show what hotseat check asks for and setup can do, as a diff.",
	"sudo hotseat setup",
	"Do it, after a question.",
	"sudo hotseat setup --gpu 01:00.0",
	"From the next boot on, the card at 01:00.0 is for guests alone.",
	"sudo hotseat setup --keep-free 01:00.0",
	"The card stays the desktop's to compute with, but no compositor opens it.",
	"sudo hotseat setup --undo",
	"Put every file back as it was.",
	NULL,
};

const struct command command_setup = {
	.name = "setup",
	.arguments = "",
	.summary = "Change how this machine starts, as far as check asks for it",
	.description =
		"Does what hotseat check asks for and a program can do, and what its options ask "
		"for: kernel arguments, the order of drivers, the initramfs, libvirt's hook. Every "
		"file is shown as a diff first, and then comes a question.\n\n"
		"With --gpu a card is taken by vfio-pci at boot, before its own driver. Most "
		"people do not need that: hotseat up takes the card when a guest starts, and down "
		"gives it back. It helps where a driver does not let go of a card. The boot menu "
		"keeps an entry for each kernel without the argument, which leaves the card with "
		"its driver.\n\n"
		"With --keep-free a card keeps its driver, and GNOME, KDE, Sway, Hyprland and X "
		"are told to leave it alone: a card that a compositor has open cannot be handed "
		"over. It holds from the next login on, once no session of that user is left: a "
		"user's service manager keeps what it read at its start, and one that lingers "
		"(loginctl enable-linger) outlives all sessions; loginctl terminate-user ends it. "
		"A compositor that is started at a prompt "
		"has its list of cards from /etc/profile.d/hotseat.sh; a shell that does not read "
		"that needs a line of its own.\n\n"
		"With --hugepages memory is set aside at boot, while it is still in one piece: in "
		"pages of 1 GiB where the processor has them and the size is a multiple.\n\n"
		"It changes GRUB on Debian and Ubuntu, systemd-boot with kernel-install, "
		"initramfs-tools and dracut. For other boot loaders and initramfs generators it "
		"prints the commands. It looks first whether /boot and the EFI system partition, "
		"where one of these is written to, are mounted and have room.\n\n"
		"What the files were before is kept in /var/lib/hotseat/setup. --undo puts back "
		"every file that is still as setup wrote it, byte for byte, and makes boot menu "
		"and initramfs anew. What somebody has edited since is shown and left, and the "
		"exit status is 4 then. A setup that was killed, or met by a power cut, is "
		"finished by running it again, or taken back by --undo; check reports it.",
	.examples = examples,
	.flags = COMMAND_READS,
	.options = options,
	.run = run,
};
