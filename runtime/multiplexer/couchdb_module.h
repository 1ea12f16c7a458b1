// CouchDB is spoken by a module of its own, loaded where a function uses it: the HTTP library it needs brings
// some thirty others, whose memory and start-up time other pods are spared.
#pragma once

#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/net/loop.h"
#include "runtime/multiplexer/backend.h"

namespace faasbatch::multiplexer {

// What the module exports under kCouchDbFactory: a new backend for the database at `url`, or null with `why`
// set.
using CouchDbFactory = Backend* (*)(base::Loop& loop, const std::string& url, std::string& why);
inline constexpr const char* kCouchDbFactory = "faasbatchMakeCouchDb";
inline constexpr const char* kCouchDbModule = "faasbatch-couchdb.so";

// Opens `libexec`/faasbatch-couchdb.so, once a process. Kind "StoreUnavailable".
base::Result<std::unique_ptr<Backend>> loadCouchDb(base::Loop& loop, const std::string& url,
                                                   const std::string& libexec);

}  // namespace faasbatch::multiplexer
