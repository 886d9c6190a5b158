/* A C function that waits in the middle of its work, with arrays that live across the wait.
 *
 * The arrays lie on C's own stack in linear memory. `read_block` is the host's: it answers later, and
 * until then other calls of `checksum` run, on the same stack unless the host gives each its own.
 *
 * main.wasm is made by
 *   clang --target=wasm32 -O2 -fno-builtin -nostdlib -Wl,--no-entry -o main.wasm main.c
 */

__attribute__((import_module("host"), import_name("read_block")))
int read_block(int file, unsigned char *block, int size);

/* Its array lies below the frame of whoever calls, and is larger than that. */
__attribute__((noinline))
static void mix(unsigned *lanes, const unsigned char *block, int length) {
    unsigned counts[64];
    for (int i = 0; i < 64; i++)
        counts[i] = 0;
    for (int i = 0; i < length; i++)
        counts[block[i] % 64] += block[i];
    for (int i = 0; i < 64; i++)
        lanes[i % 8] = lanes[i % 8] * 31 + counts[(i + length) % 64];
}

__attribute__((export_name("checksum")))
unsigned checksum(int file) {
    unsigned char block[64];
    unsigned lanes[8];
    unsigned sum = 0;
    int length;
    for (int i = 0; i < 8; i++)
        lanes[i] = file;
    while ((length = read_block(file, block, sizeof block)) > 0)
        mix(lanes, block, length);
    for (int i = 0; i < 8; i++)
        sum = sum * 33 + lanes[i];
    return sum;
}
