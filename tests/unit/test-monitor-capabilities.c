/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ddcutil_c_api.h>
#include <string.h>

#include "corpus.h"
#include "monitor/capabilities.h"
#include "monitor/model.h"

static char *format(GBytes *bytes)
{
	GString *text = g_string_new(NULL);
	gsize n = 0;
	const guint8 *data = g_bytes_get_data(bytes, &n);

	for (gsize i = 0; i < n; i++)
		g_string_append_printf(text, "%s%02x", i > 0 ? " " : "", data[i]);
	return g_string_free(text, FALSE);
}

/* Strings as monitors really send them, and as they arrive when bytes are lost. */
static void test_strings(void)
{
	static const char *const strings[][2] = {
		{ "(prot(monitor)type(LCD)vcp(02 10 60(0F 11 12) 62)mccs_ver(2.1))", "0f 11 12" },
		{ "(vcp(02 10 60( 0f11 12 )62))", "12" },
		{ "(vcp(02 10 60(010F1112)62))", "01 0f 11 12" },
		{ "(vcp(02 10 60(010F111)62))", "" },
		{ "(vcp(60(1 3 f)))", "01 03 0f" },
		{ "(prot(monitor) type(LCD)model LCD cmds(01) vcp(10 60(11 12 0F) 62))",
		  "11 12 0f" },
		{ "(vcp(1060(0F)62))", "0f" },
		{ "(vcp(14(05 60 08) 60(01)))", "01" },
		{ "(model(vcp(60(01)))vcp(10 60(03)))", "03" },
		{ "(prot(monitor)type(lcd)UM69vcp(60( 11 0F 10)))", "11 0f 10" },
		{ "vcp(60(0F 0F 11))", "0f 11" },
		{ "(VCP (60 (0F 11)))", "0f 11" },
		{ "(vcp(10 12 60 62))", "" },
		{ "(vcp(10 12 6", "" },
		{ "(vcp(10 60(0F 1", "0f" },
		{ "(vcp(10 60(0F 11", "0f 11" },
		{ "(cmds(60(01)))", "" },
		{ "((((", "" },
		{ "))))vcp(60(01))", "01" },
		{ "(vcp", "" },
		{ "", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(strings); i++) {
		g_autoptr(GBytes) inputs = capabilities_inputs(strings[i][0]);
		g_autofree char *found = format(inputs);

		g_test_message("%s", strings[i][0]);
		g_assert_cmpstr(found, ==, strings[i][1]);
	}
}

/* As a set: some versions of the library sort, some say twice what a monitor says twice. */
static char *format_set(const guint8 *values, gsize count)
{
	GString *text = g_string_new(NULL);

	for (guint value = 0; value <= G_MAXUINT8; value++) {
		if (count > 0 && memchr(values, (int)value, count) != NULL)
			g_string_append_printf(text, "%s%02x", text->len > 0 ? " " : "", value);
	}
	return g_string_free(text, FALSE);
}

static char *read_by_us(const char *capabilities)
{
	g_autoptr(GBytes) inputs = capabilities_inputs(capabilities);
	gsize count;
	const guint8 *values = g_bytes_get_data(inputs, &count);

	return format_set(values, count);
}

/* What libddcutil reads; "-" where it makes nothing of the text, or of its list of inputs. */
static char *read_by_library(const char *capabilities)
{
	g_autofree char *text = g_strdup(capabilities);
	DDCA_Capabilities *parsed = NULL;
	char *found = NULL;

	if (ddca_parse_capabilities_string(text, &parsed) != 0)
		return g_strdup("-");
	for (int i = 0; i < parsed->vcp_code_ct && found == NULL; i++) {
		const DDCA_Cap_Vcp *vcp = &parsed->vcp_codes[i];

		if (vcp->feature_code == MONITOR_FEATURE_INPUT)
			found = vcp->value_ct > 0 ? format_set(vcp->values, (gsize)vcp->value_ct)
						  : g_strdup("-");
	}
	if (found == NULL)
		found = g_strdup(parsed->vcp_code_ct > 0 ? "" : "-");
	ddca_free_parsed_capabilities(parsed);
	return found;
}

/* Capabilities of real monitors, as people have sent them in: read as ddcutil reads them. */
static void test_corpus(void)
{
	g_autofree char *text = corpus_read("ddc/capabilities.tsv");
	g_auto(GStrv) lines = NULL;
	guint with_inputs = 0, differ = 0, alone = 0;

	if (text == NULL) {
		g_test_skip("no corpus");
		return;
	}
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 1; lines[i] != NULL && lines[i][0] != '\0'; i++) {
		g_auto(GStrv) cells = g_strsplit(lines[i], "\t", -1);
		g_autofree char *theirs = read_by_library(cells[4]);
		g_autofree char *ours = read_by_us(cells[4]);

		with_inputs += ours[0] != '\0';
		alone += g_str_equal(theirs, "-") && ours[0] != '\0';
		if (g_str_equal(ours, theirs) || g_str_equal(theirs, "-"))
			continue;
		g_test_message("%s: %s: \"%s\", the library \"%s\"", cells[0], cells[4], ours,
			       theirs);
		differ++;
	}
	g_test_message("%u lists of inputs, of which the library cannot read %u", with_inputs,
		       alone);
	g_assert_cmpuint(with_inputs, >, 50);
	g_assert_cmpuint(differ, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/monitor-capabilities/strings", test_strings);
	g_test_add_func("/monitor-capabilities/corpus", test_corpus);
	return g_test_run();
}
