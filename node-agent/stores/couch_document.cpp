#include "node-agent/stores/couch_document.h"

#include <absl/strings/escaping.h>

#include "lib/json/members.h"
#include "lib/json/utf8.h"
#include "lib/json/write.h"

namespace faasbatch::stores {
namespace {

constexpr std::string_view kPrefix = "v:";

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = json::utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::unexpected<base::Error> misfit(std::string_view what) {
  return base::fail("StoreUnavailable", "CouchDB gives an answer that does not fit (" + std::string(what) +
                                            "): use a database that nothing else writes to");
}

std::string stringOf(const std::vector<json::Member>& members, std::string_view key) {
  const auto raw = json::find(members, key);
  return raw ? json::asString(*raw).value_or("") : "";
}

std::int64_t toMillis(base::Instant t) { return t.ns / 1'000'000; }

base::Result<std::string> decodeBase64(const std::string& text) {
  std::string bytes;
  if (!absl::Base64Unescape(text, &bytes)) return misfit("base64");
  return bytes;
}

base::Result<std::string> attachment(std::string_view attachments) {
  const auto all = json::members(attachments);
  const auto value = all ? json::find(*all, "value") : std::nullopt;
  if (!value) return misfit("attachments");
  const auto fields = json::members(*value);
  const auto data = fields ? json::find(*fields, "data") : std::nullopt;
  const auto text = data ? json::asString(*data) : std::nullopt;
  if (!text) return misfit("attachment without data");
  return decodeBase64(*text);
}

base::Result<std::string> content(const std::vector<json::Member>& members) {
  if (const auto text = json::find(members, "text")) {
    auto value = json::asString(*text);
    if (!value) return misfit("text");
    return std::move(*value);
  }
  if (json::find(members, "base64")) return decodeBase64(stringOf(members, "base64"));
  if (const auto attachments = json::find(members, "_attachments")) return attachment(*attachments);
  return misfit("no value");
}

// The objects of an array, given to `each` as members.
template <class Each>
base::Result<void> forEachObject(std::string_view array, Each each) {
  const auto elements = json::elements(array);
  if (!elements) return misfit("not a list");
  for (const std::string_view element : *elements) {
    const auto members = json::members(element);
    if (!members) return misfit("not an object");
    each(*members);
  }
  return {};
}

}  // namespace

std::string documentId(std::string_view key) { return std::string(kPrefix) + std::string(key); }

std::string documentTarget(std::string_view id) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string target = "/";
  for (const unsigned char c : id) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (plain) {
      target += static_cast<char>(c);
    } else {
      target += '%';
      target += kHex[c >> 4];
      target += kHex[c & 15];
    }
  }
  return target;
}

std::string encodeDocument(const std::string& id, const Value& value, base::Instant expires,
                           const std::string& rev) {
  std::string out;
  json::Object document(out);
  document.text("_id", id);
  if (!rev.empty()) document.text("_rev", rev);
  document.text("type", value.type);
  if (expires != base::Instant::never()) document.number("expires", toMillis(expires));
  if (value.bytes.size() > kInlineBytes) {
    document.raw("_attachments", R"({"value":{"content_type":"application/octet-stream","data":")" +
                                     absl::Base64Escape(value.bytes) + "\"}}");
  } else if (value.type == "json" && isUtf8(value.bytes)) {
    document.text("text", value.bytes);
  } else {
    document.text("base64", absl::Base64Escape(value.bytes));
  }
  document.end();
  return out;
}

std::string encodeDeletion(const std::string& id, const std::string& rev) {
  std::string out;
  json::Object document(out);
  document.text("_id", id).text("_rev", rev).boolean("_deleted", true);
  document.end();
  return out;
}

base::Result<Document> decodeDocument(std::string_view json) {
  const auto members = json::members(json);
  if (!members) return misfit("not a document");
  Document document;
  document.value.type = stringOf(*members, "type");
  if (document.value.type != "json" && document.value.type != "bytes") return misfit("no type");
  if (const auto expires = json::find(*members, "expires")) {
    document.expires = {json::asInt(*expires).value_or(0) * 1'000'000};
  }
  auto bytes = content(*members);
  if (!bytes) return std::unexpected(bytes.error());
  document.value.bytes = std::move(*bytes);
  return document;
}

base::Result<std::vector<DocumentState>> decodeBulkAnswer(std::string_view json) {
  std::vector<DocumentState> states;
  const auto ok = forEachObject(json, [&states](const std::vector<json::Member>& members) {
    states.push_back({stringOf(members, "id"), stringOf(members, "rev"), stringOf(members, "error"),
                      stringOf(members, "reason")});
  });
  if (!ok) return std::unexpected(ok.error());
  return states;
}

base::Result<std::vector<DocumentState>> decodeAllDocsAnswer(std::string_view json) {
  const auto answer = json::members(json);
  const auto rows = answer ? json::find(*answer, "rows") : std::nullopt;
  if (!rows) return misfit("no rows");
  std::vector<DocumentState> states;
  const auto ok = forEachObject(*rows, [&states](const std::vector<json::Member>& members) {
    DocumentState state;
    state.id = stringOf(members, "key");
    state.error = stringOf(members, "error");
    const auto raw = json::find(members, "value");
    if (const auto value = raw ? json::members(*raw) : base::fail("", "")) {
      state.rev = stringOf(*value, "rev");
      const auto deleted = json::find(*value, "deleted");
      state.deleted = deleted && json::asBool(*deleted).value_or(false);
    }
    states.push_back(std::move(state));
  });
  if (!ok) return std::unexpected(ok.error());
  return states;
}

base::Result<std::vector<DocumentState>> decodeFindAnswer(std::string_view json) {
  const auto answer = json::members(json);
  const auto documents = answer ? json::find(*answer, "docs") : std::nullopt;
  if (!documents) return misfit("no docs");
  std::vector<DocumentState> states;
  const auto ok = forEachObject(*documents, [&states](const std::vector<json::Member>& members) {
    DocumentState state;
    state.id = stringOf(members, "_id");
    state.rev = stringOf(members, "_rev");
    const auto expires = json::find(members, "expires");
    state.expires = expires ? json::asInt(*expires).value_or(0) : 0;
    states.push_back(std::move(state));
  });
  if (!ok) return std::unexpected(ok.error());
  return states;
}

std::string encodeKeys(const std::vector<std::string>& ids) {
  std::string out;
  json::Object object(out);
  json::appendTexts(object.key("keys"), ids);
  object.end();
  return out;
}

std::string encodeExpiredQuery(base::Instant now) {
  // The lower bound leaves out documents without the field, which some servers count as smaller than any
  // number.
  return R"({"selector":{"expires":{"$gt":0,"$lt":)" + std::to_string(toMillis(now)) +
         R"(}},"fields":["_id","_rev","expires"],"limit":)" + std::to_string(kExpiredPage) + "}";
}

CouchProblem decodeProblem(std::string_view json) {
  const auto members = json::members(json);
  if (!members) return {};
  return {stringOf(*members, "error"), stringOf(*members, "reason")};
}

}  // namespace faasbatch::stores
