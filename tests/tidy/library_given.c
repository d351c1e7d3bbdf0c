/* as row/collation.c: */
#include <nmmintrin.h>
#include <string.h>
#include <unicode/ucol.h>
