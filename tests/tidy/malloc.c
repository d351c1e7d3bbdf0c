/* as sql/plan.c: malloc malloc malloc */
void plan_open(struct plan *plan) {
    char *name = strdup("malloc(1)"); /* free(name) */
    plan->rows = malloc(4);
    plan->pool.free(plan->rows);
    plan_free(plan);
    free(name);
}
