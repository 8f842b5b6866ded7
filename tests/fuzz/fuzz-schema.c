/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fuzz.h"
#include "rules/document-schema.h"

/*
 * What a schema does not take, by a schema with all that makes libvirt's difficult and a hundredth
 * of its size. What it does not take is named, and without it the domain passes or less is wrong.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct schema *schema;
	autoptr(document) document = document_read((const char *)data, size, NULL);
	g_autoptr(GPtrArray) misfits = NULL;
	guint line, column;

	if (schema == NULL)
		schema = schema_open(SMALL_SCHEMA, NULL);
	g_assert_nonnull(schema);
	misfits = document_misfits(document, schema);
	if (document_fits(document, schema))
		g_assert_cmpuint(misfits->len, ==, 0);
	else if (document_defect(document, &line, &column) == NULL &&
		 g_strcmp0(document_root_name(document), "domain") == 0 &&
		 document_losses(document)->len == 0)
		g_assert_cmpuint(misfits->len, >, 0);
	for (guint i = 0; i < misfits->len; i++) {
		const struct misfit *misfit = g_ptr_array_index(misfits, i);

		element_place(document, misfit->element, &line, &column);
		g_assert_cmpuint(line, >, 0);
		g_assert_nonnull(misfit->what);
	}
	return 0;
}
