/* SPDX-License-Identifier: BSD-2-Clause */
#include "hotplug.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "token/hidraw.h"

#define EVENTS                                                                 \
	(IN_CREATE | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |     \
	    IN_ONLYDIR)
#define SETTLE_MS                                                              \
	100 /* a node is there before its rules, a socket before               \
	       anybody listens on it */
#define DESCRIPTOR_MAX 4096 /* HID_MAX_DESCRIPTOR_SIZE of the kernel */

/* Printable, so that it is one line of a file and safe on a terminal. */
static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}

static void
watch_place(struct ts_hotplug *h, struct ts_place *p)
{
	if (h->watch.fd >= 0)
		p->wd = inotify_add_watch(h->watch.fd, p->dir, EVENTS);
}

/* One folder a line; written beside and renamed, so never half there. */
static int
save_places(const struct ts_hotplug *h)
{
	char temporary[TS_PATH_MAX + 2];
	size_t i;
	FILE *f;
	bool fine;

	(void)snprintf(temporary, sizeof(temporary), "%s~", h->file);
	f = fopen(temporary, "we");
	if (f == NULL)
		return TS_ERR_IO;
	for (i = 0; i < h->place_cnt; i++)
		(void)fprintf(f, "%s\n", h->place[i].dir);
	fine = ferror(f) == 0;
	fine = fclose(f) == 0 && fine;
	if (!fine || rename(temporary, h->file) != 0) {
		(void)unlink(temporary);
		return TS_ERR_IO;
	}
	return TS_OK;
}

static bool
add_place(struct ts_hotplug *h, const char *dir)
{
	struct ts_place *p;
	size_t i;

	for (i = 0; i < h->place_cnt; i++)
		if (strcmp(h->place[i].dir, dir) == 0)
			return false;
	if (h->place_cnt == TS_PLACES_MAX_CNT) {
		if (h->place[0].wd >= 0)
			(void)inotify_rm_watch(h->watch.fd, h->place[0].wd);
		memmove(&h->place[0], &h->place[1],
		    (TS_PLACES_MAX_CNT - 1) * sizeof(h->place[0]));
		h->place_cnt--;
	}
	p = &h->place[h->place_cnt++];
	(void)snprintf(p->dir, sizeof(p->dir), "%s", dir);
	p->wd = -1;
	watch_place(h, p);
	return true;
}

static bool
is_place(const char *dir)
{
	return dir[0] == '/' && strlen(dir) < TS_SIM_DIR_MAX &&
	    is_printable(dir);
}

int
ts_hotplug_learn(struct ts_hotplug *h, const char *dir)
{
	if (!is_place(dir))
		return TS_ERR_ARGUMENT;
	/* A place that cannot be saved still works until the agent ends. */
	if (add_place(h, dir) && save_places(h) != TS_OK)
		fprintf(stderr, "touchstone-agent: cannot write %s\n", h->file);
	return TS_OK;
}

static void
load_places(struct ts_hotplug *h)
{
	char line[TS_SIM_DIR_MAX + 1];
	FILE *f = fopen(h->file, "re");

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (is_place(line))
			(void)add_place(h, line);
	}
	fclose(f);
}

/* Name of the token that an event is about; false: it is about none. */
static bool
event_name(const struct ts_hotplug *h, char name[TS_DEVICE_NAME_MAX],
    const struct inotify_event *e)
{
	size_t i;

	if (e->len == 0)
		return false;
	if (e->wd == h->dev_wd && strncmp(e->name, "hidraw", 6) == 0)
		return snprintf(name, TS_DEVICE_NAME_MAX, "fido:/dev/%s",
			   e->name) < TS_DEVICE_NAME_MAX;
	for (i = 0; i < h->place_cnt; i++)
		if (e->wd == h->place[i].wd && strcmp(e->name, "hid") == 0)
			return snprintf(name, TS_DEVICE_NAME_MAX, "sim:%s",
				   h->place[i].dir) < TS_DEVICE_NAME_MAX;
	return false;
}

/* The folder of a place was removed; it may come again. */
static void
place_removed(struct ts_hotplug *h, int wd)
{
	size_t i;

	for (i = 0; i < h->place_cnt; i++)
		if (h->place[i].wd == wd)
			h->place[i].wd = -1;
}

static void
ready(void *ctx, short revents)
{
	_Alignas(struct inotify_event) char buf[4096];
	const struct inotify_event *e;
	struct ts_hotplug *h = ctx;
	char name[TS_DEVICE_NAME_MAX];
	bool changed = false;
	ssize_t n, at;

	(void)revents;
	n = read(h->watch.fd, buf, sizeof(buf));
	for (at = 0; at < n; at += (ssize_t)(sizeof(*e) + e->len)) {
		e = (const struct inotify_event *)(const void *)(buf + at);
		if ((e->mask & IN_IGNORED) != 0)
			place_removed(h, e->wd);
		if ((e->mask & IN_Q_OVERFLOW) != 0)
			changed = true;
		if (!event_name(h, name, e))
			continue;
		changed = true;
		if ((e->mask & (IN_DELETE | IN_MOVED_FROM)) != 0)
			h->gone(h->ctx, name);
	}
	if (!changed)
		return;
	h->changed(h->ctx);
	/* Without a timer the next event or call brings the next look. */
	if (ts_loop_start(h->loop, &h->settle, SETTLE_MS) != TS_OK)
		return;
}

static void
settled(void *ctx)
{
	struct ts_hotplug *h = ctx;

	h->changed(h->ctx);
}

int
ts_hotplug_open(struct ts_hotplug *h, struct ts_loop *loop, const char *state)
{
	int n;

	h->loop = loop;
	h->place_cnt = 0;
	n = snprintf(h->file, sizeof(h->file), "%s/simulators", state);
	if (n < 0 || (size_t)n >= sizeof(h->file))
		return TS_ERR_ARGUMENT;
	h->watch.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	h->watch.events = POLLIN;
	h->watch.ready = ready;
	h->watch.ctx = h;
	h->settle.fire = settled;
	h->settle.ctx = h;
	h->dev_wd = -1;
	if (h->watch.fd >= 0) {
		h->dev_wd = inotify_add_watch(h->watch.fd, "/dev", EVENTS);
		if (ts_loop_watch(loop, &h->watch) != TS_OK)
			return TS_ERR_BUSY;
	}
	load_places(h);
	return TS_OK;
}

void
ts_hotplug_close(struct ts_hotplug *h)
{
	if (h->watch.fd < 0)
		return;
	ts_loop_cancel(h->loop, &h->settle);
	ts_loop_unwatch(h->loop, &h->watch);
	close(h->watch.fd);
	h->watch.fd = -1;
}

/* Whether a hidraw node is a FIDO token: sysfs tells without opening it. */
static bool
is_fido(const char *node)
{
	char path[96];
	uint8_t descriptor[DESCRIPTOR_MAX];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path),
	    "/sys/class/hidraw/%.32s/device/report_descriptor", node);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, descriptor, sizeof(descriptor));
	close(fd);
	return n > 0 &&
	    ts_token_descriptor_check(descriptor, (size_t)n) == TS_OK;
}

static void
scan_nodes(struct ts_hotplug *h, void (*found)(void *ctx, const char *name))
{
	char name[TS_DEVICE_NAME_MAX];
	const struct dirent *e;
	DIR *dir = opendir("/sys/class/hidraw");

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		if (strncmp(e->d_name, "hidraw", 6) != 0 ||
		    strlen(e->d_name) > 32 || !is_fido(e->d_name))
			continue;
		(void)snprintf(name, sizeof(name), "fido:/dev/%.32s",
		    e->d_name);
		if (access(name + 5, F_OK) == 0)
			found(h->ctx, name);
	}
	closedir(dir);
}

void
ts_hotplug_scan(struct ts_hotplug *h,
    void (*found)(void *ctx, const char *name))
{
	char name[TS_DEVICE_NAME_MAX];
	bool stream;
	size_t i;
	int fd;

	scan_nodes(h, found);
	for (i = 0; i < h->place_cnt; i++) {
		if (h->place[i].wd < 0)
			watch_place(h, &h->place[i]);
		(void)snprintf(name, sizeof(name), "sim:%s", h->place[i].dir);
		/* The socket file outlives a simulator that was killed. */
		if (ts_hotplug_device(&fd, &stream, name) == TS_OK) {
			close(fd);
			found(h->ctx, name);
		}
	}
}

static int
error_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
	case ECONNREFUSED:
		return TS_ERR_NO_TOKEN;
	case EACCES:
	case EPERM:
		return TS_ERR_TOKEN_ACCESS;
	case EAGAIN: /* more programs than a simulator listens for */
	case EBUSY:
		return TS_ERR_TOKEN_BUSY;
	default:
		return TS_ERR_TOKEN_IO;
	}
}

static int
open_sim(int *out, const char *dir)
{
	struct sockaddr_un sa;
	int fd, n, error;

	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	n = snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/hid", dir);
	if (n < 0 || (size_t)n >= sizeof(sa.sun_path))
		return TS_ERR_ARGUMENT;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return TS_ERR_IO;
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0) {
		error = errno;
		close(fd);
		return error_of(error);
	}
	*out = fd;
	return TS_OK;
}

int
ts_hotplug_device(int *out, bool *stream, const char *name)
{
	int fd;

	if (strncmp(name, "sim:/", 5) == 0) {
		*stream = true;
		return open_sim(out, name + 4);
	}
	if (strncmp(name, "fido:/dev/hidraw", 16) != 0)
		return TS_ERR_TOKEN_UNSUPPORTED;
	fd = open(name + 5, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	if (fd < 0)
		return error_of(errno);
	*out = fd;
	*stream = false;
	return TS_OK;
}
