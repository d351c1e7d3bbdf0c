#!/usr/bin/env python3
"""collation_tables.py: the weight tables of row/collation.c, as C on standard output.

    collation_tables.py allkeys.txt     (or no argument: Perl is asked where its copy is)

Two tables:

  ducet    one 32-bit entry for each code point that the DUCET lists: a single collation element packed as
           primary << 14 | secondary << 5 | tertiary, or DUCET_EXPANSION with the place and count of several.
           Contractions are left out. Code points without an entry get implicit weights in C.
  general  one 16-bit difference for each code point of the BMP: its upper-case base letter, by Unicode 3.2,
           which Python keeps frozen, less itself; so every build makes the same table.

Pages hold 256 code points; equal pages are kept once.
"""
import subprocess
import sys
import unicodedata

VERSION = "@version 13.0.0"
NONE = 0xFFFFFFFF
EXPANSION = 0x40000000
UCD = unicodedata.ucd_3_2_0


def allkeys_path():
    privlib = subprocess.check_output(["perl", "-MConfig", "-e", "print $Config{privlibexp}"],
                                      text=True)
    return privlib + "/Unicode/Collate/allkeys.txt"


def read_allkeys(path):
    """{code point: [(primary, secondary, tertiary), ...]}"""
    entries = {}
    version_seen = False
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.split("#")[0].strip()
            if line == VERSION:
                version_seen = True
            if not line or line.startswith("@"):
                continue
            points, elements = line.split(";")
            points = points.split()
            if len(points) > 1:
                continue
            weights = []
            for element in elements.strip().strip("[]").split("]["):
                weights.append(tuple(int(part, 16) for part in element[1:].split(".")))
            entries[int(points[0], 16)] = weights
    if not version_seen:
        sys.exit(f"{path} is not {VERSION}: keys would differ between builds")
    return entries


def pack(element):
    primary, secondary, tertiary = element
    assert primary < 1 << 16 and secondary < 1 << 9 and tertiary < 1 << 5
    return primary << 14 | secondary << 5 | tertiary


def pages_of(count, page_of):
    """(index, pages) of `count` pages, equal ones shared."""
    index, pages, places = [], [], {}
    for number in range(count):
        page = tuple(page_of(number))
        if page not in places:
            places[page] = len(pages)
            pages.append(page)
        index.append(places[page])
    return index, pages


def print_array(declaration, numbers, form):
    print(f"const {declaration} = {{")
    for at in range(0, len(numbers), 12):
        print("    " + ", ".join(form % number for number in numbers[at:at + 12]) + ",")
    print("};\n")


def print_pages(name, kind, index, pages, form):
    print_array(f"uint16_t {name}_index[{len(index)}]", index, "%d")
    print(f"const {kind} {name}_pages[{len(pages)}][256] = {{")
    for page in pages:
        print("    {")
        for at in range(0, 256, 12):
            print("        " + ", ".join(form % number for number in page[at:at + 12]) + ",")
        print("    },")
    print("};\n")


def print_ducet(entries):
    expansions = []
    packed = {}
    for point, elements in sorted(entries.items()):
        if len(elements) == 1:
            packed[point] = pack(elements[0])
        else:
            packed[point] = EXPANSION | len(expansions) << 6 | len(elements)
            expansions.extend(pack(element) for element in elements)
    assert len(expansions) < 1 << 24
    index, pages = pages_of(0x1100, lambda n: [packed.get(n << 8 | i, NONE) for i in range(256)])
    print_pages("ducet", "uint32_t", index, pages, "0x%x")
    print_array(f"uint32_t ducet_expansions[{len(expansions)}]", expansions, "0x%x")
    print_array("uint16_t ducet_ascii[128]", [packed[i] >> 14 for i in range(128)], "0x%x")


def general_weight(point):
    if 0xD800 <= point < 0xE000:
        return point
    if point == 0xDF:
        return ord("S")
    letter = chr(point)
    while True:
        parts = UCD.decomposition(letter).split()
        if not parts or parts[0].startswith("<"):
            break
        marks = [chr(int(part, 16)) for part in parts[1:]]
        if any(not UCD.category(mark).startswith("M") for mark in marks):
            break
        letter = chr(int(parts[0], 16))
    upper = letter.upper()
    if len(upper) == 1 and UCD.category(upper) != "Cn" and UCD.category(letter) != "Cn":
        letter = upper
    return ord(letter) if ord(letter) < 0x10000 else point


def print_general():
    weights = [(general_weight(point) - point) & 0xFFFF for point in range(0x10000)]
    index, pages = pages_of(0x100, lambda n: weights[n << 8:(n + 1) << 8])
    print_pages("general", "uint16_t", index, pages, "0x%x")


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else allkeys_path()
    print("/* Made by row/collation_tables.py. */")
    print('#include "row/collation_private.h"\n')
    print_ducet(read_allkeys(path))
    print_general()


main()
