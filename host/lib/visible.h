/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included first in every file of the shared library: symbols are visible to
 * the linker, and touchstone.map says which of them leave.
 */
#pragma GCC visibility push(default)
