/* timezone.c: what does the clock on the wall show at a moment?
 *
 * TZif version 2+: | header | version 1 data | header | transitions i64.. | types u8.. | (offset i32, dst u8, name u8).. | .. | footer |
 * The footer is a POSIX TZ text: std offset dst [offset],rule,rule. It decides after the last transition.
 *   (T1) Foreign bytes: every count is checked against what is left before it is used.
 *   (T2) Local time to UTC: at most two offsets are possible near a moment; the one before the change is tried first (Z1).
 */
#include "sql/timezone.h"

#include "row/temporal.h"

#define TYPES_MAX       256
#define TRANSITIONS_MAX 4096

/* One half of a footer's rule: Mm.w.d/time. */
struct rule {
    uint32_t month, week, weekday;
    int32_t second_of_day;
};

struct time_zone {
    uint32_t transition_count;
    const int64_t *transitions; /* epoch seconds, rising */
    const int32_t *offsets;     /* in force from transitions[i] on */
    int32_t first_offset;       /* before all transitions */
    bool has_rules;             /* else the last offset goes on for ever */
    int32_t standard_offset, summer_offset;
    struct rule to_summer, to_standard;
};

/* ---- the footer ---- */

struct cursor {
    struct slice text;
    size_t at;
};

static uint8_t peek(const struct cursor *cursor) {
    return cursor->at < cursor->text.size ? cursor->text.data[cursor->at] : 0;
}

static bool take_byte(struct cursor *cursor, uint8_t byte) {
    if (peek(cursor) != byte) return false;
    cursor->at++;
    return true;
}

static bool read_number(struct cursor *cursor, uint32_t *out) {
    size_t start = cursor->at;
    *out = 0;
    while (peek(cursor) >= '0' && peek(cursor) <= '9' && cursor->at - start < 4) {
        *out = *out * 10 + (uint32_t)(peek(cursor) - '0');
        cursor->at++;
    }
    return cursor->at > start;
}

/* "EST" or "<+0330>". */
static bool skip_name(struct cursor *cursor) {
    size_t start = cursor->at;
    if (take_byte(cursor, '<')) {
        while (peek(cursor) != '>' && peek(cursor) != 0) cursor->at++;
        return take_byte(cursor, '>');
    }
    while ((peek(cursor) | 32) >= 'a' && (peek(cursor) | 32) <= 'z') cursor->at++;
    return cursor->at > start;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool read_time(struct cursor *cursor, int32_t *out) {
    bool is_negative = peek(cursor) == '-';
    if (is_negative || peek(cursor) == '+') cursor->at++;
    uint32_t parts[3] = {0};
    if (!read_number(cursor, &parts[0])) return false;
    for (uint32_t i = 1; i < 3 && take_byte(cursor, ':'); i++) {
        if (!read_number(cursor, &parts[i])) return false;
    }
    if (parts[0] > 167 || parts[1] > 59 || parts[2] > 59) return false;
    int32_t seconds = (int32_t)(parts[0] * 3600 + parts[1] * 60 + parts[2]);
    *out = is_negative ? -seconds : seconds;
    return true;
}

static bool read_rule(struct cursor *cursor, struct rule *rule) {
    rule->second_of_day = 7200;
    bool is_read = take_byte(cursor, ',') && take_byte(cursor, 'M') &&
                   read_number(cursor, &rule->month) && take_byte(cursor, '.') &&
                   read_number(cursor, &rule->week) && take_byte(cursor, '.') &&
                   read_number(cursor, &rule->weekday);
    if (!is_read || rule->month < 1 || rule->month > 12 || rule->week < 1 || rule->week > 5 ||
        rule->weekday > 6) {
        return false;
    }
    return !take_byte(cursor, '/') || read_time(cursor, &rule->second_of_day);
}

/* POSIX counts offsets westwards. A footer that is empty or of a kind not known here leaves has_rules off. */
static void footer_read(struct time_zone *zone, struct slice footer) {
    struct cursor cursor = {footer, 0};
    int32_t west;
    if (!skip_name(&cursor) || !read_time(&cursor, &west)) return;
    zone->standard_offset = -west;
    zone->summer_offset = zone->standard_offset + 3600;
    if (!skip_name(&cursor)) return;
    if (peek(&cursor) != ',' && read_time(&cursor, &west)) zone->summer_offset = -west;
    zone->has_rules =
        read_rule(&cursor, &zone->to_summer) && read_rule(&cursor, &zone->to_standard);
}

/* Local seconds since 1970 at which the rule comes in force in that year. */
static int64_t rule_moment(const struct rule *rule, uint32_t year) {
    int64_t first = temporal_day_number(year, rule->month, 1);
    uint32_t sunday_based = (temporal_weekday(first) + 1) % 7; /* temporal: Monday is 0 */
    uint32_t day = 1 + (rule->weekday + 7 - sunday_based) % 7 + (rule->week - 1) * 7;
    uint32_t last = temporal_days_in_month(year, rule->month);
    while (day > last) day -= 7;
    int64_t days = first + day - 1 - temporal_day_number(1970, 1, 1);
    return days * 86400 + rule->second_of_day;
}

static int32_t rules_offset(const struct time_zone *zone, int64_t epoch_s) {
    int64_t packed;
    int64_t local_us = (epoch_s + zone->standard_offset) * 1000000;
    if (temporal_from_epoch_us(local_us, &packed) != STATUS_OK) return zone->standard_offset;
    uint32_t year = temporal_unpack(packed).year;
    int64_t summer = rule_moment(&zone->to_summer, year) - zone->standard_offset;
    int64_t standard = rule_moment(&zone->to_standard, year) - zone->summer_offset;
    bool is_summer = summer < standard ? epoch_s >= summer && epoch_s < standard
                                       : epoch_s >= summer || epoch_s < standard;
    return is_summer ? zone->summer_offset : zone->standard_offset;
}

/* ---- the file ---- */

struct tzif_header {
    uint32_t utc_count, standard_count, leap_count, time_count, type_count, name_bytes;
    uint8_t version;
};

static uint32_t read_be32(struct reader *reader) { return __builtin_bswap32(reader_u32(reader)); }

static bool header_read(struct reader *reader, struct tzif_header *header) {
    struct slice magic = reader_take(reader, 4);
    header->version = reader_u8(reader);
    reader_take(reader, 15);
    header->utc_count = read_be32(reader);
    header->standard_count = read_be32(reader);
    header->leap_count = read_be32(reader);
    header->time_count = read_be32(reader);
    header->type_count = read_be32(reader);
    header->name_bytes = read_be32(reader);
    return !reader->failed && slice_equal(magic, SLICE_LITERAL("TZif")) &&
           header->type_count >= 1 && header->type_count <= TYPES_MAX &&
           header->time_count <= TRANSITIONS_MAX && header->name_bytes <= 4096 &&
           header->leap_count <= 4096 && header->utc_count <= TYPES_MAX &&
           header->standard_count <= TYPES_MAX;
}

static void skip_data(struct reader *reader, const struct tzif_header *header, size_t time_bytes) {
    reader_take(reader, header->time_count * (time_bytes + 1) + header->type_count * 6u +
                            header->name_bytes + header->leap_count * (time_bytes + 4) +
                            header->standard_count + header->utc_count);
}

/* (T1) */
static void data_read(struct reader *reader, const struct tzif_header *header, struct arena *arena,
                      struct time_zone *zone) {
    int64_t *transitions = arena_array(arena, int64_t, header->time_count + 1);
    int32_t *offsets = arena_array(arena, int32_t, header->time_count + 1);
    for (uint32_t i = 0; i < header->time_count; i++) {
        transitions[i] = (int64_t)__builtin_bswap64(reader_u64(reader));
        if (i > 0 && transitions[i] <= transitions[i - 1]) reader_fail(reader);
    }
    struct slice types = reader_take(reader, header->time_count);
    struct slice kinds = reader_take(reader, header->type_count * 6u);
    for (uint32_t i = 0; i < header->time_count && !reader->failed; i++) {
        if (types.data[i] >= header->type_count) {
            reader_fail(reader);
            return;
        }
        offsets[i] = (int32_t)load_be32(kinds.data + types.data[i] * 6u);
    }
    if (!reader->failed) zone->first_offset = (int32_t)load_be32(kinds.data);
    reader_take(reader, header->name_bytes + header->leap_count * 12u + header->standard_count +
                            header->utc_count);
    zone->transitions = transitions;
    zone->offsets = offsets;
    zone->transition_count = header->time_count;
}

static bool offsets_are_sane(const struct time_zone *zone) {
    for (uint32_t i = 0; i < zone->transition_count; i++) {
        if (zone->offsets[i] < -100000 || zone->offsets[i] > 100000) return false;
    }
    return zone->first_offset > -100000 && zone->first_offset < 100000;
}

enum status time_zone_open(struct slice tzif, struct arena *arena, const struct time_zone **out) {
    struct reader reader = reader_of(tzif);
    struct tzif_header header;
    if (!header_read(&reader, &header) || header.version < '2') return STATUS_CORRUPT;
    skip_data(&reader, &header, 4);
    if (!header_read(&reader, &header)) return STATUS_CORRUPT;
    struct time_zone *zone = arena_new(arena, struct time_zone);
    data_read(&reader, &header, arena, zone);
    bool has_footer = reader_u8(&reader) == '\n';
    if (reader.failed || !has_footer || !offsets_are_sane(zone)) return STATUS_CORRUPT;
    footer_read(zone, slice_of(reader.at, reader_left(&reader)));
    *out = zone;
    return STATUS_OK;
}

enum status time_zone_of_offset(struct slice text, struct arena *arena,
                                const struct time_zone **out) {
    struct cursor cursor = {text, 0};
    if (peek(&cursor) != '+' && peek(&cursor) != '-') return STATUS_INVALID;
    int32_t seconds;
    bool is_read = read_time(&cursor, &seconds) && cursor.at == text.size;
    bool has_minutes = memchr(text.data, ':', text.size) != NULL;
    if (!is_read || !has_minutes || seconds < -50340 || seconds > 50400) return STATUS_INVALID;
    struct time_zone *zone = arena_new(arena, struct time_zone);
    zone->first_offset = seconds;
    *out = zone;
    return STATUS_OK;
}

/* ---- conversions ---- */

int32_t time_zone_offset(const struct time_zone *zone, int64_t epoch_s) {
    if (zone == NULL) return 0;
    if (zone->transition_count == 0) {
        return zone->has_rules ? rules_offset(zone, epoch_s) : zone->first_offset;
    }
    if (epoch_s < zone->transitions[0]) return zone->first_offset;
    uint32_t low = 0, high = zone->transition_count; /* transitions[low] <= epoch_s */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (zone->transitions[middle] <= epoch_s)
            low = middle;
        else
            high = middle;
    }
    bool is_after_all = low + 1 == zone->transition_count;
    return is_after_all && zone->has_rules ? rules_offset(zone, epoch_s) : zone->offsets[low];
}

static int64_t floor_seconds(int64_t us) {
    return us >= 0 ? us / 1000000 : -((999999 - us) / 1000000);
}

int64_t time_zone_from_utc(const struct time_zone *zone, int64_t epoch_us) {
    return epoch_us + (int64_t)time_zone_offset(zone, floor_seconds(epoch_us)) * 1000000;
}

/* (T2): the offsets a day before and a day after are the only candidates. */
int64_t time_zone_to_utc(const struct time_zone *zone, int64_t local_us) {
    int64_t local_s = floor_seconds(local_us);
    int64_t before = time_zone_offset(zone, local_s - 86400);
    int64_t after = time_zone_offset(zone, local_s + 86400);
    bool fits_before = time_zone_offset(zone, local_s - before) == before;
    bool fits_after = time_zone_offset(zone, local_s - after) == after;
    int64_t offset = fits_before || !fits_after ? before : after;
    return local_us - offset * 1000000;
}

struct value timezone_to_local(const struct time_zone *zone, const struct value *timestamp) {
    CHECK(timestamp->kind == VALUE_TIMESTAMP);
    int64_t packed = 0;
    if (timestamp->i != 0) {
        enum status status =
            temporal_from_epoch_us(time_zone_from_utc(zone, timestamp->i), &packed);
        CHECK(status == STATUS_OK);
    }
    return value_of_temporal(VALUE_DATETIME, packed, timestamp->scale);
}

enum status timezone_to_timestamp(const struct time_zone *zone, const struct value *local,
                                  struct value *out) {
    CHECK(local->kind == VALUE_DATETIME || local->kind == VALUE_DATE);
    *out = value_of_temporal(VALUE_TIMESTAMP, 0, local->scale);
    if (local->i == 0) return STATUS_OK;
    if (!temporal_date_legal(local->i, TEMPORAL_NO_ZERO_IN_DATE | TEMPORAL_NO_ZERO_DATE)) {
        return STATUS_INVALID;
    }
    int64_t us = time_zone_to_utc(zone, temporal_to_epoch_us(local->i));
    if (us < 1000000 || us > TIMESTAMP_US_MAX) return STATUS_OUT_OF_RANGE;
    out->i = us;
    return STATUS_OK;
}

#define OFFSET_BYTES 6 /* +01:00 */

bool timezone_text_has_offset(struct slice text) {
    if (text.size < OFFSET_BYTES) return false;
    const uint8_t *offset = text.data + text.size - OFFSET_BYTES;
    return (offset[0] == '+' || offset[0] == '-') && offset[3] == ':';
}

bool timezone_of_text(const struct time_zone *zone, struct slice text, struct value *out) {
    struct temporal_parsed parsed;
    enum status status = temporal_parse_date_time(text, FSP_MAX, TEMPORAL_NO_ZERO_IN_DATE, &parsed);
    if (status != STATUS_OK || parsed.offset_minutes == TEMPORAL_OFFSET_NONE) return false;
    int64_t ahead_us = (int64_t)parsed.offset_minutes * 60 * US_PER_SECOND, packed;
    int64_t utc_us = temporal_to_epoch_us(parsed.packed) - ahead_us;
    if (temporal_from_epoch_us(time_zone_from_utc(zone, utc_us), &packed) != STATUS_OK)
        return false;
    *out = value_of_temporal(VALUE_DATETIME, packed, parsed.fsp);
    return true;
}
