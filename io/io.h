/* io/io.h: the operating system as the rest of the tree may know it.
 *
 * Everything here returns outcomes as enum status; errno stays inside. What ends the process when
 * it fails (D3: a write, a sync, memory) says so and calls die(). One loop per executing thread;
 * disk, workers and the configuration store have threads of their own and answer through a mailbox
 * of the loop's thread.
 */
#ifndef IO_IO_H
#define IO_IO_H

#include "io/config_store.h"
#include "io/disk.h"
#include "io/entropy.h"
#include "io/file.h"
#include "io/life.h"
#include "io/loop.h"
#include "io/mailbox.h"
#include "io/memory.h"
#include "io/rsa.h"
#include "io/socket.h"
#include "io/tls.h"
#include "io/topology.h"
#include "io/worker.h"

#endif
