/* as io/tls.c: if if */
#ifdef __linux__
int tls_kernel(void) { return 1; }
#endif
int tls_open(int a) {
#if 1
    a++;
#else
    a--;
#endif
    return a;
}
#if 2
int tls_close(int a) { return a; }
#endif
