// Values as CouchDB documents, and CouchDB's answers taken apart. Pure.
//
//   {"_id": "v:KEY", "type": "json", "text": "..."}                  JSON text
//   {"_id": "v:KEY", "type": "bytes", "base64": "..."}               bytes, or text that is not UTF-8
//   {"_id": "v:KEY", "type": ..., "_attachments": {"value": {...}}}  more than kInlineBytes
//   "expires": milliseconds since the epoch, where the value has a time to live
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "node-agent/stores/store.h"

namespace faasbatch::stores {

inline constexpr std::size_t kInlineBytes = std::size_t{64} << 10;

// The id of a key's document. The prefix keeps keys clear of CouchDB's own ids, which begin with '_'.
std::string documentId(std::string_view key);
// "/ID", percent-encoded.
std::string documentTarget(std::string_view id);

// `expires` never(): the value does not. An empty `rev`: a new document.
std::string encodeDocument(const std::string& id, const Value& value, base::Instant expires,
                           const std::string& rev);
std::string encodeDeletion(const std::string& id, const std::string& rev);

struct Document {
  Value value;
  base::Instant expires = base::Instant::never();
};
// "StoreUnavailable" where it is no document of ours.
base::Result<Document> decodeDocument(std::string_view json);

// One line of the answers of _bulk_docs, _all_docs and _find.
struct DocumentState {
  std::string id;
  std::string rev;    // empty: there is none, or an error
  std::string error;  // "conflict", ...
  std::string reason;
  bool deleted = false;
  std::int64_t expires = 0;
};
base::Result<std::vector<DocumentState>> decodeBulkAnswer(std::string_view json);
base::Result<std::vector<DocumentState>> decodeAllDocsAnswer(std::string_view json);
base::Result<std::vector<DocumentState>> decodeFindAnswer(std::string_view json);

// {"keys": [...]}
std::string encodeKeys(const std::vector<std::string>& ids);
// The documents that expired before `now`, a page of them.
std::string encodeExpiredQuery(base::Instant now);
inline constexpr std::size_t kExpiredPage = 200;

// CouchDB's {"error": ..., "reason": ...}; empty where the text is something else.
struct CouchProblem {
  std::string error;
  std::string reason;
};
CouchProblem decodeProblem(std::string_view json);

}  // namespace faasbatch::stores
