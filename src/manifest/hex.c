#include "manifest/hex.h"

char *hex_print(char *out, const unsigned char *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < size; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	return out;
}

/** The value of each digit, and bit 4, which says that it is one. */
static const unsigned char values[256] = {
	['0'] = 0x10,
	['1'] = 0x11,
	['2'] = 0x12,
	['3'] = 0x13,
	['4'] = 0x14,
	['5'] = 0x15,
	['6'] = 0x16,
	['7'] = 0x17,
	['8'] = 0x18,
	['9'] = 0x19,
	['A'] = 0x1a,
	['B'] = 0x1b,
	['C'] = 0x1c,
	['D'] = 0x1d,
	['E'] = 0x1e,
	['F'] = 0x1f,
	['a'] = 0x1a,
	['b'] = 0x1b,
	['c'] = 0x1c,
	['d'] = 0x1d,
	['e'] = 0x1e,
	['f'] = 0x1f,
};

bool hex_parse(const char *hex, size_t size, unsigned char *bytes)
{
	/* One branch at the end: with isxdigit(3) this was a quarter of reading a manifest. */
	unsigned char all = 0x10;
	for (size_t i = 0; i < size; i++) {
		unsigned char high = values[(unsigned char)hex[2 * i]];
		unsigned char low = values[(unsigned char)hex[2 * i + 1]];
		all &= high & low;
		bytes[i] = (unsigned char)(high << 4 | (low & 15));
	}
	return all;
}
