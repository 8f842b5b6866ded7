/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor-double.h"

#include <string.h>

#include "core/error.h"
#include "monitor/model.h"

#define CALL_US 60000 /* what DDC/CI takes for a question and its answer */

static struct double_monitor *monitor_of(struct double_ddc *self, const struct ddc_cable *cable)
{
	return &self->monitors[cable->bus];
}

static void settle(struct double_ddc *self, struct double_monitor *monitor)
{
	if (monitor->next == 0 || self->time < monitor->next_at)
		return;
	monitor->shows = monitor->next;
	monitor->next = 0;
	monitor->back_at = self->time + monitor->away_after_ms * 1000;
}

guint8 double_input(struct double_ddc *self, guint monitor)
{
	settle(self, &self->monitors[monitor]);
	return self->monitors[monitor].shows;
}

void double_press(struct double_ddc *self, guint monitor, guint8 input)
{
	self->monitors[monitor].shows = input;
	self->monitors[monitor].next = 0;
	self->monitors[monitor].back_at = 0;
}

static gboolean is_there(struct double_ddc *self, struct double_monitor *monitor)
{
	settle(self, monitor);
	return !monitor->away && self->time >= monitor->back_at &&
	       (monitor->inactive == 0 || monitor->shows == monitor->cable_input);
}

static gboolean answer(struct double_ddc *self, struct double_monitor *monitor, GError **error)
{
	self->time += CALL_US + monitor->answer_ms * 1000;
	if (self->really_sleeps)
		g_usleep(monitor->answer_ms * 1000);
	if (is_there(self, monitor) &&
	    (monitor->drops == 0 || ++monitor->answers % monitor->drops != 0))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT, "no answer");
	return FALSE;
}

static GPtrArray *scan(struct ddc *ddc, GError **error)
{
	/* "DBL", product 1 */
	static const guint8 head[] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff,
				       0xff, 0x00, 0x10, 0x4c, 0x01, 0x00 };
	static const guint8 name[] = { 0, 0, 0, 0xfc, 0, 'D', 'o', 'u', 'b', 'l', 'e', '\n' };
	struct double_ddc *self = (struct double_ddc *)ddc;
	GPtrArray *cables = g_ptr_array_new_with_free_func(g_free);

	self->scans++;
	for (guint i = 0; i < self->n_monitors; i++) {
		struct ddc_cable *cable = g_new0(struct ddc_cable, 1);

		cable->bus = (int)i;
		cable->answers = is_there(self, &self->monitors[i]);
		memcpy(cable->edid, head, sizeof(head));
		cable->edid[10] = (guint8)(i + 1);
		cable->edid[8] = self->monitors[i].vendor ? 0x1e : 0x10;
		cable->edid[9] = self->monitors[i].vendor ? 0x6d : 0x4c;
		memcpy(cable->edid + 54, name, sizeof(name));
		cable->edid[54 + 11] = (guint8)('1' + i);
		g_ptr_array_add(cables, cable);
	}
	return cables;
}

static GBytes *listed(struct ddc *ddc, const struct ddc_cable *cable, GError **error)
{
	struct double_ddc *self = (struct double_ddc *)ddc;
	struct double_monitor *monitor = monitor_of(self, cable);

	if (!answer(self, monitor, error))
		return NULL;
	return g_bytes_new(monitor->listed, monitor->n_listed);
}

static gboolean get(struct ddc *ddc, const struct ddc_cable *cable, guint8 feature, guint8 *value,
		    GError **error)
{
	struct double_ddc *self = (struct double_ddc *)ddc;
	struct double_monitor *monitor = monitor_of(self, cable);

	if (!answer(self, monitor, error))
		return FALSE;
	if (feature != MONITOR_FEATURE_INPUT || monitor->without_60) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED, "no such feature");
		return FALSE;
	}
	*value = monitor->constant ? 0 : (guint8)(monitor->shows + monitor->lies);
	return TRUE;
}

/* What a value stands for; 0 for what it does not have. */
static guint8 input_of(const struct double_monitor *monitor, guint8 feature, guint8 value)
{
	if (feature == MONITOR_FEATURE_INPUT)
		return value == 0x0f || value == 0x11 || value == 0x12 ? value : 0;
	if (!monitor->vendor)
		return 0;
	return value == 0x90 ? 0x11 : value == 0x91 ? 0x12 : value == 0xd0 ? 0x0f : 0;
}

static gboolean set(struct ddc *ddc, const struct ddc_cable *cable, guint8 feature, guint8 value,
		    GError **error)
{
	struct double_ddc *self = (struct double_ddc *)ddc;
	struct double_monitor *monitor = monitor_of(self, cable);
	guint8 input = input_of(monitor, feature, value);

	self->time += CALL_US;
	if (!is_there(self, monitor)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT, "nobody takes it");
		return FALSE;
	}
	if (monitor->n_sent < G_N_ELEMENTS(monitor->sent))
		monitor->sent[monitor->n_sent++] = value;
	if (input == 0)
		monitor->wrong_value = TRUE;
	if (input == 0 || monitor->ignores ||
	    (monitor->vendor && feature == MONITOR_FEATURE_INPUT) ||
	    monitor->n_sent <= monitor->ignores_first)
		return TRUE;
	/* told the same again while it is at it, it goes on */
	if (monitor->next == input)
		return TRUE;
	monitor->next = input;
	monitor->next_at = self->time + monitor->slow_switch_ms * 1000;
	settle(self, monitor);
	return TRUE;
}

static gint64 now(struct ddc *ddc)
{
	return ((struct double_ddc *)ddc)->time;
}

static void sleep_for(struct ddc *ddc, guint milliseconds)
{
	((struct double_ddc *)ddc)->time += milliseconds * 1000;
}

static void double_free(struct ddc *ddc)
{
	g_free(ddc);
}

struct double_ddc *double_new(void)
{
	static const guint8 inputs[] = { 0x0f, 0x11, 0x12 };
	struct double_ddc *self = g_new0(struct double_ddc, 1);

	self->ddc = (struct ddc){
		.scan = scan,
		.listed = listed,
		.get = get,
		.set = set,
		.now = now,
		.sleep = sleep_for,
		.free = double_free,
	};
	self->time = G_USEC_PER_SEC;
	self->n_monitors = 1;
	for (guint i = 0; i < DOUBLE_MONITORS; i++) {
		self->monitors[i].shows = self->monitors[i].cable_input = 0x0f;
		memcpy(self->monitors[i].listed, inputs, sizeof(inputs));
		self->monitors[i].n_listed = sizeof(inputs);
	}
	return self;
}
