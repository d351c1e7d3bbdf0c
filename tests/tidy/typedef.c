/* as row/value.h: typedef typedef typedef */
typedef struct value { int a; } value_of;
typedef struct slice slice;
typedef enum { A, B } letters;
typedef struct slice message_bytes; /* a name to paste */
typedef int (*value_compare)(int a, int b);
