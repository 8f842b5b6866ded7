/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fix/import.h"
#include "fuzz.h"
#include "guest/domain.h"
#include "strangers.h"

/* Whatever is left of a stranger's domain, what is made of it is well-formed, and a guest of ours.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const gpus[] = { "0000:01:00.0", NULL };
	static const struct wish wish = { .gpus = gpus, .vcpus = 4, .memory_kib = 4 << 20 };
	static char kvm[] = "kvm", q35[] = "pc-q35-7.2";
	static const struct virt_capabilities capabilities = { .virt_type = kvm, .machine = q35 };
	static struct plan *plan;
	const struct import_wish import_wish = { .name = "mine",
						 .machine = strangers_machine(),
						 .capabilities = &capabilities };
	autoptr(foreign) foreign = foreign_read((const char *)data, size, NULL);
	g_autofree char *xml = NULL;
	guint line, column;

	if (foreign == NULL)
		return 0;
	g_assert_null(document_defect(foreign->document, &line, &column));
	if (plan == NULL)
		plan = plan_make(strangers_machine(), &wish, NULL);
	g_assert_nonnull(plan);
	xml = import_make(foreign, &import_wish, plan, NULL);
	if (xml != NULL) {
		autoptr(domain_facts) facts = domain_facts_parse(xml, NULL);

		g_assert_nonnull(facts);
		g_assert_true(facts->ours);
	}
	return 0;
}
