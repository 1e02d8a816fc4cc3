/* SPDX-License-Identifier: BSD-2-Clause */
/* The libraries include it; what of them is in the image needs nothing of it.
 */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

_Noreturn void abort(void);

#endif
