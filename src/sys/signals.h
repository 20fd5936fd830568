/*
 * Signals that end the program: caught, told through a descriptor, and raised again at the end. And
 * SIGUSR1, which asks it how far it is.
 */
#ifndef TREESUM_SYS_SIGNALS_H
#define TREESUM_SYS_SIGNALS_H

#include <stdbool.h>

/** Let SIGUSR1 wait until signals_catch(): where nobody asked for it, it would end the program. */
void signals_hold(void);

/**
 * Catch the signals by which others end a program (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE,
 * SIGALRM, SIGXCPU), each only where it is not ignored already (as under nohup). SIGXFSZ is
 * ignored: write(2) fails instead.
 *
 * SIGUSR1 is caught, too, unless it is ignored.
 *
 * @return a descriptor that is readable once a signal came, or -1 with errno
 */
int signals_catch(void);

/**
 * Nothing would be left behind any more: a second signal ends the program, here and now if it came
 * already. But not SIGPIPE, which the program's own messages may raise.
 */
void signals_release(void);

/**
 * Where the descriptor is readable: whether the program has to end. If not, SIGUSR1 came, and the
 * descriptor is not readable any more; signals_asked() will still tell.
 */
bool signals_ended(void);

/** Whether SIGUSR1 came since this was last called. */
bool signals_asked(void);

/**
 * Call something each time before SIGTSTP (Ctrl-Z) stops the program, unless it is ignored: now and
 * at once, whatever the program is doing, so it may do only what signal-safety(7) allows.
 */
void signals_before_stop(void (*before)(void));

/** The first signal that came and ends the program, or 0. */
int signals_caught(void);

/** Die of the signal that came, as if it had never been caught. Returns where none came. */
void signals_raise(void);

#endif
