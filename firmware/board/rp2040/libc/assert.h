/* SPDX-License-Identifier: BSD-2-Clause */
/* A contradiction in our own code stops the chip; no text goes into the image.
 */
#ifndef ASSERT_H
#define ASSERT_H

_Noreturn void assert_failed(void);

#define assert(is_true) ((is_true) ? (void)0 : assert_failed())
#define static_assert _Static_assert

#endif
