/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which tokens are there, and the moment one comes or goes: inotify on /dev
 * for hidraw nodes, and on the folder of every simulated token that was ever
 * named.  Works without udev, D-Bus or a desktop.  Opens no device.
 *
 * Names are those of the interface: "fido:/dev/hidraw3", "sim:/tmp/token".
 */
#ifndef TOUCHSTONE_AGENT_HOTPLUG_H
#define TOUCHSTONE_AGENT_HOTPLUG_H

#include "loop.h"
#include "paths.h"

#define TS_DEVICE_NAME_MAX 136 /* "card:" and the longest name of a reader */
#define TS_PLACES_MAX_CNT 16
#define TS_SIM_DIR_MAX 100 /* "/hid" is added to it: sun_path has 108 */

struct ts_place {
	char dir[TS_SIM_DIR_MAX]; /* of a simulated token */
	int wd;			  /* -1: the folder is not there */
};

struct ts_hotplug {
	struct ts_loop *loop;
	struct ts_watch watch;	/* the inotify descriptor */
	struct ts_timer settle; /* one more look, shortly after an event */
	int dev_wd;
	struct ts_place place[TS_PLACES_MAX_CNT];
	size_t place_cnt;
	char file[TS_PATH_MAX]; /* where places are remembered */
	/* Went away for sure, even if one of the same name is there again. */
	void (*gone)(void *ctx, const char *name);
	/* Something changed: scan again. */
	void (*changed)(void *ctx);
	void *ctx;
};

/*
 * Set gone, changed and ctx before.  state is the folder of the remembered
 * places.  Without inotify only scans find tokens; that is no error.
 */
int ts_hotplug_open(struct ts_hotplug *h, struct ts_loop *loop,
    const char *state) TS_MUST_CHECK;
void ts_hotplug_close(struct ts_hotplug *h);

/*
 * Remember the folder of a simulated token (absolute path), also over a
 * restart.  The place that was named longest ago is forgotten when it is full.
 * TS_ERR_ARGUMENT: no absolute path, too long, or not printable.
 */
int ts_hotplug_learn(struct ts_hotplug *h, const char *dir) TS_MUST_CHECK;

/* Calls found for every token that is there now. */
void ts_hotplug_scan(struct ts_hotplug *h,
    void (*found)(void *ctx, const char *name));

/*
 * Open the token of this name for one operation: *out is the caller's, *stream
 * says that it is a socket to a simulator.  TS_ERR_NO_TOKEN: it is not there;
 * TS_ERR_TOKEN_ACCESS, TS_ERR_TOKEN_BUSY, TS_ERR_TOKEN_IO;
 * TS_ERR_TOKEN_UNSUPPORTED: a kind of name this version does not know.
 */
int ts_hotplug_device(int *out, bool *stream, const char *name) TS_MUST_CHECK;

#endif
