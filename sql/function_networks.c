/* function_networks.c: INET_ATON to IS_IPV6: addresses as text, numbers and bytes.
 *
 * An IPv4 address is four bytes, an IPv6 address sixteen, the highest first. IPv6 texts are written in the shortest form (RFC
 * 5952): the longest run of zero groups, two at least, is "::"; compatible and mapped IPv4 addresses end dotted.
 */
#include "sql/function_private.h"

#define IPV4_BYTES      4
#define IPV6_BYTES      16
#define IPV6_GROUPS     8
#define IPV4_TEXT_CHARS 15
#define IPV6_TEXT_CHARS 39

static enum status resolve_aton(struct function_call *call) {
    function_texts(call, 0, 1);
    call->expr->type = column_type_bigint(COLUMN_UNSIGNED);
    call->expr->coercibility = COERCE_NUMERIC;
    return STATUS_OK;
}
static enum status resolve_ntoa(struct function_call *call) {
    function_type_ascii(call, IPV4_TEXT_CHARS);
    return STATUS_OK;
}
static enum status resolve_aton6(struct function_call *call) {
    function_texts(call, 0, 1);
    function_type_bytes(call, IPV6_BYTES);
    return STATUS_OK;
}
static enum status resolve_ntoa6(struct function_call *call) {
    function_texts(call, 0, 1);
    function_type_ascii(call, IPV6_TEXT_CHARS);
    return STATUS_OK;
}
static enum status resolve_is(struct function_call *call) {
    function_texts(call, 0, 1);
    return function_resolve_bool(call);
}

/* What is no address is NULL and warning 1411. */
static enum status tell_no_address(const struct expr *expr, struct eval_context *context,
                                   struct slice text) {
    diagnostics_warn(context->diagnostics, CONDITION_WARNING, ER_WRONG_VALUE_FOR_TYPE, "string",
                     arena_text(context->arena, text), function_name_lower(expr, context->arena));
    return STATUS_OK;
}

/* ---- texts ---- */

/* Four numbers of one to three digits. */
static bool ipv4_parse(struct slice text, uint8_t *bytes) {
    size_t at = 0;
    for (uint32_t i = 0; i < IPV4_BYTES; i++) {
        if (i > 0 && (at >= text.size || text.data[at++] != '.')) return false;
        uint32_t number = 0, digits = 0;
        for (; at < text.size && digits < 4; at++, digits++) {
            if (text.data[at] < '0' || text.data[at] > '9') break;
            number = number * 10 + (uint32_t)(text.data[at] - '0');
        }
        if (digits == 0 || digits > 3 || number > 255) return false;
        bytes[i] = (uint8_t)number;
    }
    return at == text.size;
}

static int hex_value(uint8_t letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    letter |= 32;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

struct ipv6_scan {
    struct slice text;
    size_t at;
    uint8_t bytes[IPV6_BYTES];
    uint32_t size; /* bytes read */
    int32_t gap;   /* where "::" stands, in bytes; -1: nowhere */
};

static bool scan_gap(struct ipv6_scan *scan) {
    bool is_gap = scan->at + 1 < scan->text.size && scan->text.data[scan->at] == ':' &&
                  scan->text.data[scan->at + 1] == ':';
    if (!is_gap || scan->gap >= 0) return false;
    scan->gap = (int32_t)scan->size;
    scan->at += 2;
    return true;
}

/* One group, or a dotted IPv4 address that ends the text. */
static bool scan_group(struct ipv6_scan *scan) {
    struct slice rest = slice_part(scan->text, scan->at, scan->text.size);
    uint32_t number = 0, digits = 0;
    while (digits < rest.size && digits < 4 && hex_value(rest.data[digits]) >= 0) {
        number = number << 4 | (uint32_t)hex_value(rest.data[digits++]);
    }
    bool is_dotted = digits < rest.size && rest.data[digits] == '.';
    if (is_dotted && scan->size + IPV4_BYTES <= IPV6_BYTES) {
        bool is_read = ipv4_parse(rest, scan->bytes + scan->size);
        scan->size += IPV4_BYTES;
        scan->at = scan->text.size;
        return is_read;
    }
    if (digits == 0 || scan->size + 2 > IPV6_BYTES) return false;
    store_be16(scan->bytes + scan->size, (uint16_t)number);
    scan->size += 2;
    scan->at += digits;
    return true;
}

static bool ipv6_parse(struct slice text, uint8_t *bytes) {
    struct ipv6_scan scan = {.text = text, .gap = -1};
    if (text.size < 2) return false;
    bool needs_group = !scan_gap(&scan);
    while (scan.at < text.size || needs_group) {
        if (!scan_group(&scan)) return false;
        needs_group = false;
        if (scan.at == text.size || scan_gap(&scan)) continue;
        if (text.data[scan.at++] != ':') return false;
        needs_group = true;
    }
    if (scan.gap < 0 ? scan.size != IPV6_BYTES : scan.size >= IPV6_BYTES) return false;
    uint32_t before = scan.gap < 0 ? scan.size : (uint32_t)scan.gap, after = scan.size - before;
    memset(bytes, 0, IPV6_BYTES);
    memcpy(bytes, scan.bytes, before);
    memcpy(bytes + IPV6_BYTES - after, scan.bytes + before, after);
    return true;
}

static struct slice ipv4_print(const uint8_t *bytes, struct arena *arena) {
    return slice_of_text(
        arena_printf(arena, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]));
}

static bool is_zero(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

static bool is_mapped(const uint8_t *bytes) {
    return is_zero(bytes, 10) && bytes[10] == 0xff && bytes[11] == 0xff;
}

/* ::1 and :: are no IPv4 addresses. */
static bool is_compatible(const uint8_t *bytes) {
    return is_zero(bytes, 12) && load_be32(bytes + 12) > UINT16_MAX;
}

/* The longest run of zero groups, the first of equal ones. */
static uint32_t longest_gap(const uint16_t *groups, uint32_t *size_out) {
    uint32_t best = 0, size = 0;
    *size_out = 1; /* one group alone is written */
    for (uint32_t i = 0; i < IPV6_GROUPS; i++) {
        size = groups[i] == 0 ? size + 1 : 0;
        if (size <= *size_out) continue;
        *size_out = size;
        best = i + 1 - size;
    }
    if (*size_out == 1) *size_out = 0;
    return best;
}

static struct slice ipv6_print(const uint8_t *bytes, struct arena *arena) {
    struct slice tail = ipv4_print(bytes + 12, arena);
    const char *dotted = (const char *)tail.data;
    if (is_mapped(bytes)) return slice_of_text(arena_printf(arena, "::ffff:%s", dotted));
    if (is_compatible(bytes)) return slice_of_text(arena_printf(arena, "::%s", dotted));
    uint16_t groups[IPV6_GROUPS];
    for (uint32_t i = 0; i < IPV6_GROUPS; i++) groups[i] = load_be16(bytes + 2 * i);
    uint32_t size, gap = longest_gap(groups, &size);
    struct buffer text = buffer_of(arena);
    for (uint32_t i = 0; i < IPV6_GROUPS; i++) {
        if (size > 0 && i == gap) {
            buffer_append(&text, SLICE_LITERAL("::"));
            i += size - 1;
            continue;
        }
        bool is_behind_group = i > 0 && !(size > 0 && i == gap + size);
        buffer_printf(&text, "%s%x", is_behind_group ? ":" : "", groups[i]);
    }
    return buffer_slice(&text);
}

/* ---- functions ---- */

/* 1 to 4 numbers: what lacks is 0 before the last one ('127.1' is 127.0.0.1). */
static enum status eval_aton(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice text = in.args[0].text;
    uint64_t address = 0;
    uint32_t part = 0, dots = 0;
    bool has_digit = false;
    for (size_t i = 0; i < text.size; i++) {
        bool is_dot = text.data[i] == '.';
        bool is_digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (is_digit) part = part * 10 + (uint32_t)(text.data[i] - '0');
        if ((!is_digit && !is_dot) || part > 255) return tell_no_address(expr, context, text);
        has_digit = is_digit;
        if (!is_dot) continue;
        if (++dots > 3) return tell_no_address(expr, context, text);
        address = address << 8 | part;
        part = 0;
    }
    if (!has_digit) return tell_no_address(expr, context, text);
    uint32_t missing = 3 - dots;
    *out = value_of_uint((dots == 0 ? 0 : address << (8 * missing)) << 8 | part);
    return STATUS_OK;
}

static enum status eval_ntoa(const struct expr *expr, struct eval_context *context,
                             struct value *out) {
    struct function_input in;
    uint8_t bytes[IPV4_BYTES];
    enum status status = function_read(expr, context, "i", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    if (in.args[0].i < 0 || in.args[0].i > UINT32_MAX) {
        const char *text = arena_printf(context->arena, "%lld", (long long)in.args[0].i);
        return tell_no_address(expr, context, slice_of_text(text));
    }
    store_be32(bytes, (uint32_t)in.args[0].i);
    *out = function_text_result(expr, ipv4_print(bytes, context->arena));
    return STATUS_OK;
}

static enum status eval_aton6(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    uint8_t *bytes = arena_alloc(context->arena, IPV6_BYTES);
    if (ipv4_parse(in.args[0].text, bytes))
        *out = function_text_result(expr, slice_of(bytes, IPV4_BYTES));
    else if (ipv6_parse(in.args[0].text, bytes))
        *out = function_text_result(expr, slice_of(bytes, IPV6_BYTES));
    else
        return tell_no_address(expr, context, in.args[0].text);
    return STATUS_OK;
}

static enum status eval_ntoa6(const struct expr *expr, struct eval_context *context,
                              struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice bytes = in.args[0].text;
    bool is_binary = in.args[0].value.collation == COLLATION_BINARY;
    if (is_binary && bytes.size == IPV4_BYTES)
        *out = function_text_result(expr, ipv4_print(bytes.data, context->arena));
    else if (is_binary && bytes.size == IPV6_BYTES)
        *out = function_text_result(expr, ipv6_print(bytes.data, context->arena));
    else
        return tell_no_address(expr, context, bytes);
    return STATUS_OK;
}

static enum status eval_is_address(const struct expr *expr, struct eval_context *context,
                                   bool (*parse)(struct slice, uint8_t *), struct value *out) {
    struct function_input in;
    uint8_t bytes[IPV6_BYTES];
    enum status status = function_read(expr, context, "t", &in, out);
    if (status == STATUS_OK && !in.is_null) *out = value_of_int(parse(in.args[0].text, bytes));
    return status;
}

static enum status eval_is_ipv4(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    return eval_is_address(expr, context, ipv4_parse, out);
}

static enum status eval_is_ipv6(const struct expr *expr, struct eval_context *context,
                                struct value *out) {
    return eval_is_address(expr, context, ipv6_parse, out);
}

static enum status eval_is_mapped(const struct expr *expr, struct eval_context *context,
                                  struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice bytes = in.args[0].text;
    *out = value_of_int(bytes.size == IPV6_BYTES && is_mapped(bytes.data));
    return STATUS_OK;
}

static enum status eval_is_compatible(const struct expr *expr, struct eval_context *context,
                                      struct value *out) {
    struct function_input in;
    enum status status = function_read(expr, context, "t", &in, out);
    if (status != STATUS_OK || in.is_null) return status;
    struct slice bytes = in.args[0].text;
    *out = value_of_int(bytes.size == IPV6_BYTES && is_compatible(bytes.data));
    return STATUS_OK;
}

#define NULLABLE FUNCTION_ALWAYS_NULLABLE

static const struct function functions[] = {
    {"INET6_ATON", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_aton6, eval_aton6, 0},
    {"INET6_NTOA", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_ntoa6, eval_ntoa6, 0},
    {"INET_ATON", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_aton, eval_aton, 0},
    {"INET_NTOA", FUNCTION_SCALAR, 1, 1, NULLABLE, resolve_ntoa, eval_ntoa, 0},
    {"IS_IPV4", FUNCTION_SCALAR, 1, 1, 0, resolve_is, eval_is_ipv4, 0},
    {"IS_IPV4_COMPAT", FUNCTION_SCALAR, 1, 1, 0, resolve_is, eval_is_compatible, 0},
    {"IS_IPV4_MAPPED", FUNCTION_SCALAR, 1, 1, 0, resolve_is, eval_is_mapped, 0},
    {"IS_IPV6", FUNCTION_SCALAR, 1, 1, 0, resolve_is, eval_is_ipv6, 0},
};
const struct function_list function_networks = {functions, ARRAY_COUNT(functions)};
