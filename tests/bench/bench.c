/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double
read_clock(clockid_t id)
{
	struct timespec ts;

	bench_need(clock_gettime(id, &ts) == 0, "no clock");
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

double
bench_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

double
bench_cpu(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

void
bench_init(struct bench_samples *samples, const char *name)
{
	memset(samples, 0, sizeof(*samples));
	samples->name = name;
}

void
bench_add(struct bench_samples *samples, double value)
{
	bench_need(samples->cnt < BENCH_SAMPLES_MAX_CNT, "too many samples");
	samples->us[samples->cnt++] = value;
}

double
bench_lap(struct bench_samples *samples, double start)
{
	double now = bench_now();

	bench_add(samples, now - start);
	return now;
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
bench_report(struct bench_samples *samples, const char *unit)
{
	size_t n = samples->cnt;

	bench_need(n > 0, "no samples");
	qsort(samples->us, n, sizeof(samples->us[0]), ascending);
	printf("{\"name\": \"%s\", \"unit\": \"%s\", \"n\": %zu, "
	       "\"p50\": %.4f, \"p90\": %.4f, \"max\": %.4f}\n",
	    samples->name, unit, n, samples->us[n / 2], samples->us[n * 9 / 10],
	    samples->us[n - 1]);
	bench_need(fflush(stdout) == 0, "cannot write");
}

size_t
bench_number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	bench_need(*text != '\0' && *end == '\0' && n > 0 &&
		n <= BENCH_SAMPLES_MAX_CNT,
	    "the number of rounds is out of range");
	return n;
}

void
bench_need(bool fine, const char *what)
{
	if (fine)
		return;
	(void)fprintf(stderr, "bench: %s\n", what);
	exit(EXIT_FAILURE);
}
