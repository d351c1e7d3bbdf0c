/* The main of a fuzzer without libFuzzer: gives it the files named on the command line, one after the other. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
    const size_t size_max = (size_t)1 << 24;
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        uint8_t *data = malloc(size_max);
        if (file == NULL || data == NULL) return 1;
        size_t size = fread(data, 1, size_max, file);
        fclose(file);
        data = realloc(data, size + 1); /* so that a read behind the end is seen */
        LLVMFuzzerTestOneInput(data, size);
        free(data);
        printf("%s: %zu bytes\n", argv[i], size);
    }
    return 0;
}
