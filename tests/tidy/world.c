/* as cluster/txn.c: world world world world world */
void txn_wait(struct txn *txn) {
    sleep(1);
    txn->started = time(NULL);
    txn->number = rand();
    int s = socket(1, 2, 3);
    struct clock clock = clock_of(txn->time(3));
    txn_connect(s, clock);
    open("file", 0);
}
