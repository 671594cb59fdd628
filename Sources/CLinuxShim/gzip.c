// SPDX-License-Identifier: Apache-2.0
#include "include/gzip.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

/* The largest window, and 16 for gzip's framing. */
enum { WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8 };

/* gzip's header and trailer are larger than zlib's, of which compressBound() thinks. */
enum { FRAME = 32 };

size_t shim_gzip_bound(size_t size)
{
	return compressBound(size) + FRAME;
}

size_t shim_gzip(const void *bytes, size_t size, void *member, size_t capacity)
{
	z_stream stream;
	size_t length = 0;

	memset(&stream, 0, sizeof(stream));
	if (size > UINT_MAX || capacity > UINT_MAX)
		return 0;
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	stream.next_in = (Bytef *)bytes;
	stream.avail_in = (uInt)size;
	stream.next_out = member;
	stream.avail_out = (uInt)capacity;
	if (deflate(&stream, Z_FINISH) == Z_STREAM_END)
		length = stream.total_out;
	deflateEnd(&stream);
	return length;
}
