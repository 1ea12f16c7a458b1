// What each verb does. Each returns the exit code: 0, or 1 after one line of error and a hint on standard
// error.
#pragma once

#include "cli/arguments.h"

namespace faasbatch::cli {

class Api;

int dev(const Arguments& arguments);
int validate(const Arguments& arguments);
int convert(const Arguments& arguments);
int eval(const Arguments& arguments);
int completion(const Arguments& arguments);
int completeWords(const Arguments& arguments);
int check(const Arguments& arguments);

int apply(const Arguments& arguments, Api& api);
int get(const Arguments& arguments, Api& api);
int remove(const Arguments& arguments, Api& api);

int invoke(const Arguments& arguments, Api& api);
int logs(const Arguments& arguments, Api& api);
int timeline(const Arguments& arguments, Api& api);
int graph(const Arguments& arguments, Api& api);
int cancel(const Arguments& arguments, Api& api);

}  // namespace faasbatch::cli
