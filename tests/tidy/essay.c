// as wire/x.c: essay
int x(void) { return 1; }
