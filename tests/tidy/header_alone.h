/* as row/value.h: header-alone */
struct value { uint64_t bits; };
