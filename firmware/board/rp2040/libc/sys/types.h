/* SPDX-License-Identifier: BSD-2-Clause */
/* libsodium includes it and takes nothing of it. */
