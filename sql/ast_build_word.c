/* ast_build_word.c: which value of an enum does a word stand for?
 *
 * The grammar names the words of a rule in one line; here each gets its meaning. A word that is missing here is a
 * rule that was extended in one place only, so the lists end the process rather than guess.
 */
#include "sql/ast_build.h"
#include "sql/grammar.h"

struct word_value {
    uint16_t token;
    uint16_t value;
};

static int value_of(const struct word_value *words, size_t count, const struct token *word) {
    for (size_t i = 0; i < count; i++) {
        if (words[i].token == word->kind) return words[i].value;
    }
    UNREACHABLE();
}

int build_unit(const struct token *word) {
    static const struct word_value words[] = {
        {TOKEN_MICROSECOND, AST_UNIT_MICROSECOND},
        {TOKEN_SECOND, AST_UNIT_SECOND},
        {TOKEN_MINUTE, AST_UNIT_MINUTE},
        {TOKEN_HOUR, AST_UNIT_HOUR},
        {TOKEN_DAY, AST_UNIT_DAY},
        {TOKEN_WEEK, AST_UNIT_WEEK},
        {TOKEN_MONTH, AST_UNIT_MONTH},
        {TOKEN_QUARTER, AST_UNIT_QUARTER},
        {TOKEN_YEAR, AST_UNIT_YEAR},
        {TOKEN_SECOND_MICROSECOND, AST_UNIT_SECOND_MICROSECOND},
        {TOKEN_MINUTE_MICROSECOND, AST_UNIT_MINUTE_MICROSECOND},
        {TOKEN_MINUTE_SECOND, AST_UNIT_MINUTE_SECOND},
        {TOKEN_HOUR_MICROSECOND, AST_UNIT_HOUR_MICROSECOND},
        {TOKEN_HOUR_SECOND, AST_UNIT_HOUR_SECOND},
        {TOKEN_HOUR_MINUTE, AST_UNIT_HOUR_MINUTE},
        {TOKEN_DAY_MICROSECOND, AST_UNIT_DAY_MICROSECOND},
        {TOKEN_DAY_SECOND, AST_UNIT_DAY_SECOND},
        {TOKEN_DAY_MINUTE, AST_UNIT_DAY_MINUTE},
        {TOKEN_DAY_HOUR, AST_UNIT_DAY_HOUR},
        {TOKEN_YEAR_MONTH, AST_UNIT_YEAR_MONTH},
    };
    return value_of(words, ARRAY_COUNT(words), word);
}

int build_type_word(const struct token *word) {
    static const struct word_value words[] = {
        {TOKEN_TINYINT, AST_TYPE_TINYINT},
        {TOKEN_SMALLINT, AST_TYPE_SMALLINT},
        {TOKEN_MEDIUMINT, AST_TYPE_MEDIUMINT},
        {TOKEN_INT, AST_TYPE_INT},
        {TOKEN_BIGINT, AST_TYPE_BIGINT},
        {TOKEN_FIXED, AST_TYPE_DECIMAL},
        {TOKEN_DECIMAL, AST_TYPE_DECIMAL},
        {TOKEN_FLOAT, AST_TYPE_FLOAT},
        {TOKEN_DOUBLE, AST_TYPE_DOUBLE},
        {TOKEN_BIT, AST_TYPE_BIT},
        {TOKEN_BOOLEAN, AST_TYPE_BOOL},
        {TOKEN_DATE, AST_TYPE_DATE},
        {TOKEN_TIME, AST_TYPE_TIME},
        {TOKEN_DATETIME, AST_TYPE_DATETIME},
        {TOKEN_TIMESTAMP, AST_TYPE_TIMESTAMP},
        {TOKEN_YEAR, AST_TYPE_YEAR},
        {TOKEN_BINARY, AST_TYPE_BINARY},
        {TOKEN_VARCHAR, AST_TYPE_VARCHAR},
        {TOKEN_VARBINARY, AST_TYPE_VARBINARY},
        {TOKEN_TINYTEXT, AST_TYPE_TINYTEXT},
        {TOKEN_TEXT, AST_TYPE_TEXT},
        {TOKEN_MEDIUMTEXT, AST_TYPE_MEDIUMTEXT},
        {TOKEN_LONGTEXT, AST_TYPE_LONGTEXT},
        {TOKEN_TINYBLOB, AST_TYPE_TINYBLOB},
        {TOKEN_BLOB, AST_TYPE_BLOB},
        {TOKEN_MEDIUMBLOB, AST_TYPE_MEDIUMBLOB},
        {TOKEN_LONGBLOB, AST_TYPE_LONGBLOB},
        {TOKEN_JSON, AST_TYPE_JSON},
        {TOKEN_GEOMETRY, AST_TYPE_GEOMETRY},
        {TOKEN_POINT, AST_TYPE_POINT},
        {TOKEN_LINESTRING, AST_TYPE_LINESTRING},
        {TOKEN_POLYGON, AST_TYPE_POLYGON},
        {TOKEN_MULTIPOINT, AST_TYPE_MULTIPOINT},
        {TOKEN_MULTILINESTRING, AST_TYPE_MULTILINESTRING},
        {TOKEN_MULTIPOLYGON, AST_TYPE_MULTIPOLYGON},
        {TOKEN_GEOMETRYCOLLECTION, AST_TYPE_GEOMETRYCOLLECTION},
    };
    return value_of(words, ARRAY_COUNT(words), word);
}

int build_comparator(const struct token *word) {
    static const struct word_value words[] = {
        {TOKEN_EQ, AST_EXPR_EQUAL},         {TOKEN_NULL_SAFE_EQ, AST_EXPR_NULL_SAFE_EQUAL},
        {TOKEN_NE, AST_EXPR_NOT_EQUAL},     {TOKEN_LT, AST_EXPR_LESS},
        {TOKEN_LE, AST_EXPR_LESS_EQUAL},    {TOKEN_GT, AST_EXPR_GREATER},
        {TOKEN_GE, AST_EXPR_GREATER_EQUAL},
    };
    return value_of(words, ARRAY_COUNT(words), word);
}

int build_select_word(const struct token *word) {
    static const struct word_value words[] = {
        {TOKEN_ALL, AST_SELECT_ALL},
        {TOKEN_DISTINCT, AST_SELECT_DISTINCT},
        {TOKEN_HIGH_PRIORITY, AST_SELECT_HIGH_PRIORITY},
        {TOKEN_STRAIGHT_JOIN, AST_SELECT_STRAIGHT_JOIN},
        {TOKEN_SQL_SMALL_RESULT, AST_SELECT_SMALL_RESULT},
        {TOKEN_SQL_BIG_RESULT, AST_SELECT_BIG_RESULT},
        {TOKEN_SQL_BUFFER_RESULT, AST_SELECT_BUFFER_RESULT},
        {TOKEN_SQL_NO_CACHE, AST_SELECT_NO_CACHE},
        {TOKEN_SQL_CALC_FOUND_ROWS, AST_SELECT_CALC_FOUND_ROWS},
    };
    return value_of(words, ARRAY_COUNT(words), word);
}

int build_text_option(const struct token *word) {
    static const struct word_value words[] = {
        {TOKEN_COMMENT, AST_OPTION_COMMENT},
        {TOKEN_COMPRESSION, AST_OPTION_COMPRESSION},
        {TOKEN_CONNECTION, AST_OPTION_CONNECTION},
        {TOKEN_ENCRYPTION, AST_OPTION_ENCRYPTION},
        {TOKEN_PASSWORD, AST_OPTION_PASSWORD},
        {TOKEN_ENGINE_ATTRIBUTE, AST_OPTION_ENGINE_ATTRIBUTE},
        {TOKEN_SECONDARY_ENGINE_ATTRIBUTE, AST_OPTION_SECONDARY_ENGINE_ATTRIBUTE},
    };
    return value_of(words, ARRAY_COUNT(words), word);
}

int build_number_option(const struct token *word) {
    static const struct word_value words[] = {
        {TOKEN_AUTO_INCREMENT, AST_OPTION_AUTO_INCREMENT},
        {TOKEN_MAX_ROWS, AST_OPTION_MAX_ROWS},
        {TOKEN_MIN_ROWS, AST_OPTION_MIN_ROWS},
        {TOKEN_AVG_ROW_LENGTH, AST_OPTION_AVG_ROW_LENGTH},
        {TOKEN_CHECKSUM, AST_OPTION_CHECKSUM},
        {TOKEN_TABLE_CHECKSUM, AST_OPTION_CHECKSUM},
        {TOKEN_DELAY_KEY_WRITE, AST_OPTION_DELAY_KEY_WRITE},
        {TOKEN_KEY_BLOCK_SIZE, AST_OPTION_KEY_BLOCK_SIZE},
        {TOKEN_PACK_KEYS, AST_OPTION_PACK_KEYS},
        {TOKEN_STATS_AUTO_RECALC, AST_OPTION_STATS_AUTO_RECALC},
        {TOKEN_STATS_PERSISTENT, AST_OPTION_STATS_PERSISTENT},
        {TOKEN_STATS_SAMPLE_PAGES, AST_OPTION_STATS_SAMPLE_PAGES},
    };
    return value_of(words, ARRAY_COUNT(words), word);
}

int build_word_option(const struct token *word) {
    static const struct word_value words[] = {
        {TOKEN_ENGINE, AST_OPTION_ENGINE},
        {TOKEN_SECONDARY_ENGINE, AST_OPTION_SECONDARY_ENGINE},
        {TOKEN_ROW_FORMAT, AST_OPTION_ROW_FORMAT},
        {TOKEN_INSERT_METHOD, AST_OPTION_INSERT_METHOD},
        {TOKEN_TABLESPACE, AST_OPTION_TABLESPACE},
        {TOKEN_STORAGE, AST_OPTION_STORAGE},
        {TOKEN_AUTOEXTEND_SIZE, AST_OPTION_AUTOEXTEND_SIZE},
    };
    return value_of(words, ARRAY_COUNT(words), word);
}
