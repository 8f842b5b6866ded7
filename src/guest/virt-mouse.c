/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-glib/json-glib.h>
#include <string.h>

#include "core/error.h"
#include "guest/virt-monitor.h"
#include "guest/virt-mouse.h"

#define ORDER "{\"execute\":\"query-mice\"}"

/* "current" of one of them; NULL if there is none */
static const char *current_name(JsonArray *mice)
{
	for (guint i = 0; i < json_array_get_length(mice); i++) {
		JsonNode *node = json_array_get_element(mice, i);
		JsonObject *mouse =
			JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

		if (mouse != NULL &&
		    json_object_get_boolean_member_with_default(mouse, "current", FALSE))
			return json_object_get_string_member_with_default(mouse, "name", NULL);
	}
	return NULL;
}

gboolean virt_mouse_parse(const char *answer, gboolean *live, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root = json_parser_load_from_data(parser, answer, -1, NULL)
				 ? json_parser_get_root(parser)
				 : NULL;
	JsonNode *mice = root != NULL && JSON_NODE_HOLDS_OBJECT(root)
				 ? json_object_get_member(json_node_get_object(root), "return")
				 : NULL;
	const char *name;

	if (mice == NULL || !JSON_NODE_HOLDS_ARRAY(mice)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "QEMU does not say which mouse its guest drives");
		return FALSE;
	}
	name = current_name(json_node_get_array(mice));
	*live = name != NULL && strstr(name, "Virtio") != NULL;
	return TRUE;
}

gboolean virt_mouse_is_live(struct virt *virt, const char *name, gboolean *live, GError **error)
{
	g_autofree char *answer = virt_monitor_ask(
		virt, name, ORDER, "QEMU cannot be asked which mouse its guest drives", error);

	return answer != NULL && virt_mouse_parse(answer, live, error);
}
