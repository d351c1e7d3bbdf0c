"""Writes keyword_hash.h: a perfect hash of the words in keyword.def.

Usage: keyword_hash.py keyword.def keyword_hash.h

The hash of a word is keyword_hash_step of sql/keyword.h over its bytes. Its low 8 bits choose a bucket, the
bucket's shift moves the word to a slot of its own. Buckets are placed from the fullest to the emptiest.
"""
import re
import sys

BUCKETS = 256
SLOTS = 1024


def word_hash(word):
    value = 2166136261
    for byte in word.encode():
        value = ((value ^ (byte & 0xDF)) * 16777619) & 0xFFFFFFFF
    return value


def slot_of(value, shift):
    return ((value >> 8) + shift * ((value >> 20) | 1)) % SLOTS


def place(words):
    buckets = {}
    for index, word in enumerate(words):
        value = word_hash(word)
        buckets.setdefault(value % BUCKETS, []).append((value, index))
    slots, shifts = {}, [0] * BUCKETS
    for bucket, members in sorted(buckets.items(), key=lambda item: -len(item[1])):
        for shift in range(65536):
            wanted = {slot_of(value, shift) for value, _ in members}
            if len(wanted) == len(members) and not wanted & slots.keys():
                break
        else:
            sys.exit("no perfect hash: raise SLOTS")
        shifts[bucket] = shift
        slots.update({slot_of(value, shift): index for value, index in members})
    return shifts, slots


def rows(numbers):
    text = [str(number) for number in numbers]
    return "".join("    " + ", ".join(text[at : at + 16]) + ",\n" for at in range(0, len(text), 16))


def main():
    words = re.findall(r"^K\((\w+),", open(sys.argv[1]).read(), re.M)
    shifts, slots = place(words)
    with open(sys.argv[2], "w") as out:
        out.write("/* Written by keyword_hash.py from keyword.def. */\n#include <stdint.h>\n")
        out.write(f"#define KEYWORD_COUNT {len(words)}\n#define KEYWORD_SLOTS {SLOTS}\n")
        out.write(f"#define KEYWORD_SIZE_MAX {max(map(len, words))}\n")
        out.write(f"static const uint16_t keyword_shifts[{BUCKETS}] = {{\n{rows(shifts)}}};\n")
        out.write("/* index of the word + 1; 0: free */\n")
        table = [slots.get(slot, -1) + 1 for slot in range(SLOTS)]
        out.write(f"static const uint16_t keyword_slots[{SLOTS}] = {{\n{rows(table)}}};\n")


main()
