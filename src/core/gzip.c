/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/gzip.h"

#include <gio/gio.h>

/* A bound for what a few bytes from anywhere can become. */
#define UNPACKED_MAX (4 << 20)

static GBytes *convert(GConverter *converter, GBytes *from)
{
	g_autoptr(GInputStream) in = g_memory_input_stream_new_from_bytes(from);
	g_autoptr(GInputStream) converted = g_converter_input_stream_new(in, converter);
	g_autoptr(GByteArray) data = g_byte_array_new();

	while (data->len < UNPACKED_MAX) {
		guint8 chunk[16384];
		gssize n = g_input_stream_read(converted, chunk, sizeof(chunk), NULL, NULL);

		if (n < 0)
			return NULL;
		if (n == 0)
			break;
		g_byte_array_append(data, chunk, (guint)n);
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&data));
}

GBytes *gzip_pack(GBytes *plain)
{
	g_autoptr(GZlibCompressor) gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);

	return convert(G_CONVERTER(gzip), plain);
}

GBytes *gzip_unpack(GBytes *packed)
{
	g_autoptr(GZlibDecompressor) gzip = NULL;
	gsize size;
	const guint8 *data = g_bytes_get_data(packed, &size);

	/* the shortest has a header of 10 bytes and a trailer of 8 */
	if (size < 18 || data[0] != 0x1f || data[1] != 0x8b)
		return NULL;
	gzip = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
	return convert(G_CONVERTER(gzip), packed);
}
