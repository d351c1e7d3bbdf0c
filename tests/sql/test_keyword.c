#include "sql/keyword.h"

#include <stdio.h>

#include "sql/grammar.h"
#include "tests/sql/parse_text.h"

static const struct keyword *find(const char *word) {
    uint32_t hash = KEYWORD_HASH_START;
    for (const char *c = word; *c != 0; c++) hash = keyword_hash_step(hash, (uint8_t)*c);
    return keyword_find((const uint8_t *)word, strlen(word), hash);
}

Test(keyword, every_word_is_found_by_its_hash) {
    size_t count;
    const struct keyword *keywords = keyword_list(&count);
    cr_assert_gt(count, 700);
    for (size_t i = 0; i < count; i++) cr_expect_eq(find(keywords[i].text), &keywords[i]);
}

Test(keyword, case_does_not_matter_and_other_words_are_not_found) {
    cr_expect_eq(find("select")->token, TOKEN_SELECT);
    cr_expect_eq(find("SeLeCt")->token, TOKEN_SELECT);
    cr_expect_null(find("selec"));
    cr_expect_null(find("sbtest1"));
    cr_expect_null(find("\x13"
                        "elect")); /* 'S' and this byte hash alike */
    cr_expect_null(find(""));
}

Test(keyword, there_are_as_many_reserved_words_as_in_8_4) {
    size_t count, reserved = 0, open = 0;
    const struct keyword *keywords = keyword_list(&count);
    for (size_t i = 0; i < count; i++) {
        reserved += keywords[i].class == KEYWORD_RESERVED;
        open += keywords[i].class == KEYWORD_OPEN;
    }
    cr_expect_eq(reserved, 264);
    cr_expect_eq(reserved + open, 731);
}

static void expect_name(const char *format, const char *word, enum status expected) {
    struct parsed parsed;
    char text[200];
    snprintf(text, sizeof(text), format, word, word);
    parse_text(&parsed, text, 0);
    cr_expect_eq(parsed.status, expected, "%s: %s", text, parsed.result.error.text);
    parsed_close(&parsed);
}

Test(keyword, words_that_are_not_reserved_are_names) {
    static const char *const formats[] = {
        "SELECT %s FROM t",
        "SELECT a AS %s FROM %s",
        "SELECT a %s FROM t WHERE %s = 1",
        "SELECT * FROM t %s WHERE %s.a = 1 ORDER BY %s",
        "CREATE TABLE %s (%s INT, b INT, KEY %s (%s))",
        "ALTER TABLE t ADD COLUMN %s INT, DROP %s",
        "INSERT INTO %s (%s) VALUES (1)",
        "UPDATE %s SET %s = 1",
        "DROP TABLE %s",
        "SELECT (%s) + %s",
    };
    size_t count;
    const struct keyword *keywords = keyword_list(&count);
    for (size_t i = 0; i < count; i++) {
        if (keywords[i].class == KEYWORD_RESERVED) continue;
        uint16_t token = keywords[i].token; /* options of SELECT, in MySQL too */
        if (token == TOKEN_SQL_BUFFER_RESULT || token == TOKEN_SQL_NO_CACHE) continue;
        for (size_t f = 0; f < ARRAY_COUNT(formats); f++) {
            char text[400];
            const char *word = keywords[i].text;
            snprintf(text, sizeof(text), formats[f], word, word, word, word);
            expect_name("%s", text, STATUS_OK);
        }
    }
}

Test(keyword, reserved_words_are_names_only_in_quotes_and_behind_a_dot) {
    size_t count;
    const struct keyword *keywords = keyword_list(&count);
    for (size_t i = 0; i < count; i++) {
        if (keywords[i].class != KEYWORD_RESERVED) continue;
        expect_name("CREATE TABLE t (%s INT)", keywords[i].text, STATUS_INVALID);
        expect_name("CREATE TABLE `%s` (`%s` INT)", keywords[i].text, STATUS_OK);
        expect_name("SELECT t.%s FROM db.%s", keywords[i].text, STATUS_OK);
    }
}
