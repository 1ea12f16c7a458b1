// The factory that the runtime looks up in this module.
#include <string>
#include <utility>

#include "runtime/multiplexer/couchdb/couchdb_backend.h"

extern "C" __attribute__((visibility("default"))) faasbatch::multiplexer::Backend* faasbatchMakeCouchDb(
    faasbatch::base::Loop& loop, const std::string& url, std::string& why) {
  auto made = faasbatch::multiplexer::makeCouchDb(loop, url);
  if (!made) {
    why = made.error().message;
    return nullptr;
  }
  return made->release();
}
