/* server/store_ops.h: the configuration store's operations of wire/step.h on a real store. */
#ifndef SERVER_STORE_OPS_H
#define SERVER_STORE_OPS_H

#include "io/io.h"
#include "wire/step.h"

struct store_ops;

struct store_ops_options {
    struct loop *loop;
    const char *path; /* of the SQLite database */
    /* Called for each done event; its bytes are valid during the call. */
    void (*done)(void *context, const struct store_done *done);
    void *context;
};

/* Statuses of config_store_open. */
MUST_USE enum status store_ops_open(const struct store_ops_options *options,
                                    struct store_ops **ops_out);
void store_ops_close(struct store_ops *ops);
/* Copies what the operation names. */
void store_ops_submit(struct store_ops *ops, const struct store_op *op);

#endif
