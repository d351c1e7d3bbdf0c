/* step.c: the list of effects that a step fills.
 *
 * The list and the messages live in one arena which the driver resets after carrying the effects
 * out, so adding an effect is a bump of a pointer.
 */
#include "wire/step.h"

void effects_open(struct effects *effects, struct arena *arena) {
    CHECK(arena != NULL);
    *effects = (struct effects){.arena = arena, .deadline_us = UINT64_MAX};
}

void effects_clear(struct effects *effects) {
    effects->list = NULL;
    effects->count = effects->capacity = 0;
    effects->deadline_us = UINT64_MAX;
}

static struct effect *effects_add(struct effects *effects, enum effect_kind kind) {
    if (effects->count == effects->capacity) {
        uint32_t capacity = MAX(8u, effects->capacity * 2);
        struct effect *list = arena_array(effects->arena, struct effect, capacity);
        if (effects->count > 0) memcpy(list, effects->list, effects->count * sizeof *list);
        effects->list = list;
        effects->capacity = capacity;
    }
    struct effect *effect = &effects->list[effects->count++];
    effect->kind = kind;
    return effect;
}

struct message *effects_message(struct effects *effects, enum message_kind kind) {
    struct message *message = arena_new(effects->arena, struct message);
    message->header.kind = (uint8_t)kind;
    message->header.wire_version = WIRE_VERSION;
    effects_add(effects, EFFECT_SEND)->message = message;
    return message;
}

struct message *effects_answer(struct effects *effects, const struct message *request,
                               enum message_kind kind) {
    struct message *answer = effects_message(effects, kind);
    answer->header.shard = request->header.shard;
    answer->header.from_node = request->header.to_node;
    answer->header.to_node = request->header.from_node;
    answer->header.from_incarnation = request->header.to_incarnation;
    answer->header.to_incarnation = request->header.from_incarnation;
    answer->header.request_id = request->header.request_id;
    return answer;
}

void effects_disk(struct effects *effects, const struct disk_op *op) {
    effects_add(effects, EFFECT_DISK)->disk_op = *op;
}

void effects_store(struct effects *effects, const struct store_op *op) {
    effects_add(effects, EFFECT_STORE)->store_op = *op;
}

void effects_note(struct effects *effects, struct slice text) {
    effects_add(effects, EFFECT_NOTE)->note = text;
}

void effects_stop(struct effects *effects, const char *reason) {
    CHECK(reason != NULL);
    effects_add(effects, EFFECT_STOP)->stop_reason = reason;
}

void effects_deadline(struct effects *effects, uint64_t deadline_us) {
    effects->deadline_us = MIN(effects->deadline_us, deadline_us);
}
