/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/virt-disk.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "core/error.h"
#include "guest/disk-bus.h"
#include "guest/virt-monitor.h"

/* A device has libvirt's alias for its id; what drives it belongs to the device inside. */
#define ORDER                                                                                      \
	"{\"execute\":\"x-query-virtio-status\",\"arguments\":{\"path\":"                          \
	"\"/machine/peripheral/" DISK_BUS_HELPER "/virtio-backend\"}}"
#define DRIVER_OK "VIRTIO_CONFIG_S_DRIVER_OK"

static JsonArray *find_statuses(JsonNode *root)
{
	static const char *const path[] = { "return", "status" };
	JsonNode *node = root;

	for (guint i = 0; i < G_N_ELEMENTS(path) && node != NULL; i++)
		node = JSON_NODE_HOLDS_OBJECT(node)
			       ? json_object_get_member(json_node_get_object(node), path[i])
			       : NULL;
	if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
		return NULL;
	node = json_object_get_member(json_node_get_object(node), "statuses");
	return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

gboolean virt_disk_parse(const char *answer, gboolean *driven, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root = json_parser_load_from_data(parser, answer, -1, NULL)
				 ? json_parser_get_root(parser)
				 : NULL;
	JsonArray *statuses = root != NULL ? find_statuses(root) : NULL;

	if (statuses == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "QEMU does not say whether its guest drives the disk on virtio");
		return FALSE;
	}
	*driven = FALSE;
	for (guint i = 0; i < json_array_get_length(statuses); i++) {
		JsonNode *node = json_array_get_element(statuses, i);
		const char *status =
			JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;

		if (status != NULL && g_str_has_prefix(status, DRIVER_OK))
			*driven = TRUE;
	}
	return TRUE;
}

gboolean virt_disk_is_driven(struct virt *virt, const char *name, gboolean *driven, GError **error)
{
	g_autofree char *answer = virt_monitor_ask(
		virt, name, ORDER,
		"QEMU cannot be asked whether its guest drives the disk on virtio", error);

	return answer != NULL && virt_disk_parse(answer, driven, error);
}
