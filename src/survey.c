#include "survey.h"

#include "directories.h"
#include "inventory.h"
#include "manifest/beside.h"
#include "manifest/normal_form.h"
#include "manifest/renamed_corrupt.h"
#include "run.h"
#include "trees.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct survey {
	struct survey_options options;
	/** Only after a run that broke off: to end its workers takes time, which others may not
	 * have before what they would leave behind is removed. */
	struct trees *trees;
	struct inventory *inventory;
	struct directories directories;
	/** How much of the paths below the present operand is the operand, and a slash. */
	size_t prefix;
};

/** For the trees. */
static int look_at(void *context, const struct tree_entry *found)
{
	struct survey *survey = context;
	/* One that cannot be listed has no stamp. */
	bool listed = found->type == NFTW_D && found->stamp.inode;
	if (found->root)
		survey->prefix = tree_prefix(found->path, found->length);
	if ((listed &&
		    directories_add(&survey->directories, found->path, found->length,
			    survey->prefix, &found->stamp) != 0) ||
		inventory_add(survey->inventory, found) != 0)
		return run_failed("cannot go on");
	return 0;
}

struct survey *survey_new(const struct survey_options *options)
{
	const struct inventory_options listed = {
		.options = options->options,
		.tally = options->tally,
		.catalog = options->catalog,
	};
	struct inventory *inventory = inventory_new(&listed);
	if (!inventory)
		return NULL;
	struct survey *survey = calloc(1, sizeof(*survey));
	if (!survey) {
		run_failed("cannot start");
		inventory_free(inventory);
		return NULL;
	}
	survey->options = *options;
	survey->inventory = inventory;
	return survey;
}

int survey_run(struct survey *survey)
{
	const struct trees_options options = {
		.options = survey->options.options,
		.interrupt_fd = survey->options.interrupt_fd,
		.tally = survey->options.tally,
		.writer = survey->options.writer,
		.replacement = survey->options.replacement,
		.manifest = survey->options.manifest,
		.backup = survey->options.backup,
		.job = survey->options.job,
		.only = true,
		.hooks = {.entry = look_at, .context = survey},
	};
	directories_begin(&survey->directories);
	survey->trees = trees_open(&options);
	if (!survey->trees || trees_run(survey->trees) != 0)
		return -1;
	trees_free(survey->trees);
	survey->trees = NULL;
	inventory_end(survey->inventory);
	return 0;
}

int survey_compare(struct survey *survey, struct differences *differences)
{
	const struct survey_options *options = &survey->options;
	const struct catalog *catalog = options->catalog;
	const struct difference_search search = {
		.old = {.records = catalog->records, .count = catalog->count},
		.new = inventory_side(survey->inventory),
		.algorithm = options->options->algorithms.list[0],
	};
	struct coverage *coverage = inventory_coverage(survey->inventory);
	for (size_t i = 0; i < catalog->count; i++)
		coverage_listed(coverage, &catalog->records[i], &options->manifest.mtime);
	if (differences_find(&search, differences) != 0 ||
		renamed_corrupt_find(differences, search.algorithm->size) != 0 ||
		normal_form_remark(differences) != 0)
		return run_failed("cannot compare");
	return 0;
}

bool survey_is_incomplete(const struct survey *survey)
{
	return coverage_is_incomplete(inventory_coverage(survey->inventory));
}

bool survey_may_have_replaced(const struct survey *survey, const struct record *new)
{
	return directories_may_have_replaced(&survey->directories, &new->annotation.ctime);
}

/** For survey_find_missed(). */
struct second_look {
	struct survey *survey;
	struct missed *missed;
};

/** Whether a file is one of the run's own, which are made and renamed while it goes on. */
static bool is_own(
	const struct survey_options *options, const char *path, const struct stamp *stamp)
{
	return beside_is_name(strrchr(path, '/') ? strrchr(path, '/') + 1 : path) ||
		stamp_same_file(stamp, &options->manifest) ||
		stamp_same_file(stamp, &options->backup);
}

/** For directories_list_again(). */
static int look_again(void *context, const char *path, size_t size, const struct stat *status)
{
	const struct second_look *look = context;
	const struct stamp stamp = stamp_of(status);
	int missed = inventory_misses(look->survey->inventory, path, size, status);
	if (missed <= 0 || S_ISDIR(status->st_mode))
		return missed;
	return is_own(&look->survey->options, path, &stamp) ? 0 : missed_add(look->missed, status);
}

int survey_find_missed(struct survey *survey, struct missed *missed)
{
	struct second_look look = {.survey = survey, .missed = missed};
	const struct directories_visitor visitor = {
		.found = look_again,
		.context = &look,
		.follow = survey->options.options->dereference,
	};
	int more = directories_list_again(&survey->directories, &visitor);
	if (more < 0)
		return -1;
	missed->incomplete = more;
	missed_end(missed);
	return 0;
}

struct coverage *survey_coverage(const struct survey *survey)
{
	return inventory_coverage(survey->inventory);
}

void survey_free(struct survey *survey)
{
	if (!survey)
		return;
	trees_free(survey->trees);
	inventory_free(survey->inventory);
	directories_free(&survey->directories);
	free(survey);
}
