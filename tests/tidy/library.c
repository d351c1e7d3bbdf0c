/* as protocol/packet.c: library library library */
#include <openssl/evp.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
