/* sim/disk.h: a disk that keeps what was synced and does as the seed says with the rest.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "sim/sim.h"

struct sim_disk;

struct sim_disk *sim_disk_open(struct sim *sim);
void sim_disk_close(struct sim_disk *disk);
/* Begins the operation of `node`; its done event comes later through the queue. */
void sim_disk_submit(struct sim_disk *disk, uint16_t node, uint32_t life, const struct disk_op *op);
/* The operation's moment has come: it takes effect and `done_out` is filled; bytes live until the next call. false: it
 * failed, which ends the process (D3). */
bool sim_disk_perform(struct sim_disk *disk, const void *payload, struct disk_done *done_out);
/* Power is gone: unsynced writes are lost, torn or kept. */
void sim_disk_crash(struct sim_disk *disk);
/* No file grows any more, until it has room again. */
enum sim_room { SIM_ROOM, SIM_FULL };
void sim_disk_set_room(struct sim_disk *disk, enum sim_room room);
/* Every file is gone: a new disk. */
void sim_disk_wipe(struct sim_disk *disk);
/* Flips a bit in the synced bytes of some file; false when there are none. */
bool sim_disk_rot(struct sim_disk *disk);

#endif
