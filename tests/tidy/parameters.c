/* as io/loop.h: parameters parameters bool bool bool */
struct loop;
void loop_six(struct loop *loop, int a, int b, int c, int d, int e);
void loop_five(struct loop *loop, int (*call)(int, int), int b, int c, int d);
void loop_log(struct loop *loop, const char *format, ...) __attribute__((format(printf, 2, 3)));
void loop_pause(struct loop *loop, bool now);
void loop_resume(struct loop *loop, bool *was_paused_out);
static inline int loop_inline(int a, int b, int c, int d, int e, int f) {
    return a + b + c + d + e + f;
}
static inline int loop_flag(const bool flag, bool) { return flag; }
/* shape fixed by OpenSSL: the message callback. */
void loop_on_tls(int out, int version, int type, const void *bytes, size_t size, void *ssl, void *loop);
