// The body of POST /v1/init: docs/runtime-contract.md.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "runtime/multiplexer/backend.h"

namespace faasbatch::supervisor {

enum class Mode { kThreads, kProcesses, kExclusive };

inline constexpr std::size_t kMaxLimit = 4096;  // calls at once in one pod
inline constexpr base::Duration kDefaultLoadTime = std::chrono::seconds(60);
inline constexpr base::Duration kMaxLoadTime = std::chrono::hours(1);

struct InitRequest {
  std::string function;
  std::string digest;
  Mode mode = Mode::kThreads;
  std::size_t limit = 1;
  std::size_t maxOutputBytes = 6 << 20;
  std::size_t maxLogBytes = 256 << 10;
  base::Duration loadTime = kDefaultLoadTime;  // from /v1/init until the function is loaded
  multiplexer::StoreSpec store;
  // For the worker: as it came, with all URLs of bindings, and without the source where that is an archive.
  std::string body;
  std::shared_ptr<const std::string>
      archive;  // of the source, a zip in base64; nullptr: the source is no archive
  std::string handler;
};

// Takes what the supervisor needs out of the body; the worker reads the rest by itself. Kind "InvalidRequest"
// with the member's name and value, or "LoadFailed" (binding_files.h).
base::Result<InitRequest> parseInit(std::string body);

// The `store` member of that body, also a body of its own: POST /v1/store. `json` is checked.
base::Result<multiplexer::StoreSpec> parseStore(std::string_view json);

// The body for a worker of the given mode: the same members but `mode`.
std::string bodyFor(const InitRequest& request, Mode mode);

// The request once its archive lies in `directory`: its source is that path, or, where `native`, that of the
// handler's shared object in it (MODULE.so, with directories for the dots of MODULE).
void setUnpacked(InitRequest& request, const std::string& directory, bool native);

}  // namespace faasbatch::supervisor
