/* SPDX-License-Identifier: BSD-2-Clause */
/* Cards among the devices: their names, and those that are a token twice. */
#include "device.h"

#include <string.h>
#include <strings.h>

#include "twin.h"

bool
ts_device_is_card(const struct ts_device *dev)
{
	return strncmp(dev->name, TS_CARD_PREFIX, sizeof(TS_CARD_PREFIX) - 1) ==
	    0;
}

/* How many there are; *out is the only one, or NULL. */
static size_t
by_beginning(struct ts_device **out, struct ts_devices *all, const char *name,
    bool shown)
{
	struct ts_device *dev;
	size_t i, cnt = 0;

	*out = NULL;
	for (i = 0; i < TS_DEVICES_MAX_CNT; i++) {
		dev = &all->dev[i];
		if (dev->state == TS_DEVICE_ABSENT || !ts_device_is_card(dev) ||
		    (shown && !ts_device_is_shown(dev)) ||
		    strncasecmp(dev->name, name, strlen(name)) != 0)
			continue;
		*out = ++cnt == 1 ? dev : NULL;
	}
	return cnt;
}

int
ts_device_by_reader(struct ts_device **out, struct ts_devices *all,
    const char *name)
{
	*out = ts_device_by_name(all, name);
	if (*out != NULL)
		return TS_OK;
	/* One that has nothing for us stands behind those that have. */
	if (by_beginning(out, all, name, true) == 0)
		return by_beginning(out, all, name, false) > 1
		    ? TS_ERR_AMBIGUOUS
		    : TS_OK;
	return by_beginning(out, all, name, true) > 1 ? TS_ERR_AMBIGUOUS
						      : TS_OK;
}

/* How many readers of this kind there are, with the names of ts_twin. */
static size_t
alike(const struct ts_devices *all, const struct ts_twin_usb *usb, bool cards)
{
	struct ts_twin_usb other;
	const struct ts_device *dev;
	size_t i, cnt = 0;

	for (i = 0; i < TS_DEVICES_MAX_CNT; i++) {
		dev = &all->dev[i];
		if (dev->state == TS_DEVICE_ABSENT ||
		    ts_device_is_card(dev) != cards)
			continue;
		ts_twin_look(&other, dev->name);
		if (cards ? ts_twin_has_name(usb,
				dev->name + sizeof(TS_CARD_PREFIX) - 1)
			  : strcmp(other.name, usb->name) == 0)
			cnt++;
	}
	return cnt;
}

/* By what is on it: a key of ours is on one token only. */
static bool
shows_same_key(const struct ts_device *card, const struct ts_device *dev)
{
	return card->has_key && card->at.kind != TS_TOKEN_KIND_PIV &&
	    card->at.kind != TS_TOKEN_KIND_OPENPGP && dev->has_key &&
	    memcmp(card->key_id, dev->key_id, TSW_HASH_LEN) == 0;
}

static bool
is_same_usb(const struct ts_device *card, const struct ts_device *dev)
{
	const char *reader = card->name + sizeof(TS_CARD_PREFIX) - 1;
	struct ts_twin_usb usb;

	ts_twin_look(&usb, dev->name);
	if (ts_twin_has_serial(&usb, reader))
		return true;
	return ts_twin_has_name(&usb, reader) &&
	    alike(card->all, &usb, true) == 1 &&
	    alike(card->all, &usb, false) == 1;
}

struct ts_device *
ts_device_twin(const struct ts_device *card)
{
	struct ts_device *dev;
	size_t i;

	if (!ts_device_is_card(card))
		return NULL;
	for (i = 0; i < TS_DEVICES_MAX_CNT; i++) {
		dev = &card->all->dev[i];
		if (dev->state != TS_DEVICE_READY || dev->problem != TS_OK ||
		    ts_device_is_card(dev))
			continue;
		if (strcmp(card->twin, dev->name) == 0 ||
		    shows_same_key(card, dev) || is_same_usb(card, dev))
			return dev;
	}
	return NULL;
}

bool
ts_device_is_shown(const struct ts_device *dev)
{
	const struct ts_token_info *info = &dev->info;

	if (!ts_device_is_card(dev) || dev->problem != TS_OK ||
	    dev->state != TS_DEVICE_READY)
		return true;
	return info->piv.present || info->openpgp.present ||
	    (info->has_fido && !dev->beside);
}
