/* One slot of the spool, written as docs/reference/spool-format.md says: little endian, CRC-32 in front. */

#ifndef PRIVACYLIB_SLOTS_H
#define PRIVACYLIB_SLOTS_H

#include <stdint.h>
#include <string.h>
#include <time.h>

enum { PRIVACYLIB_SLOT = 64, PRIVACYLIB_BODY = 60 };

/* privacylib_crc[k][b] is the checksum of the byte b and k zeros behind it, so that eight bytes take one step. */
static uint32_t privacylib_crc[8][256];

static void privacylib_crc_tables(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++)
            rest = (rest >> 1) ^ (rest & 1 ? UINT32_C(0xEDB88320) : 0);
        privacylib_crc[0][byte] = rest;
    }
    for (int zeros = 1; zeros < 8; zeros++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = privacylib_crc[zeros - 1][byte];
            privacylib_crc[zeros][byte] = (before >> 8) ^ privacylib_crc[0][before & 0xFF];
        }
}

/* Compilers make one load or store of each of these where the machine has it. */
static inline uint32_t privacylib_load32(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void privacylib_store16(unsigned char *at, uint16_t value)
{
    at[0] = value & 0xFF;
    at[1] = value >> 8;
}

static inline void privacylib_store32(unsigned char *at, uint32_t value)
{
    at[0] = value & 0xFF;
    at[1] = value >> 8 & 0xFF;
    at[2] = value >> 16 & 0xFF;
    at[3] = value >> 24;
}

static inline void privacylib_store64(unsigned char *at, uint64_t value)
{
    privacylib_store32(at, (uint32_t)value);
    privacylib_store32(at + 4, (uint32_t)(value >> 32));
}

static inline uint32_t privacylib_crc32(const unsigned char *data, int size)
{
    uint32_t crc = UINT32_MAX;
    for (; size >= 8; data += 8, size -= 8) {
        uint32_t low = crc ^ privacylib_load32(data), high = privacylib_load32(data + 4);
        crc = privacylib_crc[7][low & 0xFF] ^ privacylib_crc[6][low >> 8 & 0xFF]
            ^ privacylib_crc[5][low >> 16 & 0xFF] ^ privacylib_crc[4][low >> 24]
            ^ privacylib_crc[3][high & 0xFF] ^ privacylib_crc[2][high >> 8 & 0xFF]
            ^ privacylib_crc[1][high >> 16 & 0xFF] ^ privacylib_crc[0][high >> 24];
    }
    for (; size > 0; data++, size--)
        crc = (crc >> 8) ^ privacylib_crc[0][(crc ^ *data) & 0xFF];
    return ~crc;
}

/* When, how long and which span; the same places as in layout.OP_BODY. */
static inline void privacylib_times(unsigned char *body, uint64_t start, uint32_t duration, uint64_t span)
{
    privacylib_store64(body + 8, start);
    privacylib_store32(body + 16, duration);
    privacylib_store64(body + 20, span);
}

/* The slot is made elsewhere and copied as a whole: what is killed in between leaves a torn one, as any copy does. */
static inline void privacylib_put(unsigned char *slot, const unsigned char *body)
{
    unsigned char made[PRIVACYLIB_SLOT];
    privacylib_store32(made, privacylib_crc32(body, PRIVACYLIB_BODY));
    memcpy(made + 4, body, PRIVACYLIB_BODY);
    memcpy(slot, made, PRIVACYLIB_SLOT);
}

/* Nanoseconds since 1970, as time.time_ns() gives them. */
static inline int64_t privacylib_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
