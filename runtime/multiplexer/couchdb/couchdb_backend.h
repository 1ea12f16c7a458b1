// CouchDB as the store.
#pragma once

#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/loop.h"
#include "runtime/multiplexer/backend.h"

namespace faasbatch::multiplexer {

// `url` is that of a database, "http://user:password@host:5984/name"; it is made when it is missing. A value
// is the attachment `value` of the document `store:KEY`, so that bytes stay bytes; its Content-Type tells the
// type and, for a value with a time to live, when it ends (`expires`, seconds since the epoch; CouchDB itself
// keeps it until it is overwritten or deleted). The last writer wins: a conflict (409) is tried again with
// the revision that won. Kind "StoreUnavailable" for a URL that cannot be read.
base::Result<std::unique_ptr<Backend>> makeCouchDb(base::Loop& loop, const std::string& url);

}  // namespace faasbatch::multiplexer
