// The user's shared object.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "runtime/workers/native/faasbatch.h"

namespace faasbatch::native {

// What a Load asks of a native worker.
struct LoadRequest {
  faasbatch_handler handler = nullptr;
  bool forks = false;  // mode Processes: become a zygote
  std::size_t limit = 1;
  std::size_t maxOutputBytes = 0;
};

// Takes the `/v1/init` body: sets the environment it names, opens the object of `source.path` and finds the
// symbol behind the last dot of `handler`. The object stays open for the life of the process. Kind
// "LoadFailed" with a message that names the file or symbol.
base::Result<LoadRequest> load(std::string_view initBody);

}  // namespace faasbatch::native
