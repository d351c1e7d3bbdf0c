/* test_front.c: the mysql client logs in and asks, over a unix socket, against a fake session. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/front.h"
#include "server/peers.h"
#include "tests/server/fake_sql.h"

struct world {
    char directory[64], address[128];
    struct loop *loop;
    struct heap heap;
    struct driver *driver;
    struct cluster *cluster;
    struct front *front;
};

static void nothing_step(void *machine, const struct event *event, struct effects *out) {
    (void)machine;
    (void)event;
    (void)out;
}

static void world_open(struct world *world, const char *connections_max) {
    const struct front_variable limit = {"max_connections", connections_max};
    int fd;
    snprintf(world->directory, sizeof world->directory, "/tmp/tessera-front-XXXXXX");
    cr_assert_not_null(mkdtemp(world->directory));
    snprintf(world->address, sizeof world->address, "unix:%s/sql", world->directory);
    world->loop = loop_open();
    heap_open(&world->heap);
    world->driver = driver_open(&(struct driver_options){
        .loop = world->loop, .source = &world->heap.source, .node = 201, .role = ROLE_SQL});
    world->cluster = fake_cluster_open();
    struct driven *driven;
    const struct machine_options machine = {.node = 201, .step = nothing_step, .name = "cluster"};
    cr_assert_eq(driver_add(world->driver, &machine, &driven), STATUS_OK);
    driven_start(driven, world->cluster);
    world->front = front_open(&(struct front_options){.loop = world->loop,
                                                      .driver = world->driver,
                                                      .driven = driven,
                                                      .cluster = world->cluster,
                                                      .source = &world->heap.source,
                                                      .node = 201,
                                                      .certificate_directory = world->directory,
                                                      .variables = &limit,
                                                      .variable_count = 1});
    cr_assert_eq(socket_listen(world->address, SOCKET_EVERYBODY, &fd), STATUS_OK);
    front_listen(world->front, fd);
}

static void world_close(struct world *world) {
    char command[128];
    front_close(world->front);
    driver_close(world->driver);
    fake_cluster_close(world->cluster);
    loop_close(world->loop);
    cr_assert_eq(world->heap.out_bytes, 0);
    heap_close(&world->heap);
    snprintf(command, sizeof command, "rm -r %s", world->directory);
    cr_assert_eq(system(command), 0);
}

/* Serves until the shell command has ended; returns its exit status. */
static int world_run(struct world *world, const char *command) {
    char path[160];
    int status;
    snprintf(path, sizeof path, "%s", world->address + strlen("unix:"));
    pid_t pid = fork();
    if (pid == 0) {
        setenv("SOCKET", path, 1);
        unsetenv("MYSQL_PWD");
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    while (waitpid(pid, &status, WNOHANG) == 0)
        driver_turn(world->driver, clock_monotonic_us() + 5000);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define CLIENT "mariadb --no-defaults --socket=$SOCKET --batch --skip-column-names "

static void expect(const char *command) {
    struct world world;
    world_open(&world, "100");
    cr_expect_eq(world_run(&world, command), 0, "%s", command);
    world_close(&world);
}

Test(front, root_logs_in_and_selects_one) {
    expect("test \"$(" CLIENT "-u root -e 'SELECT 1')\" = 1");
}

Test(front, a_session_runs_inside_tls) {
    expect("test \"$(" CLIENT "--ssl -u root -e 'SELECT 1; SELECT 1' | tr -d '\\n')\" = 11");
}

Test(front, a_salted_password_is_verified_by_the_worker_and_then_cached) {
    expect("for i in 1 2; do test \"$(" CLIENT
           "-u ada -plovelace -e 'SELECT 1')\" = 1 || exit 1; done");
}

Test(front, a_wrong_password_is_refused) {
    expect(CLIENT "-u ada -pbyron -e 'SELECT 1' 2>&1 | grep -q '1045.*28000'");
}

Test(front, an_unknown_user_is_refused_as_a_known_one) {
    expect(CLIENT "-u nobody -pbyron -e 'SELECT 1' 2>&1 | grep -q '1045.*28000'");
}

Test(front, a_native_password_is_switched_to) {
    expect("test \"$(" CLIENT "-u ada_native -plovelace -e 'SELECT 1')\" = 1");
}

Test(front, an_unknown_database_is_refused_at_login) {
    expect(CLIENT "-u root nosuch -e 'SELECT 1' 2>&1 | grep -q 1049");
}

Test(front, many_rows_flow_while_the_client_reads) {
    expect("test \"$(" CLIENT "-u root -e ROWS | tail -n 1)\" = 100000");
}

Test(front, rows_flow_through_tls_and_compression) {
    expect("test \"$(" CLIENT "--ssl --compress -u root -e ROWS | wc -l)\" = 100000");
}

Test(front, statements_wait_on_fibers_side_by_side) {
    expect("for i in 1 2 3 4 5 6 7 8; do " CLIENT "-u root -e SLEEP & done; wait");
}

Test(front, a_client_that_goes_away_in_a_statement_is_forgotten) {
    expect(CLIENT "-u root -e 'ROWS' | head -n 1; " CLIENT "-u root -e 'SELECT 1'");
}

Test(front, one_connection_too_many_is_told_so) {
    struct world world;
    world_open(&world, "1");
    cr_expect_eq(
        world_run(&world,
                  "cd ${SOCKET%/*} && mkfifo in; " CLIENT "-n -u root <in >out & exec 3>in; "
                  "echo 'SELECT 1;' >&3; until grep -q 1 out; do :; done; " CLIENT
                  "-u root -e 'SELECT 1' 2>&1 | grep -q 1040; s=$?; exec 3>&-; wait; exit $s"),
        0);
    world_close(&world);
}
