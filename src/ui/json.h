/*
 * JSON (RFC 8259), an object a line, put together in memory that grows with the longest line.
 *
 * A line is valid UTF-8 whatever the names hold, and safe for a terminal: no byte below 0x20, no
 * DEL and no C1 control stands in it as it is, but the newline at its end.
 */
#ifndef TREESUM_UI_JSON_H
#define TREESUM_UI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** All zeros is empty. */
struct json {
	/** The line so far; no NUL. */
	char *text;
	size_t size;
	size_t room;
	/** Memory was used up: the line is not whole. */
	bool failed;
	/** For a terminal: what the locale cannot print is escaped, too. */
	bool terminal;
};

/** Begin a line: an object. */
void json_begin(struct json *json);

/** End the object and its line. @return 0, or -1 with errno ENOMEM: the line is not to be used */
int json_end(struct json *json);

/** Add a member that is an object; what is added up to json_close() are its members. */
void json_open(struct json *json, const char *key);
void json_close(struct json *json);

/**
 * Add a text for people. What is not UTF-8 in it becomes U+FFFD.
 *
 * @param key of all members: it needs no escapes
 */
void json_text(struct json *json, const char *key, const char *text);

/** Add an array of texts, each as json_text() has it. */
void json_texts(struct json *json, const char *key, char *const *texts, size_t count);

/**
 * Add bytes that must not get lost, such as a path: where they are not UTF-8 the member is called
 * `KEY_base64`, and its value is their base64 (RFC 4648, section 4).
 */
void json_bytes(struct json *json, const char *key, const char *bytes, size_t size);

/** Add bytes as a string of hexadecimal digits. */
void json_hex(struct json *json, const char *key, const unsigned char *bytes, size_t size);

void json_integer(struct json *json, const char *key, uint64_t number);

/** Add seconds, with nine decimals: a number, negative before the epoch. */
void json_time(struct json *json, const char *key, const struct timespec *time);

void json_flag(struct json *json, const char *key, bool flag);

/** Free; json is empty then. */
void json_free(struct json *json);

#endif
