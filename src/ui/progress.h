/*
 * The progress of a run on standard error: a line that is redrawn in place, and goes without a
 * trace.
 *
 * There is one standard error, and so one line: what is kept of it is the module's own.
 */
#ifndef TREESUM_UI_PROGRESS_H
#define TREESUM_UI_PROGRESS_H

#include "ui/estimate.h"

/** When there is a line. */
enum progress_when {
	/** On a terminal that can erase, as TERM says. */
	PROGRESS_AUTO,
	/** Always; where nothing can be erased, as a line of its own each second. */
	PROGRESS_ALWAYS,
	PROGRESS_NEVER,
};

/** Where the figures come from: fill in what is known now. `counts` is all zeros. */
typedef void progress_count(void *context, struct estimate_counts *counts);

/** The run begins. */
void progress_open(enum progress_when when);

/** From now on there is something to tell. */
void progress_begin(progress_count *count, void *context);

/**
 * Draw the line anew if it is time to. Costs a look at the clock, and nothing where there is no
 * line.
 */
void progress_update(void);

/**
 * Before a wait: draw what progress_hide() has erased.
 *
 * @return the milliseconds until progress_update() wants to be called; -1 where it need not
 */
int progress_wait(void);

/** Erase the line, if there is one: something else is about to be printed. Keeps errno. */
void progress_hide(void);

/** Tell how far the run is, in a line of its own, whatever progress_open() was told. */
void progress_tell(void);

/** There is nothing more to tell: erase the line. May be repeated. Keeps errno. */
void progress_end(void);

#endif
