// The objects of a pretended API server: enough of the API's rules that a client of it cannot tell, and no
// more.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/testing/namespace.h"
#include "lib/tree/tree.h"

namespace faasbatch::testing {

// "/apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME/SUBRESOURCE" taken apart.
struct ApiPath {
  std::string kind;  // "/apis/GROUP/VERSION PLURAL"
  std::string nameSpace;
  std::string name;
  std::string subresource;

  static std::optional<ApiPath> parse(std::string_view path);
  std::string object() const { return kind + " " + nameSpace + "/" + name; }
};

struct ApiAnswer {
  int status = 200;
  std::string body;
};
ApiAnswer apiFailure(int status, const std::string& reason, const std::string& message);

// Which objects a list or a watch is about: equality of fields, equality and presence of labels.
struct ApiSelection {
  std::string labels;
  std::string fields;
  bool metadataOnly = false;

  bool matches(const tree::Tree& object) const;
  std::string shown(const tree::Tree& object) const;  // its text, or that of a PartialObjectMetadata
};

struct ApiChange {
  std::int64_t version = 0;
  std::string type;  // "ADDED", "MODIFIED", "DELETED"
  ApiPath path;
  tree::Tree object;
};

// Not thread-safe. Versions, uids and generations are kept as an API server does; `status` is changed through
// its subresource only; a write that names another resourceVersion than the newest is a "Conflict". Apply is
// merge without owners. Nothing validates.
class ApiObjects {
 public:
  ApiAnswer get(const ApiPath& path, const ApiSelection& selection) const;
  ApiAnswer list(const ApiPath& path, const ApiSelection& selection, std::size_t limit,
                 const std::string& next) const;
  ApiAnswer create(const ApiPath& path, std::string_view body);
  ApiAnswer replace(const ApiPath& path, std::string_view body);
  ApiAnswer patch(const ApiPath& path, std::string_view contentType, std::string_view body);
  ApiAnswer remove(const ApiPath& path, std::string_view body);

  std::int64_t version() const { return version_; }
  // What has happened since; nothing where that is forgotten, or has not happened yet.
  std::optional<std::vector<ApiChange>> since(std::int64_t version) const;
  void compact() {
    history_.clear();
    forgotten_ = version_;
  }

 private:
  ApiAnswer store(const ApiPath& path, tree::Tree object, const tree::Tree* before);
  const tree::Tree* find(const ApiPath& path) const;

  std::map<std::string, std::pair<ApiPath, tree::Tree>> objects_;  // by ApiPath::object()
  std::vector<ApiChange> history_;
  std::int64_t version_ = 1;
  std::int64_t forgotten_ = 0;
};

}  // namespace faasbatch::testing
