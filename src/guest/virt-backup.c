/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/virt-backup.h"

#include "guest/virt-domain.h"

#define POLL_MICROSECONDS 250000

static char *backup_xml(char **targets, char **files, char **formats)
{
	g_autoptr(GString) xml = g_string_new("<domainbackup mode='push'><disks>");

	for (guint i = 0; targets[i] != NULL; i++) {
		g_autofree char *disk = g_markup_printf_escaped(
			"<disk name='%s' backup='yes' type='file'><target file='%s'/>"
			"<driver type='%s'/></disk>",
			targets[i], files[i], formats[i]);

		g_string_append(xml, disk);
	}
	g_string_append(xml, "</disks></domainbackup>");
	return g_string_free(g_steal_pointer(&xml), FALSE);
}

/* Return: what libvirt says of the job, in @why (if there is an error) in QEMU's words. */
static int job_type(virDomain *domain, guint flags, char **why)
{
	virTypedParameterPtr parameters = NULL;
	const char *message = NULL;
	int count = 0, type = VIR_DOMAIN_JOB_NONE;

	if (libvirt.virDomainGetJobStats(domain, &type, &parameters, &count, flags) != 0)
		return VIR_DOMAIN_JOB_FAILED;
	if (libvirt.virTypedParamsGetString(parameters, count, VIR_DOMAIN_JOB_ERRMSG, &message) > 0)
		*why = g_strdup(message);
	libvirt.virTypedParamsFree(parameters, count);
	return type;
}

/* Asked again and again, as in virt.c. */
static gboolean wait_for_job(virDomain *domain, GError **error)
{
	g_autofree char *why = NULL;
	int type;

	do {
		g_usleep(POLL_MICROSECONDS);
		g_clear_pointer(&why, g_free);
		type = job_type(domain, 0, &why);
	} while (type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED);
	if (type == VIR_DOMAIN_JOB_NONE)
		type = job_type(domain, VIR_DOMAIN_JOB_STATS_COMPLETED, &why);
	if (type == VIR_DOMAIN_JOB_COMPLETED)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "QEMU did not finish copying the disks: %s",
		    why != NULL ? why : "its log is in /var/log/libvirt/qemu");
	return FALSE;
}

gboolean virt_backup_begin(struct virt *virt, const char *name, char **targets, char **files,
			   char **formats, GError **error)
{
	g_autoptr(virDomain) domain = virt_find(virt, name, error);
	g_autofree char *xml = backup_xml(targets, files, formats);

	if (domain == NULL)
		return FALSE;
	if (libvirt.virDomainBackupBegin(domain, xml, NULL, 0) == 0)
		return TRUE;
	virt_set_error(error, "cannot copy the disks of the running guest");
	return FALSE;
}

gboolean virt_backup_wait(struct virt *virt, const char *name, GError **error)
{
	g_autoptr(virDomain) domain = virt_find(virt, name, error);

	return domain != NULL && wait_for_job(domain, error);
}

void virt_backup_abandon(struct virt *virt, const char *name)
{
	g_autoptr(virDomain) domain = virt_find(virt, name, NULL);

	/* Fails where there is nothing to end, and that is fine. */
	if (domain != NULL && libvirt.virDomainAbortJob(domain) == 0)
		wait_for_job(domain, NULL);
}
