/*
 * What a static libcrypto that was compiled for glibc takes from it, for musl: functions that check sizes
 * which the compiler knows, and coroutines, which only asynchronous engines use.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__memcpy_chk(void *to, const void *from, size_t size, size_t room);
void *__memset_chk(void *to, int byte, size_t size, size_t room);
int __vfprintf_chk(FILE *file, int flag, const char *format, va_list arguments);
int __fprintf_chk(FILE *file, int flag, const char *format, ...);
long __fdelt_chk(long fd);
int getcontext(void *context);
int setcontext(const void *context);
void makecontext(void *context, void (*function)(void), int count, ...);

/* NOLINTBEGIN(bugprone-reserved-identifier): the names are glibc's. */
void *__memcpy_chk(void *to, const void *from, size_t size, size_t room)
{
	if (size > room)
		abort();
	return memcpy(to, from, size);
}

void *__memset_chk(void *to, int byte, size_t size, size_t room)
{
	if (size > room)
		abort();
	return memset(to, byte, size);
}

int __vfprintf_chk(FILE *file, int flag, const char *format, va_list arguments)
{
	(void)flag;
	return vfprintf(file, format, arguments);
}

int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
	va_list arguments;

	(void)flag;
	va_start(arguments, format);
	int printed = vfprintf(file, format, arguments);
	va_end(arguments);
	return printed;
}

long __fdelt_chk(long fd)
{
	return fd / (8 * (long)sizeof(long));
}
/* NOLINTEND(bugprone-reserved-identifier) */

int getcontext(void *context)
{
	(void)context;
	return -1;
}

int setcontext(const void *context)
{
	(void)context;
	return -1;
}

void makecontext(void *context, void (*function)(void), int count, ...)
{
	(void)context;
	(void)function;
	(void)count;
	abort();
}
