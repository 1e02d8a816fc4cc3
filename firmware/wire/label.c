/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels and names: SPEC 3.1 and 3.2.  ASCII only, no locale. */
#include <touchstone/wire/statement.h>

#include <string.h>

static bool
is_lower_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* One side of the @: begins and ends with a letter or digit. */
static bool
is_label_part(struct tsw_slice part)
{
	size_t i;

	if (part.len == 0 || !is_lower_digit(part.p[0]) ||
	    !is_lower_digit(part.p[part.len - 1]))
		return false;
	for (i = 0; i < part.len; i++) {
		uint8_t c = part.p[i];

		if (!is_lower_digit(c) && c != '.' && c != '_' && c != '+' &&
		    c != '-')
			return false;
	}
	return true;
}

int
tsw_label_check(struct tsw_slice label)
{
	struct tsw_slice left = label, right;
	size_t at = 0;

	if (label.len < 1)
		return TSW_ERR_TOO_SHORT;
	if (label.len > TSW_LABEL_MAX)
		return TSW_ERR_TOO_LONG;
	while (at < label.len && label.p[at] != '@')
		at++;
	left.len = at;
	if (!is_label_part(left))
		return TSW_ERR_LABEL;
	if (at == label.len)
		return TSW_OK;
	right.p = label.p + at + 1;
	right.len = label.len - at - 1;
	return is_label_part(right) ? TSW_OK : TSW_ERR_LABEL;
}

int
tsw_label_normalise(uint8_t out[TSW_LABEL_MAX], size_t *len,
    struct tsw_slice text)
{
	uint8_t b[TSW_LABEL_MAX];
	struct tsw_slice label = {b, 0};
	size_t i;
	int r;

	while (text.len > 0 && is_blank(text.p[text.len - 1]))
		text.len--;
	while (text.len > 0 && is_blank(text.p[0])) {
		text.p++;
		text.len--;
	}
	if (text.len > sizeof(b))
		return TSW_ERR_TOO_LONG;
	for (i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		b[i] = is_upper(c) ? (uint8_t)(c - 'A' + 'a') : c;
	}
	label.len = text.len;
	r = tsw_label_check(label);
	if (r != TSW_OK)
		return r;
	if (label.len > *len)
		return TSW_ERR_NO_SPACE;
	memcpy(out, b, label.len);
	*len = label.len;
	return TSW_OK;
}

int
tsw_name_check(struct tsw_slice name)
{
	size_t i;

	if (name.len < 1)
		return TSW_ERR_TOO_SHORT;
	if (name.len > TSW_NAME_MAX)
		return TSW_ERR_TOO_LONG;
	if (name.p[0] == ' ' || name.p[name.len - 1] == ' ')
		return TSW_ERR_NAME;
	for (i = 0; i < name.len; i++) {
		uint8_t c = name.p[i];

		if (!is_lower_digit(c) && !is_upper(c) && c != ' ' &&
		    c != '.' && c != '_' && c != '-')
			return TSW_ERR_NAME;
	}
	return TSW_OK;
}
