/* collation.c: how strings are ordered, hashed and made into memcmp keys.
 *
 * Every collation turns a string into weights: bytes, bytes through a table, one weight per
 * character (general), or collation elements (DUCET; up to three levels, a level's weights after
 * the whole level before). A struct cursor yields the weights of one level. Everything else is made
 * from it:
 *
 *   compare  skips the bytes that are equal (weights depend on no neighbour), then compares weights
 *   hash     hashes weights by the chunk
 *   key      writes weights, big endian, with an end that sorts below any weight
 *
 *   (C1) PAD SPACE: a string stands for itself and endless spaces. Compare gives the exhausted
 *        side the weight of the space. A key writes each run of spaces inside as: space, LESS |
 *        GREATER (how the next weight stands to the space), count; and its end as: space, END.
 *        LESS < END < GREATER, so a key ends as the endless run would. Counts rise under LESS and
 *        are inverted under GREATER.
 *   (C2) No key is a prefix of another: NO PAD bytes escape 00 as 00 ff and end with 00 00; DUCET
 *        levels end with 0000, no weight being 0; PAD SPACE ends with space, END.
 *   (C3) Ignorable characters (weight 0 at a level) yield nothing on it.
 */
#include "row/collation.h"

#include "base/hash.h"
#include "row/collation_private.h"

#define WEIGHT_END (-1)
enum { RUN_LESS = 1, RUN_END = 2, RUN_GREATER = 3 };
#define RUN_COUNT_LONG 255 /* then the count follows in four bytes */
#define DUCET_SPACE    ((int32_t)ducet_ascii[' '])
#define HASH_CHUNK     128

/* ASCII letters to upper case, all else as it is. */
static const uint8_t ascii_weights[256] = {
    0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,  16,  17,  18,
    19,  20,  21,  22,  23,  24,  25,  26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,
    38,  39,  40,  41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51,  52,  53,  54,  55,  56,
    57,  58,  59,  60,  61,  62,  63,  64,  65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,
    76,  77,  78,  79,  80,  81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,
    95,  96,  65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  81,
    82,  83,  84,  85,  86,  87,  88,  89,  90,  123, 124, 125, 126, 127, 128, 129, 130, 131, 132,
    133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151,
    152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170,
    171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189,
    190, 191, 192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208,
    209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223, 224, 225, 226, 227,
    228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246,
    247, 248, 249, 250, 251, 252, 253, 254, 255,
};
/* Swedish: letters without their accents, then A-ring, A-umlaut, O-umlaut after Z. */
static const uint8_t latin1_swedish_weights[256] = {
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
    16,   17,   18,   19,   20,   21,   22,   23,   24,   25,   26,   27,   28,   29,   30,   31,
    32,   33,   34,   35,   36,   37,   38,   39,   40,   41,   42,   43,   44,   45,   46,   47,
    48,   49,   50,   51,   52,   53,   54,   55,   56,   57,   58,   59,   60,   61,   62,   63,
    64,   65,   66,   67,   68,   69,   70,   71,   72,   73,   74,   75,   76,   77,   78,   79,
    80,   81,   82,   83,   84,   85,   86,   87,   88,   89,   90,   91,   92,   93,   94,   95,
    96,   65,   66,   67,   68,   69,   70,   71,   72,   73,   74,   75,   76,   77,   78,   79,
    80,   81,   82,   83,   84,   85,   86,   87,   88,   89,   90,   123,  124,  125,  126,  127,
    128,  129,  130,  131,  132,  133,  134,  135,  136,  137,  138,  139,  140,  141,  142,  143,
    144,  145,  146,  147,  148,  149,  150,  151,  152,  153,  154,  155,  156,  157,  158,  159,
    160,  161,  162,  163,  164,  165,  166,  167,  168,  169,  170,  171,  172,  173,  174,  175,
    176,  177,  178,  179,  180,  181,  182,  183,  184,  185,  186,  187,  188,  189,  190,  191,
    0x41, 0x41, 0x41, 0x41, 0x5c, 0x5b, 0x5c, 0x43, 0x45, 0x45, 0x45, 0x45, 0x49, 0x49, 0x49, 0x49,
    0x44, 0x4e, 0x4f, 0x4f, 0x4f, 0x4f, 0x5d, 0xd7, 0xd8, 0x55, 0x55, 0x55, 0x59, 0x59, 0xde, 0xdf,
    0x41, 0x41, 0x41, 0x41, 0x5c, 0x5b, 0x5c, 0x43, 0x45, 0x45, 0x45, 0x45, 0x49, 0x49, 0x49, 0x49,
    0x44, 0x4e, 0x4f, 0x4f, 0x4f, 0x4f, 0x5d, 0xf7, 0xd8, 0x55, 0x55, 0x55, 0x59, 0x59, 0xde, 0xff,
};

#define BYTES   COLLATION_ORDER_BYTES
#define TABLE8  COLLATION_ORDER_TABLE8
#define GENERAL COLLATION_ORDER_GENERAL
#define DUCET   COLLATION_ORDER_DUCET
#define COLLATION(number, set, how, level_count, pad, standard, binary, text, table)               \
    {                                                                                              \
        .id = (number), .charset = (set), .order = (how), .levels = (level_count),                 \
        .pad_space = (pad), .is_default = (standard), .is_binary = (binary), .name = (text),       \
        .table8 = (table)                                                                          \
    }
/* By id. */
static const struct collation collations[] = {
    COLLATION(8, CHARSET_LATIN1, TABLE8, 1, 1, 1, 0, "latin1_swedish_ci", latin1_swedish_weights),
    COLLATION(11, CHARSET_ASCII, TABLE8, 1, 1, 1, 0, "ascii_general_ci", ascii_weights),
    COLLATION(33, CHARSET_UTF8MB3, GENERAL, 1, 1, 1, 0, "utf8mb3_general_ci", NULL),
    COLLATION(45, CHARSET_UTF8MB4, GENERAL, 1, 1, 0, 0, "utf8mb4_general_ci", NULL),
    COLLATION(46, CHARSET_UTF8MB4, BYTES, 1, 1, 0, 1, "utf8mb4_bin", NULL),
    COLLATION(47, CHARSET_LATIN1, BYTES, 1, 1, 0, 1, "latin1_bin", NULL),
    COLLATION(63, CHARSET_BINARY, BYTES, 1, 0, 1, 1, "binary", NULL),
    COLLATION(65, CHARSET_ASCII, BYTES, 1, 1, 0, 1, "ascii_bin", NULL),
    COLLATION(83, CHARSET_UTF8MB3, BYTES, 1, 1, 0, 1, "utf8mb3_bin", NULL),
    COLLATION(192, CHARSET_UTF8MB3, DUCET, 1, 1, 0, 0, "utf8mb3_unicode_ci", NULL),
    COLLATION(224, CHARSET_UTF8MB4, DUCET, 1, 1, 0, 0, "utf8mb4_unicode_ci", NULL),
    COLLATION(246, CHARSET_UTF8MB4, DUCET, 1, 1, 0, 0, "utf8mb4_unicode_520_ci", NULL),
    COLLATION(255, CHARSET_UTF8MB4, DUCET, 1, 0, 1, 0, "utf8mb4_0900_ai_ci", NULL),
    COLLATION(278, CHARSET_UTF8MB4, DUCET, 3, 0, 0, 0, "utf8mb4_0900_as_cs", NULL),
    COLLATION(305, CHARSET_UTF8MB4, DUCET, 2, 0, 0, 0, "utf8mb4_0900_as_ci", NULL),
    COLLATION(309, CHARSET_UTF8MB4, BYTES, 1, 0, 0, 1, "utf8mb4_0900_bin", NULL),
};

/* Place in collations + 1, by id. */
static const uint8_t collation_places[] = {
    [8] = 1,  [11] = 2,   [33] = 3,   [45] = 4,   [46] = 5,   [47] = 6,   [63] = 7,   [65] = 8,
    [83] = 9, [192] = 10, [224] = 11, [246] = 12, [255] = 13, [278] = 14, [305] = 15, [309] = 16,
};

const struct collation *collation_find(uint32_t id) {
    if (id >= ARRAY_COUNT(collation_places) || collation_places[id] == 0) return NULL;
    const struct collation *collation = &collations[collation_places[id] - 1];
    CHECK(collation->id == id);
    return collation;
}

const struct collation *collation_find_name(struct slice name) {
    for (size_t i = 0; i < ARRAY_COUNT(collations); i++) {
        if (slice_equal_nocase(name, slice_of_text(collations[i].name))) return &collations[i];
    }
    struct slice old = SLICE_LITERAL("utf8_"); /* utf8_bin is utf8mb3_bin */
    if (name.size <= old.size || !slice_equal_nocase(slice_part(name, 0, old.size), old)) {
        return NULL;
    }
    struct slice rest = slice_part(name, old.size, name.size);
    for (size_t i = 0; i < ARRAY_COUNT(collations); i++) {
        struct slice full = slice_of_text(collations[i].name);
        if (collations[i].charset == CHARSET_UTF8MB3 &&
            slice_equal_nocase(rest, slice_part(full, sizeof("utf8mb3_") - 1, full.size))) {
            return &collations[i];
        }
    }
    return NULL;
}

const struct collation *collation_at(size_t index) {
    return index < ARRAY_COUNT(collations) ? &collations[index] : NULL;
}

static const struct collation *collation_known(uint16_t id) {
    const struct collation *collation = collation_find(id);
    CHECK(collation != NULL);
    return collation;
}

const struct charset *collation_charset(uint16_t id) {
    return charset_find(collation_known(id)->charset);
}

/* --- collation elements --- */

#define HANGUL_FIRST   0xac00u
#define HANGUL_LAST    0xd7a3u
#define HANGUL_VOWELS  21u
#define HANGUL_FINALS  28u
#define JAMO_LEADING   0x1100u
#define JAMO_VOWEL     0x1161u
#define JAMO_FINAL     0x11a7u
#define ELEMENT_COMMON (0x20u << 5 | 0x2u) /* secondary and tertiary of ordinary characters */

static bool is_core_han(uint32_t c) {
    if (c >= 0x4e00 && c <= 0x9ffc) return true;
    return c >= 0xfa0e && c <= 0xfa29 && ducet_entry(c) == DUCET_NONE;
}
static bool is_other_han(uint32_t c) {
    return (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x2a6dd) ||
           (c >= 0x2a700 && c <= 0x2b734) || (c >= 0x2b740 && c <= 0x2b81d) ||
           (c >= 0x2b820 && c <= 0x2cea1) || (c >= 0x2ceb0 && c <= 0x2ebe0) ||
           (c >= 0x30000 && c <= 0x3134a);
}

/* The two implicit weights of a code point without an entry (UTS 10, section 10.1). */
static uint32_t implicit_elements(uint32_t c, uint32_t *made) {
    uint32_t first = 0xfbc0 + (c >> 15), second = (c & 0x7fff) | 0x8000;
    if (is_core_han(c)) {
        first = 0xfb40 + (c >> 15);
    } else if (is_other_han(c)) {
        first = 0xfb80 + (c >> 15);
    } else if ((c >= 0x17000 && c <= 0x18aff) || (c >= 0x18d00 && c <= 0x18d8f)) {
        first = 0xfb00; /* Tangut */
        second = (c - 0x17000) | 0x8000;
    } else if (c >= 0x1b170 && c <= 0x1b2ff) {
        first = 0xfb01; /* Nushu */
        second = (c - 0x1b170) | 0x8000;
    } else if (c >= 0x18b00 && c <= 0x18cff) {
        first = 0xfb02; /* Khitan */
        second = (c - 0x18b00) | 0x8000;
    }
    made[0] = first << 14 | ELEMENT_COMMON;
    made[1] = second << 14; /* ignorable below the first level */
    return 2;
}

uint32_t ducet_elements(uint32_t code_point, uint32_t *made, const uint32_t **elements_out) {
    uint32_t entry = ducet_entry(code_point);
    *elements_out = made;
    if (entry < DUCET_EXPANSION) {
        made[0] = entry;
        return 1;
    }
    if (entry != DUCET_NONE) {
        *elements_out = &ducet_expansions[(entry - DUCET_EXPANSION) >> 6];
        return entry & (DUCET_ELEMENT_COUNT_MAX - 1);
    }
    if (code_point < HANGUL_FIRST || code_point > HANGUL_LAST) {
        return implicit_elements(code_point, made);
    }
    uint32_t syllable = code_point - HANGUL_FIRST, final = syllable % HANGUL_FINALS;
    made[0] = ducet_entry(JAMO_LEADING + syllable / (HANGUL_VOWELS * HANGUL_FINALS));
    made[1] = ducet_entry(JAMO_VOWEL + syllable / HANGUL_FINALS % HANGUL_VOWELS);
    made[2] = ducet_entry(JAMO_FINAL + final);
    return final == 0 ? 2 : 3;
}

/* --- weights --- */

struct cursor {
    const uint8_t *at, *end;
    const struct collation *collation;
    uint32_t level; /* 1 to 3 */
    uint32_t pending_count;
    const uint32_t *pending; /* elements of the character before `at`, still to come */
    uint32_t made[4];
};

static void cursor_open(struct cursor *cursor, const struct collation *collation, struct slice text,
                        uint32_t level) {
    cursor->at = text.data;
    cursor->end = text.data + text.size;
    cursor->collation = collation;
    cursor->level = level;
    cursor->pending_count = 0;
}

static int32_t cursor_next_ducet(struct cursor *cursor) {
    for (;;) {
        while (cursor->pending_count > 0) {
            cursor->pending_count--;
            uint32_t weight = element_weight(*cursor->pending++, cursor->level);
            if (weight != 0) return (int32_t)weight; /* (C3) */
        }
        if (cursor->at == cursor->end) return WEIGHT_END;
        if (cursor->level == 1 && *cursor->at < 0x80 && ducet_ascii[*cursor->at] != 0)
            return ducet_ascii[*cursor->at++]; /* most of most texts */
        uint32_t size;
        uint32_t code_point = code_point_at(cursor->at, cursor->end, &size);
        cursor->at += size;
        uint32_t entry = ducet_entry(code_point);
        if (entry < DUCET_EXPANSION) {
            uint32_t weight = element_weight(entry, cursor->level);
            if (weight != 0) return (int32_t)weight;
            continue;
        }
        cursor->pending_count = ducet_elements(code_point, cursor->made, &cursor->pending);
    }
}

static int32_t cursor_next(struct cursor *cursor) {
    uint32_t size;
    switch ((enum collation_order)cursor->collation->order) {
    case COLLATION_ORDER_BYTES: return cursor->at == cursor->end ? WEIGHT_END : *cursor->at++;
    case COLLATION_ORDER_TABLE8:
        if (cursor->at == cursor->end) return WEIGHT_END;
        return cursor->collation->table8[*cursor->at++];
    case COLLATION_ORDER_GENERAL: {
        if (cursor->at == cursor->end) return WEIGHT_END;
        uint32_t code_point = code_point_at(cursor->at, cursor->end, &size);
        cursor->at += size;
        return (int32_t)general_weight(code_point);
    }
    case COLLATION_ORDER_DUCET: return cursor_next_ducet(cursor);
    }
    UNREACHABLE();
}

/* The weight of the space for PAD SPACE, WEIGHT_END for NO PAD. */
static int32_t pad_weight(const struct collation *collation) {
    if (!collation->pad_space) return WEIGHT_END;
    return collation->order == COLLATION_ORDER_DUCET ? DUCET_SPACE : ' ';
}

/* --- compare --- */

/* `weight` and what follows it against endless spaces (C1). */
static int compare_to_pad(struct cursor *cursor, int32_t weight, int32_t pad) {
    if (pad == WEIGHT_END) return 1;
    for (; weight != WEIGHT_END; weight = cursor_next(cursor)) {
        if (weight != pad) return weight < pad ? -1 : 1;
    }
    return 0;
}

static int compare_level(const struct collation *collation, struct slice a, struct slice b,
                         uint32_t level) {
    struct cursor x, y;
    cursor_open(&x, collation, a, level);
    cursor_open(&y, collation, b, level);
    int32_t pad = pad_weight(collation);
    for (;;) {
        int32_t v = cursor_next(&x), w = cursor_next(&y);
        if (v == w) {
            if (v == WEIGHT_END) return 0;
            continue;
        }
        if (w == WEIGHT_END) return compare_to_pad(&x, v, pad);
        if (v == WEIGHT_END) return -compare_to_pad(&y, w, pad);
        return v < w ? -1 : 1;
    }
}

/* Bytes at the front that are equal. */
static size_t common_size(struct slice a, struct slice b) {
    size_t size = MIN(a.size, b.size), at = 0;
    while (at + 8 <= size) {
        uint64_t difference = load_le64(a.data + at) ^ load_le64(b.data + at);
        if (difference != 0) return at + (size_t)__builtin_ctzll(difference) / 8;
        at += 8;
    }
    while (at < size && a.data[at] == b.data[at]) at++;
    return at;
}

/* Back to the start of a character, so that both tails decode as they would in the whole.
 * Ill-formed bytes are no starts but decode one by one; then all is decoded. */
static size_t back_to_character(struct slice text, size_t at) {
    for (size_t back = 0; back <= 3 && back <= at; back++) {
        if (at - back == 0 || (text.data[at - back - 1] & 0x80) == 0) return at - back;
        if (text.data[at - back - 1] >= 0xc0) return at - back - 1;
    }
    return 0;
}

/* ASCII against ASCII, first level: 0 when the answer needs the cursors. */
static int compare_ascii(struct slice a, struct slice b) {
    size_t size = MIN(a.size, b.size);
    for (size_t i = 0; i < size; i++) {
        if ((a.data[i] | b.data[i]) >= 0x80) return 0;
        int32_t v = ducet_ascii[a.data[i]], w = ducet_ascii[b.data[i]];
        if (v == 0 || w == 0) return 0;
        if (v != w) return v < w ? -1 : 1;
    }
    return 0;
}

int collation_compare(uint16_t id, struct slice a, struct slice b) {
    const struct collation *collation = collation_known(id);
    if (collation->order == COLLATION_ORDER_BYTES && !collation->pad_space) {
        return slice_compare(a, b);
    }
    size_t same = common_size(a, b);
    if (same == a.size && same == b.size) return 0;
    if (charset_is_utf8(collation->charset)) same = back_to_character(a, same);
    a = slice_part(a, same, a.size);
    b = slice_part(b, same, b.size);
    if (collation->order == COLLATION_ORDER_DUCET) {
        int order = compare_ascii(a, b);
        if (order != 0) return order;
    }
    for (uint32_t level = 1; level <= collation->levels; level++) {
        int order = compare_level(collation, a, b, level);
        if (order != 0) return order;
    }
    return 0;
}

bool collation_equal(uint16_t id, struct slice a, struct slice b) {
    if (slice_equal(a, b)) return true;
    return collation_compare(id, a, b) == 0;
}

/* --- hash --- */

struct slice_hash {
    uint64_t hash;
    uint32_t count;
    uint16_t weights[HASH_CHUNK];
};

static void hash_weight(struct slice_hash *h, int32_t weight) {
    h->weights[h->count++] = (uint16_t)weight;
    if (h->count < HASH_CHUNK) return;
    h->hash = hash_bytes_seeded(slice_of(h->weights, sizeof(h->weights)), h->hash);
    h->count = 0;
}

/* First level: the ASCII characters at the front up to one that may not count; returns how many those were. */
static size_t hash_ascii(struct slice_hash *h, struct slice text, int32_t pad) {
    size_t at = 0;
    for (; at < text.size && text.data[at] < 0x80; at++) {
        uint16_t weight = ducet_ascii[text.data[at]];
        if (weight == pad) break;
        if (weight != 0) hash_weight(h, weight); /* (C3) */
    }
    return at;
}

static void hash_level(struct slice_hash *h, const struct collation *collation, struct slice text,
                       uint32_t level) {
    struct cursor cursor;
    int32_t pad = pad_weight(collation), weight;
    bool is_simple = level == 1 && collation->order == COLLATION_ORDER_DUCET;
    size_t ascii = is_simple ? hash_ascii(h, text, pad) : 0;
    cursor_open(&cursor, collation, slice_part(text, ascii, text.size), level);
    uint64_t run = 0; /* spaces that count only when something follows */
    while ((weight = cursor_next(&cursor)) != WEIGHT_END) {
        if (weight == pad) {
            run++;
            continue;
        }
        for (; run > 0; run--) hash_weight(h, pad);
        hash_weight(h, weight);
    }
}

static struct slice without_trailing_spaces(struct slice text) {
    while (text.size > 0 && text.data[text.size - 1] == ' ') text.size--;
    return text;
}

uint64_t collation_hash(uint16_t id, struct slice text, uint64_t seed) {
    const struct collation *collation = collation_known(id);
    if (collation->pad_space) text = without_trailing_spaces(text);
    if (collation->order == COLLATION_ORDER_BYTES) return hash_bytes_seeded(text, seed);
    struct slice_hash h;
    h.hash = seed;
    h.count = 0;
    for (uint32_t level = 1; level <= collation->levels; level++) {
        if (level > 1) hash_weight(&h, 0);
        hash_level(&h, collation, text, level);
    }
    return hash_bytes_seeded(slice_of(h.weights, h.count * sizeof(h.weights[0])), h.hash);
}

/* --- keys --- */

static void key_put_weight(struct buffer *out, int32_t weight, uint32_t bytes) {
    if (bytes == 2) buffer_append_byte(out, (uint8_t)(weight >> 8));
    buffer_append_byte(out, (uint8_t)weight);
}

/* (C1) */
static void key_put_run(struct buffer *out, uint32_t run, uint8_t side) {
    uint8_t bytes[6];
    uint32_t size = 2;
    bytes[0] = side;
    bytes[1] = (uint8_t)MIN(run, RUN_COUNT_LONG);
    if (run >= RUN_COUNT_LONG) {
        store_be32(bytes + 2, run);
        size = 6;
    }
    for (uint32_t i = 1; i < size && side == RUN_GREATER; i++) bytes[i] = (uint8_t)~bytes[i];
    buffer_append(out, slice_of(bytes, size));
}

enum key_end { KEY_ENDS, KEY_GOES_ON };

static void key_of_padded(const struct collation *collation, struct slice text, enum key_end end,
                          struct buffer *out) {
    bool is_wide =
        collation->order == COLLATION_ORDER_GENERAL || collation->order == COLLATION_ORDER_DUCET;
    uint32_t bytes = is_wide ? 2 : 1;
    int32_t pad = pad_weight(collation), weight;
    struct cursor cursor;
    cursor_open(&cursor, collation, text, 1);
    uint32_t run = 0;
    while ((weight = cursor_next(&cursor)) != WEIGHT_END) {
        if (weight == pad) {
            run++;
            continue;
        }
        if (run > 0) {
            key_put_weight(out, pad, bytes);
            key_put_run(out, run, weight < pad ? RUN_LESS : RUN_GREATER);
            run = 0;
        }
        key_put_weight(out, weight, bytes);
    }
    if (end == KEY_GOES_ON) return;
    key_put_weight(out, pad, bytes);
    buffer_append_byte(out, RUN_END);
}

static void key_of_bytes(struct slice text, enum key_end end, struct buffer *out) {
    const uint8_t *at = text.data, *stop = text.data + text.size;
    buffer_reserve(out, text.size + 2);
    while (at < stop) {
        const uint8_t *zero = memchr(at, 0, (size_t)(stop - at));
        const uint8_t *until = zero == NULL ? stop : zero;
        buffer_append(out, slice_of(at, (size_t)(until - at)));
        if (zero != NULL) buffer_append(out, slice_of("\x00\xff", 2));
        at = until + (zero != NULL);
    }
    if (end == KEY_ENDS) buffer_append(out, slice_of("\0", 2));
}

/* Eight bytes none of which is ignorable or begins something longer: all from 20 to 7e. Each byte is tested where it
 * does not touch its neighbours: below 80 its top bit is free. */
static bool are_plain_ascii(const uint8_t *at) {
    const uint64_t tops = UINT64_C(0x8080808080808080), ones = UINT64_C(0x0101010101010101);
    uint64_t bytes = load_le64(at);
    if ((bytes & tops) != 0) return false;
    uint64_t from_20 = bytes + ones * (0x80 - 0x20), from_7f = bytes + ones;
    return (from_20 & ~from_7f & tops) == tops;
}

/* Their weights, 16 bytes. */
static void key_put_plain(const uint8_t *at, uint8_t *to) {
    for (uint32_t i = 0; i < 8; i += 4) {
        uint64_t four = (uint64_t)ducet_ascii[at[i]] << 48 |
                        (uint64_t)ducet_ascii[at[i + 1]] << 32 |
                        (uint64_t)ducet_ascii[at[i + 2]] << 16 | ducet_ascii[at[i + 3]];
        store_be64(to + 2 * i, four);
    }
}

/* The weights of the ASCII characters at the front; returns how many bytes those were. */
static size_t key_of_ascii(struct slice text, struct buffer *out) {
    buffer_reserve(out, text.size * 2 + 2);
    uint8_t *to = out->data + out->size;
    size_t at = 0;
    for (; at + 8 <= text.size && are_plain_ascii(text.data + at); at += 8, to += 16)
        key_put_plain(text.data + at, to);
    for (; at < text.size && text.data[at] < 0x80; at++) {
        uint16_t weight = ducet_ascii[text.data[at]];
        store_be16(to, weight);
        to += weight == 0 ? 0 : 2; /* (C3) */
    }
    out->size = (size_t)(to - out->data);
    return at;
}

static void key_of_levels(const struct collation *collation, struct slice text, enum key_end end,
                          struct buffer *out) {
    uint32_t levels = end == KEY_ENDS ? collation->levels : 1;
    size_t ascii = key_of_ascii(text, out);
    for (uint32_t level = 1; level <= levels; level++) {
        struct cursor cursor;
        struct slice rest = slice_part(text, level == 1 ? ascii : 0, text.size);
        cursor_open(&cursor, collation, rest, level);
        int32_t weight;
        while ((weight = cursor_next(&cursor)) != WEIGHT_END) key_put_weight(out, weight, 2);
        if (end == KEY_ENDS) key_put_weight(out, 0, 2);
    }
}

static void key_of_text(uint16_t id, struct slice text, enum key_end end, struct buffer *out) {
    const struct collation *collation = collation_known(id);
    if (collation->pad_space) {
        key_of_padded(collation, text, end, out);
    } else if (collation->order == COLLATION_ORDER_BYTES) {
        key_of_bytes(text, end, out);
    } else {
        key_of_levels(collation, text, end, out);
    }
}

void collation_sort_key(uint16_t id, struct slice text, struct buffer *out) {
    key_of_text(id, text, KEY_ENDS, out);
}

void collation_prefix_key(uint16_t id, struct slice prefix, struct buffer *out) {
    key_of_text(id, prefix, KEY_GOES_ON, out);
}
