#include "manifest/hex.h"

#include <ctype.h>

char *hex_print(char *out, const unsigned char *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < size; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	return out;
}

/** The value of a hexadecimal digit, without a branch: letters have bit 6 set, and 'a' ends in 1.
 */
static unsigned int digit_value(unsigned char digit)
{
	return (digit & 15U) + 9U * (digit >> 6);
}

bool hex_parse(const char *hex, size_t size, unsigned char *bytes)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char high = (unsigned char)hex[2 * i];
		unsigned char low = (unsigned char)hex[2 * i + 1];
		if (!isxdigit(high) || !isxdigit(low))
			return false;
		bytes[i] = (unsigned char)(digit_value(high) << 4 | digit_value(low));
	}
	return true;
}
