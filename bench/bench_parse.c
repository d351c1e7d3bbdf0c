/* bench/bench_parse.c: what reading a statement costs, from a point select to a multi-row INSERT.
 *
 * For each text: parse_normalise alone (the hot path, when the plan is cached) and parse_statement into an arena
 * that is reset. Nanoseconds of CPU a statement, the median of eleven rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sql/normalise.h"
#include "sql/parse.h"
#include "tests/base/chunks.h"

enum { ROUNDS = 11, KEY_MAX = 1 << 16, LITERAL_MAX = 1024 };

static uint8_t key[KEY_MAX];
static struct literal literals[LITERAL_MAX];

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double normalise_rounds(struct slice text, int count) {
    double start = now_ns();
    for (int i = 0; i < count; i++) {
        struct normalised normalised = {key, KEY_MAX, literals, LITERAL_MAX, 0, 0};
        CHECK(parse_normalise(text, 0, &normalised));
    }
    return (now_ns() - start) / count;
}

static double parse_rounds(struct slice text, int count) {
    struct chunks chunks = chunks_open();
    struct arena arena;
    arena_open(&arena, &chunks.source, 0);
    double start = now_ns();
    for (int i = 0; i < count; i++) {
        struct parse_input input = {.text = text, .mode = PARSE_LIFT_LITERALS};
        struct parse_result result;
        CHECK(parse_statement(&arena, &input, &result) == STATUS_OK);
        arena_reset(&arena);
    }
    double spent = (now_ns() - start) / count;
    arena_close(&arena);
    return spent;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double (*rounds)(struct slice, int), struct slice text) {
    double times[ROUNDS];
    int count = (int)(4000000 / (text.size + 20));
    for (int i = 0; i < ROUNDS; i++) times[i] = rounds(text, count);
    qsort(times, ROUNDS, sizeof(times[0]), compare);
    return times[ROUNDS / 2];
}

int main(void) {
    static const char *const texts[] = {
        "SELECT c FROM sbtest1 WHERE id=123",
        "SELECT c FROM sbtest1 WHERE id BETWEEN 5000 AND 5099",
        "SELECT DISTINCT c FROM sbtest1 WHERE id BETWEEN 5000 AND 5099 ORDER BY c",
        "UPDATE sbtest1 SET c='08566691963-88624912351-16662227201-46648573979-64646226163-"
        "77505759394-75470094713-41097360717-15161106334-50535565977' WHERE id=5017",
        "INSERT INTO sbtest1 (id, k, c, pad) VALUES (5017, 4992, "
        "'08566691963-88624912351-16662227201-"
        "46648573979', '63188288836-92351140030-06390587585-66802097351-49282961843')",
        "SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id LEFT "
        "JOIN "
        "regions r ON r.id = c.region_id WHERE o.state IN ('new', 'paid', 'sent') AND o.created >= "
        "'2024-01-01' AND (c.vip = 1 OR o.total > 100.50) ORDER BY o.created DESC LIMIT 20, 10",
    };
    printf("%10s %10s  statement\n", "key ns", "parse ns");
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct slice text = slice_of_text(texts[i]);
        printf("%10.0f %10.0f  %.60s\n", median(normalise_rounds, text), median(parse_rounds, text),
               texts[i]);
    }
    return 0;
}
