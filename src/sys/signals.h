/*
 * Signals that end the program: caught, told through a descriptor, and raised again at the end.
 */
#ifndef TREESUM_SYS_SIGNALS_H
#define TREESUM_SYS_SIGNALS_H

/**
 * Catch the signals by which others end a program (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE,
 * SIGALRM, SIGXCPU), each only where it is not ignored already (as under nohup). SIGXFSZ is
 * ignored: write(2) fails instead.
 *
 * @return a descriptor that is readable once a signal came, or -1 with errno
 */
int signals_catch(void);

/**
 * Nothing would be left behind any more: a second signal ends the program, here and now if it came
 * already. But not SIGPIPE, which the program's own messages may raise.
 */
void signals_release(void);

/** The first signal that came, or 0. */
int signals_caught(void);

/** Die of the signal that came, as if it had never been caught. Returns where none came. */
void signals_raise(void);

#endif
