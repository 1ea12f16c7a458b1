// What each verb does. Each returns the exit code: 0, or 1 after one line of error and a hint on standard
// error.
#pragma once

#include "cli/arguments.h"

namespace faasbatch::cli {

int dev(const Arguments& arguments);
int validate(const Arguments& arguments);
int convert(const Arguments& arguments);
int eval(const Arguments& arguments);
int completion(const Arguments& arguments);

int apply(const Arguments& arguments);
int get(const Arguments& arguments);
int remove(const Arguments& arguments);

int invoke(const Arguments& arguments);
int logs(const Arguments& arguments);
int timeline(const Arguments& arguments);
int graph(const Arguments& arguments);
int cancel(const Arguments& arguments);

}  // namespace faasbatch::cli
