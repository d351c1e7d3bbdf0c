/* zone.c: a name that a client gave becomes a file below /usr/share/zoneinfo, and no other. */
#include "server/zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/io.h"

enum { ZONE_NAME_BYTES_MAX = 64, ZONE_FILE_BYTES_MAX = 1 << 20 };

/* Letters, digits and a few signs; no dot, so that no way leads up. */
static bool zone_name_is_legal(struct slice name) {
    if (name.size == 0 || name.size > ZONE_NAME_BYTES_MAX || name.data[0] == '/') return false;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        bool is_alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_alphanumeric && c != '/' && c != '_' && c != '-' && c != '+') return false;
    }
    return true;
}

enum status zone_read(void *context, struct slice name, struct arena *arena,
                      struct slice *bytes_out) {
    (void)context;
    char path[128] = "/etc/localtime";
    struct slice bytes;
    if (!slice_equal(name, SLICE_LITERAL("SYSTEM"))) {
        if (!zone_name_is_legal(name)) return STATUS_NOT_FOUND;
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", (int)name.size,
                 (const char *)name.data);
    }
    if (file_read(path, ZONE_FILE_BYTES_MAX, &bytes) != STATUS_OK) return STATUS_NOT_FOUND;
    *bytes_out = arena_copy(arena, bytes);
    free((void *)(uintptr_t)bytes.data);
    return bytes_out->size >= 4 && memcmp(bytes_out->data, "TZif", 4) == 0 ? STATUS_OK
                                                                           : STATUS_NOT_FOUND;
}
