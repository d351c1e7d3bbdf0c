/* as storage/index.c: library threads threads threads threads */
#include <stdatomic.h>
static _Atomic int count;
void index_lock(void) {
    atomic_fetch_add(&count, 1);
    pthread_self();
}
