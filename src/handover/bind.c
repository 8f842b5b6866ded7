/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/bind.h"

#include <string.h>

#include "core/error.h"

/*
 * Binding through driver_override (BD-01): the override names the only driver that may have the
 * function, the present driver is unbound, and the bus is asked to probe again. It is exact by
 * address, so a twin of the card is left alone, and it can be taken back.
 *
 * The way back has to work from every state in between, whoever was killed where:
 *
 *	override   driver     came there
 *	former     former     nothing done yet, or everything undone
 *	vfio-pci   former     override written
 *	vfio-pci   none       unbound; or vfio-pci refused the function
 *	vfio-pci   vfio-pci   lent
 *	former     vfio-pci   undo has put the override back
 *	former     none       undo has unbound vfio-pci
 *	driver     any        undo needs the override for a moment, see below
 *
 * So undo does not ask how far somebody came, it looks at override and driver, each by itself: is
 * it one of the values that we write? Then it is put back. Anything else was set by somebody else
 * and stays.
 *
 * A function that vfio-pci had before us (bound at boot by ids) is not touched at all, on neither
 * way: the host as it was had it there.
 *
 * drivers/X/bind ends in the same match as a probe (Linux drivers/pci/pci-driver.c,
 * pci_match_device): an override that names another driver makes it ENODEV. A former override that
 * differs from the former driver, as it does when the card was meant for another driver from the
 * next probe on, can therefore be put back only after the bind, and for the bind the override is
 * the former driver.
 */
#define PCI_DEVICE "sys/bus/pci/devices/%s"
#define PCI_DRIVER "sys/bus/pci/drivers/%s"
#define READY_POLL_MS 100
#define NAME_MAX_BYTES 200

static gboolean is_none(const char *text)
{
	return text[0] == '\0';
}

static const char *or_none(const char *driver)
{
	return is_none(driver) ? "no driver" : driver;
}

/* An empty write() does not reach a driver at all; a bare line feed clears the override. */
static gboolean write_override(struct host *host, const char *address, const char *override,
			       GError **error)
{
	g_autofree char *path = g_strdup_printf(PCI_DEVICE "/driver_override", address);

	return host->write_device(host, address, path, is_none(override) ? "\n" : override, error);
}

static gboolean write_driver(struct host *host, const char *driver, const char *verb,
			     const char *address, GError **error)
{
	g_autofree char *path = g_strdup_printf(PCI_DRIVER "/%s", driver, verb);

	return host->write_device(host, address, path, address, error);
}

static gboolean write_probe(struct host *host, const char *address, GError **error)
{
	return host->write_device(host, address, "sys/bus/pci/drivers_probe", address, error);
}

/* read_driver - the driver of a function that is there, empty for none */
static char *read_driver(struct host *host, const char *address, GError **error)
{
	g_autoptr(GError) failure = NULL;
	char *driver = root_read_link(host->root, &failure, PCI_DEVICE "/driver", address);

	if (driver == NULL && hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT))
		return g_strdup("");
	if (driver == NULL)
		g_propagate_error(error, g_steal_pointer(&failure));
	return driver;
}

/* The kernel prints "(null)" where there is no override (all versions up to 7.1). */
static char *read_override(struct host *host, const char *address, GError **error)
{
	char *text = root_read(host->root, error, PCI_DEVICE "/driver_override", address);

	if (text != NULL && g_str_equal(text, "(null)"))
		text[0] = '\0';
	return text;
}

static char *read_id(struct host *host, const char *address, GError **error)
{
	guint64 vendor = 0, device = 0;

	if (!root_read_number(host->root, 16, &vendor, error, PCI_DEVICE "/vendor", address) ||
	    !root_read_number(host->root, 16, &device, error, PCI_DEVICE "/device", address))
		return NULL;
	return g_strdup_printf("%04x:%04x", (guint)vendor, (guint)device);
}

static gboolean bind_save(struct host *host, struct step *step, GError **error)
{
	const char *address = step->subject;
	g_autofree char *id = read_id(host, address, error);
	g_autofree char *group = NULL;
	g_autofree char *driver = NULL;
	g_autofree char *override = NULL;

	if (id == NULL)
		return FALSE;
	group = root_read_link(host->root, error, PCI_DEVICE "/iommu_group", address);
	if (group == NULL) {
		g_prefix_error(error, "%s is in no IOMMU group: ", address);
		return FALSE;
	}
	driver = read_driver(host, address, error);
	if (driver == NULL)
		return FALSE;
	override = read_override(host, address, error);
	if (override == NULL)
		return FALSE;
	if (host->group_busy(host, group)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "%s is in use: another guest has IOMMU group %s open; shut that guest "
			    "down first",
			    address, group);
		return FALSE;
	}
	step_set(step, "id", id);
	step_set(step, "group", group);
	step_set(step, "driver", driver);
	step_set(step, "override", override);
	return TRUE;
}

gboolean bind_is_address(const char *text)
{
	static const char form[] = "xxxx:xx:xx.x";

	for (gsize i = 0; i < strlen(form); i++) {
		if (form[i] == 'x' ? !g_ascii_isxdigit(text[i]) : text[i] != form[i])
			return FALSE;
	}
	return text[strlen(form)] == '\0';
}

/* Names become parts of paths. */
static gboolean is_name(const char *text)
{
	gsize length = strlen(text);

	for (gsize i = 0; i < length; i++) {
		if (text[i] == '/' || g_ascii_iscntrl(text[i]))
			return FALSE;
	}
	return length <= NAME_MAX_BYTES && text[0] != '.';
}

static gboolean bind_check(const struct step *step, const char **why)
{
	static const char *const keys[] = { "id", "group", "driver", "override" };

	*why = "the subject is no PCI address";
	if (!bind_is_address(step->subject))
		return FALSE;
	*why = "an old value is missing or makes no sense";
	if (step->values->len != G_N_ELEMENTS(keys))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		const char *value = step_get(step, keys[i]);

		if (value == NULL || !is_name(value))
			return FALSE;
	}
	return !is_none(step_get(step, "group")) && !is_none(step_get(step, "id"));
}

static gboolean is_ours_to_bind(const struct step *step)
{
	return !g_str_equal(step_get(step, "driver"), BIND_DRIVER);
}

static gboolean bind_apply(struct host *host, const struct step *step, GError **error)
{
	const char *address = step->subject, *driver = step_get(step, "driver");

	if (!is_ours_to_bind(step))
		return TRUE;
	if (!g_str_equal(step_get(step, "override"), BIND_DRIVER) &&
	    !write_override(host, address, BIND_DRIVER, error))
		return FALSE;
	/* By the driver's name: if another one took the function meanwhile, the kernel says ENODEV.
	 */
	if (!is_none(driver) && !write_driver(host, driver, "unbind", address, error))
		return FALSE;
	return write_probe(host, address, error);
}

static gboolean bind_verify(struct host *host, const struct step *step, GError **error)
{
	g_autofree char *driver = read_driver(host, step->subject, error);

	if (driver == NULL)
		return FALSE;
	if (g_str_equal(driver, BIND_DRIVER))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "%s should have %s and has %s; the kernel's log may say why", step->subject,
		    BIND_DRIVER, or_none(driver));
	return FALSE;
}

static gboolean bind_ready(struct host *host, const struct step *step, const struct step_undo *undo,
			   GError **error)
{
	const char *group = step_get(step, "group");
	g_autofree char *driver = NULL;

	if (!is_ours_to_bind(step))
		return TRUE;
	driver = read_driver(host, step->subject, error);
	if (driver == NULL)
		return FALSE;
	if (!g_str_equal(driver, BIND_DRIVER))
		return TRUE;
	while (host->group_busy(host, group)) {
		gboolean interrupted = step_interrupted();

		if (interrupted || g_get_monotonic_time() >= undo->deadline) {
			g_set_error(
				error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
				"%s%s is still in use: a running guest has IOMMU group %s open; "
				"shut the guest down first",
				interrupted ? "interrupted while waiting: " : "", step->subject,
				group);
			return FALSE;
		}
		host->pause(host, READY_POLL_MS);
	}
	return TRUE;
}

/*
 * is_same_device - is our function still there? *same is FALSE, and that is told, if it is not
 *
 * With another device, or none, at the address nothing that we changed is there any more (UB-07).
 */
static gboolean is_same_device(struct host *host, const struct step *step, struct step_undo *undo,
			       gboolean *same, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *id = read_id(host, step->subject, &failure);

	*same = id != NULL && g_str_equal(id, step_get(step, "id"));
	if (id != NULL && !*same)
		step_leave(undo, "another device (%s) is at %s now", id, step->subject);
	if (id != NULL)
		return TRUE;
	if (hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT)) {
		step_leave(undo, "%s is gone from the PCI bus", step->subject);
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static gboolean may_bind(const char *override, const char *driver)
{
	return is_none(override) || g_str_equal(override, driver);
}

/*
 * give_back - from vfio-pci or no driver to the former driver, if there was one
 *
 * The override must allow it. bind is exact; it is asked for a second time through a probe because
 * that goes another way through the kernel, and only what is read back counts.
 */
static gboolean give_back(struct host *host, const struct step *step, const char *now,
			  GError **error)
{
	const char *address = step->subject, *former = step_get(step, "driver");
	g_autoptr(GError) refusal = NULL;
	g_autofree char *back = NULL;

	if (g_str_equal(now, BIND_DRIVER) &&
	    !write_driver(host, BIND_DRIVER, "unbind", address, error))
		return FALSE;
	if (!is_none(former) && !write_driver(host, former, "bind", address, &refusal))
		(void)write_probe(host, address, NULL); /* the refusal says more */
	back = read_driver(host, address, error);
	if (back == NULL)
		return FALSE;
	if (g_str_equal(back, former))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "%s had %s and has %s now%s%s",
		    address, or_none(former), or_none(back), refusal == NULL ? "" : ": ",
		    refusal == NULL ? "" : refusal->message);
	return FALSE;
}

static gboolean undo_driver(struct host *host, const struct step *step, const char *now,
			    struct step_undo *undo, GError **error)
{
	const char *address = step->subject, *former = step_get(step, "driver");
	g_autofree char *override = NULL;

	if (!bind_ready(host, step, undo, error))
		return FALSE;
	if (!is_none(former) && !root_exists(host->root, PCI_DRIVER "/bind", former)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "%s had the driver %s, which is not loaded any more; load its module "
			    "and try again",
			    address, former);
		return FALSE;
	}
	override = read_override(host, address, error);
	if (override == NULL)
		return FALSE;
	if (!is_none(former) && !may_bind(override, former) &&
	    !write_override(host, address, former, error))
		return FALSE;
	return give_back(host, step, now, error);
}

/* Which of the two are still as we, or a killed undo, left them? */
static gboolean is_our_driver(const struct step *step, const char *now)
{
	return g_str_equal(now, BIND_DRIVER) || is_none(now);
}

static gboolean is_our_override(const struct step *step, const char *now)
{
	return g_str_equal(now, BIND_DRIVER) || g_str_equal(now, step_get(step, "override")) ||
	       (!is_none(now) && g_str_equal(now, step_get(step, "driver")));
}

static gboolean restore_override(struct host *host, const struct step *step, GError **error)
{
	const char *former = step_get(step, "override");
	g_autofree char *now = read_override(host, step->subject, error);
	g_autofree char *back = NULL;

	if (now == NULL)
		return FALSE;
	if (g_str_equal(now, former))
		return TRUE;
	if (!write_override(host, step->subject, former, error))
		return FALSE;
	back = read_override(host, step->subject, error);
	if (back == NULL)
		return FALSE;
	if (g_str_equal(back, former))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "the driver_override of %s should be \"%s\" again and is \"%s\"", step->subject,
		    former, back);
	return FALSE;
}

/* undo_both - driver and override of a function that is ours to undo; what is not ours is named */
static gboolean undo_both(struct host *host, const struct step *step, const char *driver,
			  const char *override, struct step_undo *undo, GError **error)
{
	const char *former = step_get(step, "driver");
	gboolean our_override = is_our_override(step, override), back = TRUE;

	if (!our_override)
		step_leave(undo, "the driver_override of %s was set to \"%s\" by somebody else",
			   step->subject, override);
	if (g_str_equal(driver, former)) {
		/* nothing to do */
	} else if (!is_our_driver(step, driver)) {
		step_leave(undo, "%s was bound to %s by somebody else, and had %s before",
			   step->subject, driver, or_none(former));
	} else if (!our_override && !is_none(former) && !may_bind(override, former)) {
		step_leave(undo, "%s had %s and keeps %s, because of that driver_override",
			   step->subject, or_none(former), or_none(driver));
	} else {
		/* Before the unbind: what is left to do afterwards should be as little as can be.
		 */
		if (our_override && may_bind(step_get(step, "override"), former) &&
		    !restore_override(host, step, error))
			return FALSE;
		back = undo_driver(host, step, driver, undo, error);
	}
	if (!our_override)
		return back;
	/* Also when the driver is not back; but it is that failure which must be told. */
	return restore_override(host, step, back ? error : NULL) && back;
}

static gboolean bind_undo(struct host *host, const struct step *step, struct step_undo *undo,
			  GError **error)
{
	g_autofree char *driver = NULL;
	g_autofree char *override = NULL;
	gboolean same = FALSE;

	if (!is_ours_to_bind(step))
		return TRUE;
	/* Before anything is read: see host.h. */
	if (host_is_stuck(host, step->subject, error))
		return FALSE;
	if (!is_same_device(host, step, undo, &same, error))
		return FALSE;
	if (!same)
		return TRUE;
	driver = read_driver(host, step->subject, error);
	if (driver == NULL)
		return FALSE;
	override = read_override(host, step->subject, error);
	if (override == NULL)
		return FALSE;
	return undo_both(host, step, driver, override, undo, error);
}

static char *bind_former(const struct step *step)
{
	return g_strdup(or_none(step_get(step, "driver")));
}

static char *bind_wanted(struct host *host, const struct step *step)
{
	return g_strdup(BIND_DRIVER);
}

static char *bind_now(struct host *host, const struct step *step)
{
	g_autofree char *driver = NULL;

	if (!root_exists(host->root, PCI_DEVICE, step->subject))
		return g_strdup("gone");
	driver = read_driver(host, step->subject, NULL);
	return g_strdup(driver == NULL ? "not known" : or_none(driver));
}

const struct step_kind bind_kind = {
	.name = "bind",
	.risky = TRUE,
	.check = bind_check,
	.save = bind_save,
	.apply = bind_apply,
	.verify = bind_verify,
	.ready = bind_ready,
	.undo = bind_undo,
	.former = bind_former,
	.wanted = bind_wanted,
	.now = bind_now,
};

gboolean bind_prepare(struct host *host, GError **error)
{
	if (root_exists(host->root, PCI_DRIVER, BIND_DRIVER))
		return TRUE;
	if (!host->load_module(host, BIND_DRIVER, "", error)) {
		g_prefix_error(error, "the driver %s is not there: ", BIND_DRIVER);
		return FALSE;
	}
	if (root_exists(host->root, PCI_DRIVER, BIND_DRIVER))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "the driver %s is still not there after \"modprobe %s\"; this kernel may lack "
		    "it",
		    BIND_DRIVER, BIND_DRIVER);
	return FALSE;
}
