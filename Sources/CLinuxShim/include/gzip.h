/* SPDX-License-Identifier: Apache-2.0 */
/* zlib's compressor, whose start is a macro that Swift cannot import. */
#ifndef EBPFCTL_GZIP_H
#define EBPFCTL_GZIP_H

#include <stddef.h>

/** The most bytes that `size` bytes can become. */
size_t shim_gzip_bound(size_t size);

/** Makes one gzip member (RFC 1952) of the bytes. Returns its length, or 0 when it does not fit or memory lacks. */
size_t shim_gzip(const void *_Nullable bytes, size_t size, void *_Nonnull member, size_t capacity);

#endif
