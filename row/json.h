/* row/json.h: JSON documents: reading their text, and the text that MySQL normalises them to.
 *
 * A document is a tree in an arena; strings without escapes borrow from the text that was read. The normal text has the
 * members of an object by length of their names, then by bytes, the last of equal names; ", " and ": " stand between;
 * numbers are integers of 64 bits or doubles, which have a point or an exponent.
 */
#ifndef ROW_JSON_H
#define ROW_JSON_H

#include "row/value.h"

#define JSON_DEPTH_MAX 100 /* arrays and objects in each other */

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_INT,
    JSON_UINT, /* above what INT holds */
    JSON_DOUBLE,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json {
    uint8_t kind;     /* enum json_kind */
    uint32_t count;   /* ARRAY, OBJECT */
    uint32_t place;   /* a mark of whoever sorts or searches */
    struct slice key; /* of an OBJECT's member; UTF-8, without escapes */
    union {
        int64_t i;
        uint64_t u;
        double d;
        struct slice text;  /* STRING: UTF-8, without escapes */
        struct json *items; /* ARRAY, OBJECT: in the order of the normal text */
    };
};

/* What is wrong with a text, in MySQL's words, and at which byte. */
struct json_fault {
    const char *text;
    size_t at;
};

/* STATUS_INVALID: no JSON, see the fault. STATUS_TOO_LARGE: deeper than JSON_DEPTH_MAX. */
MUST_USE enum status json_parse(struct slice text, struct arena *arena, struct json *out,
                                struct json_fault *fault);
/* Sorts the members and drops those that a later one of the same name replaces. */
void json_sort_members(struct json *object);
/* A value that is not JSON as one: numbers are numbers, texts (utf8mb4) and dates strings. */
struct json json_of_value(const struct value *value, struct arena *arena);
/* The normal text. */
void json_print(const struct json *json, struct buffer *out);
struct value json_value(const struct json *json, struct arena *arena);
uint32_t json_depth(const struct json *json); /* 1: no array or object in it */
/* NULL below numbers, strings, objects, arrays, booleans; <0, 0, >0. */
int json_compare(const struct json *a, const struct json *b);
/* The same of two normal texts, where strings, arrays and objects go by their bytes; equal texts have one hash. */
int json_text_compare(struct slice a, struct slice b);
uint64_t json_text_hash(struct slice text, uint64_t seed);
/* What of a normal text counts as its number: TRUE is 1, a string what is in its quotes. */
struct slice json_number_text(struct slice text);
/* A string with its quotes and escapes. */
void json_print_string(struct slice text, struct buffer *out);

#endif
