/* CRC-32 (the polynomial of zlib) of a slot's body. */

#ifndef PRIVACYLIB_CHECKSUM_H
#define PRIVACYLIB_CHECKSUM_H

#include <stdint.h>
#include <string.h>

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

/* Compilers make one load of this where the machine has it. */
static inline uint32_t privacylib_load32(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint32_t privacylib_crc_by_tables(const unsigned char *body)
{
    const unsigned char *data = body, *end = body + PRIVACYLIB_BODY;
    uint32_t crc = UINT32_MAX;
    for (; end - data >= 8; data += 8) {
        uint32_t low = crc ^ privacylib_load32(data), high = privacylib_load32(data + 4);
        crc = privacylib_crc[7][low & 0xFF] ^ privacylib_crc[6][low >> 8 & 0xFF]
            ^ privacylib_crc[5][low >> 16 & 0xFF] ^ privacylib_crc[4][low >> 24]
            ^ privacylib_crc[3][high & 0xFF] ^ privacylib_crc[2][high >> 8 & 0xFF]
            ^ privacylib_crc[1][high >> 16 & 0xFF] ^ privacylib_crc[0][high >> 24];
    }
    for (; data < end; data++)
        crc = (crc >> 8) ^ privacylib_crc[0][(crc ^ *data) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

/* Without tables, which other work between two records drives out of the caches: by multiplication without carries
   (V. Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction, Intel 2009). To begin
   with ones is to invert the first four bytes, and zeros before them change nothing: a slot is four blocks. */
__attribute__((target("pclmul,sse4.1")))
static inline uint32_t privacylib_crc_by_products(const unsigned char *body)
{
    const __m128i by_block = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0); /* x^96 and x^160 modulo the polynomial */
    const __m128i by_half = _mm_set_epi64x(0, 0x163cd6124);            /* x^64 */
    const __m128i barrett = _mm_set_epi64x(0x1f7011641, 0x1db710641);  /* x^64 / polynomial, and the polynomial */
    const __m128i low = _mm_set_epi32(0, -1, 0, -1);
    unsigned char slot[PRIVACYLIB_SLOT] = {0};
    __m128i rest, more;
    memcpy(slot + 4, body, PRIVACYLIB_BODY);
    rest = _mm_xor_si128(_mm_loadu_si128((const __m128i *)slot), _mm_set_epi32(0, 0, -1, 0));
    for (int at = 16; at < PRIVACYLIB_SLOT; at += 16) {
        more = _mm_clmulepi64_si128(rest, by_block, 0x00);
        rest = _mm_xor_si128(_mm_clmulepi64_si128(rest, by_block, 0x11), more);
        rest = _mm_xor_si128(rest, _mm_loadu_si128((const __m128i *)(slot + at)));
    }
    rest = _mm_xor_si128(_mm_srli_si128(rest, 8), _mm_clmulepi64_si128(rest, by_block, 0x10));
    more = _mm_clmulepi64_si128(_mm_and_si128(rest, low), by_half, 0x00);
    rest = _mm_xor_si128(_mm_srli_si128(rest, 4), more);
    more = _mm_clmulepi64_si128(_mm_and_si128(rest, low), barrett, 0x10);
    more = _mm_clmulepi64_si128(_mm_and_si128(more, low), barrett, 0x00);
    return ~(uint32_t)_mm_extract_epi32(_mm_xor_si128(rest, more), 1);
}

static inline uint32_t privacylib_checksum(const unsigned char *body)
{
    static int known; /* 1 where the machine multiplies so, 2 where it does not; threads find the same */
    if (known == 0)
        known = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1") ? 1 : 2;
    return known == 1 ? privacylib_crc_by_products(body) : privacylib_crc_by_tables(body);
}
#else
#define privacylib_checksum privacylib_crc_by_tables
#endif

#endif
