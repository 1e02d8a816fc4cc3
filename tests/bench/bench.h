/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the measuring programs share: a clock, samples, and one line of JSON
 * for each figure on stdout, which run.py puts into a table.  What cannot be
 * measured ends the program with status 1: no figure is ever made up.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_SAMPLES_MAX_CNT 4096

struct bench_samples {
	const char *name; /* of the figure */
	size_t cnt;
	double us[BENCH_SAMPLES_MAX_CNT]; /* microseconds, or a ratio */
};

/*
 * Microseconds: of the wall clock, and of the processor that this process used.
 * The second is the fair one for pure computing on a machine that others use.
 */
double bench_now(void);
double bench_cpu(void);

/* Forget what is there; name is not copied. */
void bench_init(struct bench_samples *samples, const char *name);
void bench_add(struct bench_samples *samples, double value);
/* The time since start; returns now, where the next one may begin. */
double bench_lap(struct bench_samples *samples, double start);

/* {"name": ..., "unit": ..., "n": ..., "p50": ..., "p90": ..., "max": ...} */
void bench_report(struct bench_samples *samples, const char *unit);

/* A number from 1 to BENCH_SAMPLES_MAX_CNT, or the end. */
size_t bench_number(const char *text);

/* End with what unless it is so. */
void bench_need(bool fine, const char *what);

#endif
