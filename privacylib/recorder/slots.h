/* One slot of the spool, written as docs/reference/spool-format.md says: little endian, CRC-32 in front. */

#ifndef PRIVACYLIB_SLOTS_H
#define PRIVACYLIB_SLOTS_H

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "recorder/checksum.h"

/* Compilers make one store of each of these where the machine has it. */
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
    privacylib_store32(made, privacylib_checksum(body));
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
