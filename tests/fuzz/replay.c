/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <string.h>

#include "fuzz.h"

/* One run of the target for each file of a folder: what a fuzzer once found stays found. */
static void replay(gconstpointer path)
{
	g_autofree char *data = NULL;
	g_autoptr(GError) error = NULL;
	gsize size;

	if (!g_file_get_contents(path, &data, &size, &error))
		g_error("%s", error->message);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)data, size);
}

int main(int argc, char **argv)
{
	const char *folder = g_getenv("HOTSEAT_FUZZ_CORPUS");
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = NULL;
	const char *name;

	g_test_init(&argc, &argv, NULL);
	dir = folder == NULL ? NULL : g_dir_open(folder, 0, NULL);
	if (dir == NULL)
		g_error("HOTSEAT_FUZZ_CORPUS is no folder");
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *test = g_strconcat("/fuzz/", name, NULL);

		g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
		g_test_add_data_func(test, g_ptr_array_index(paths, paths->len - 1), replay);
	}
	g_assert_cmpuint(paths->len, >, 0);
	return g_test_run();
}
