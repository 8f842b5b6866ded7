/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/interface.h"

#include "core/error.h"

#define GUEST_METHOD(name)                                                                         \
	"<method name='" name                                                                      \
	"'><arg name='guest' type='s' direction='in'/>"                                            \
	"<arg name='options' type='a{sv}' direction='in'/></method>"
#define HOOK_METHOD(name)                                                                          \
	"<method name='" name                                                                      \
	"'><arg name='uuid' type='s' direction='in'/>"                                             \
	"<arg name='xml' type='s' direction='in'/></method>"

/* clang-format off */
static const char description[] =
	"<node><interface name='" HOTSEATD_INTERFACE "'>"
	GUEST_METHOD("Up")
	GUEST_METHOD("Down")
	GUEST_METHOD("Recover")
	GUEST_METHOD("Confirm")
	HOOK_METHOD("Prepare")
	HOOK_METHOD("Release")
	"<method name='Status'><arg name='states' type='a(ssbbia(ssss))' direction='out'/></method>"
	"<method name='Swap'><arg name='seat' type='s' direction='in'/>"
	"<arg name='side' type='s' direction='in'/></method>"
	"<method name='Seats'><arg name='seats' type='a(ssb)' direction='out'/></method>"
	"<method name='Cancel'/>"
	"<signal name='Progress'><arg name='job' type='u'/><arg name='kind' type='s'/>"
	"<arg name='text' type='s'/></signal>"
	"<signal name='SeatChanged'><arg name='seat' type='s'/><arg name='side' type='s'/>"
	"<arg name='why' type='s'/></signal>"
	"<signal name='MonitorStays'><arg name='seat' type='s'/><arg name='monitor' type='s'/>"
	"<arg name='why' type='s'/></signal>"
	"</interface></node>";
/* clang-format on */

GDBusInterfaceInfo *interface_info(void)
{
	static gsize info;

	if (g_once_init_enter(&info)) {
		GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(description, NULL);

		g_assert(node != NULL);
		g_once_init_leave(&info, (gsize)node);
	}
	return ((GDBusNodeInfo *)info)->interfaces[0];
}

void interface_register_errors(void)
{
	static const GDBusErrorEntry entries[] = {
		{ HOTSEAT_ERROR_USAGE, "org.hotseat.Error.Usage" },
		{ HOTSEAT_ERROR_REFUSED, "org.hotseat.Error.Refused" },
		{ HOTSEAT_ERROR_DENIED, "org.hotseat.Error.Denied" },
		{ HOTSEAT_ERROR_ABSENT, "org.hotseat.Error.Absent" },
		{ HOTSEAT_ERROR_BUSY, "org.hotseat.Error.Busy" },
		{ HOTSEAT_ERROR_FAILED, "org.hotseat.Error.Failed" },
		{ HOTSEAT_ERROR_NOT_BACK, "org.hotseat.Error.NotBack" },
		{ HOTSEAT_ERROR_UNREADABLE, "org.hotseat.Error.Unreadable" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(entries); i++)
		g_dbus_error_register_error(HOTSEAT_ERROR, entries[i].error_code,
					    entries[i].dbus_error_name);
}

static const char *const line_names[] = {
	[LEND_STEP] = "step",
	[LEND_BEGIN] = "begin",
	[LEND_SAID] = "said",
	[LEND_WARNING] = "warning",
};

const char *interface_line_name(enum lend_line kind)
{
	return line_names[kind];
}

enum lend_line interface_line_find(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(line_names); i++) {
		if (g_str_equal(line_names[i], name))
			return (enum lend_line)i;
	}
	return LEND_STEP;
}

GVariant *interface_pack_states(const GPtrArray *states)
{
	GVariantBuilder packed;

	g_variant_builder_init(&packed, HOTSEATD_STATES_TYPE);
	for (guint i = 0; i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);
		GVariantBuilder steps;

		g_variant_builder_init(&steps, G_VARIANT_TYPE("a(ssss)"));
		for (guint j = 0; j < state->steps->len; j++) {
			const struct handover_step_state *step = g_ptr_array_index(state->steps, j);

			g_variant_builder_add(&steps, "(ssss)", step->what, step->former,
					      step->wanted, step->now);
		}
		g_variant_builder_add(&packed, "(ssbbi@a(ssss))", state->uuid, state->name,
				      state->complete, state->hook_seen, state->pid,
				      g_variant_builder_end(&steps));
	}
	return g_variant_builder_end(&packed);
}

static void free_step(gpointer data)
{
	struct handover_step_state *step = data;

	g_free(step->what);
	g_free(step->former);
	g_free(step->wanted);
	g_free(step->now);
	g_free(step);
}

static void free_state(gpointer data)
{
	handover_state_free(data);
}

static GPtrArray *unpack_steps(GVariantIter *packed)
{
	GPtrArray *steps = g_ptr_array_new_with_free_func(free_step);
	struct handover_step_state step;

	while (g_variant_iter_next(packed, "(ssss)", &step.what, &step.former, &step.wanted,
				   &step.now))
		g_ptr_array_add(steps, g_memdup2(&step, sizeof(step)));
	return steps;
}

GPtrArray *interface_unpack_states(GVariant *packed)
{
	GPtrArray *states = g_ptr_array_new_with_free_func(free_state);
	struct handover_state state = { 0 };
	GVariantIter iter;
	GVariantIter *steps;

	g_variant_iter_init(&iter, packed);
	while (g_variant_iter_next(&iter, "(ssbbia(ssss))", &state.uuid, &state.name,
				   &state.complete, &state.hook_seen, &state.pid, &steps)) {
		state.steps = unpack_steps(steps);
		g_variant_iter_free(steps);
		g_ptr_array_add(states, g_memdup2(&state, sizeof(state)));
	}
	return states;
}
