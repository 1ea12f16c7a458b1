#include "node-agent/engine/output.h"

#include <utility>

namespace faasbatch::engine {
namespace {

// A parsed value takes about so many bytes for each byte of its text.
constexpr std::size_t kValueBytesPerTextByte = 8;

}  // namespace

OutputPtr Output::of(OutputRef ref, Ledger& ledger) {
  return std::make_shared<Output>(std::move(ref), std::nullopt, ledger);
}

OutputPtr Output::list(std::vector<OutputPtr> items, Ledger& ledger) {
  return std::make_shared<Output>(OutputRef{}, std::move(items), ledger);
}

Output::Output(OutputRef ref, std::optional<std::vector<OutputPtr>> items, Ledger& ledger)
    : ledger_(ledger), ref_(std::move(ref)), items_(std::move(items)) {
  if (ref_.store != OutputRef::Store::kInline) {
    ++ledger_.stored;
  } else {
    bytes_ = sizeof(Output) + (items_ ? items_->size() * sizeof(OutputPtr) : ref_.payload.size());
  }
  ledger_.bytes += bytes_;
}

Output::~Output() {
  ledger_.bytes -= bytes_;
  if (ref_.store == OutputRef::Store::kInline) return;
  --ledger_.stored;
  ledger_.dropped.push_back(std::move(ref_.key));
}

void Output::textKeys(std::vector<std::string>& keys) const {
  if (ref_.store != OutputRef::Store::kInline) keys.push_back(ref_.key);
  if (!items_ || joined_) return;
  for (const OutputPtr& item : *items_) {
    if (item) item->textKeys(keys);
  }
}

void Output::valueKeys(std::vector<std::string>& keys) const {
  if (!value_) textKeys(keys);
}

base::Result<base::Payload> Output::stored(const Blobs& blobs) const {
  const auto blob = blobs.find(ref_.key);
  if (blob == blobs.end()) {
    return base::fail("StoreUnavailable", "the output stored under \"" + ref_.key + "\" could not be read");
  }
  return blob->second;
}

base::Result<base::Payload> Output::text(const Blobs& blobs) const {
  if (ref_.store != OutputRef::Store::kInline) return stored(blobs);
  if (!items_) return ref_.payload;
  if (joined_) return *joined_;
  bool allInline = true;
  std::string out = "[";
  for (const OutputPtr& item : *items_) {
    if (out.size() > 1) out += ',';
    const auto text = textOf(item, blobs);
    if (!text) return text;
    out += text->view();
    allInline = allInline && storeOf(item) == OutputRef::Store::kInline;
  }
  out += ']';
  base::Payload joined(std::move(out));
  if (allInline) {
    joined_ = joined;
    bytes_ += joined.size();
    ledger_.bytes += joined.size();
  }
  return joined;
}

base::Result<cel::Value> Output::parse(const Blobs& blobs) const {
  if (!items_) {
    const auto json = text(blobs);
    if (!json) return std::unexpected(json.error());
    auto value = cel::Value::fromJson(json->view());
    if (!value) return base::fail("ExpressionFailed", "the output is not JSON: " + value.error().message);
    return value;
  }
  std::vector<cel::Value> values;
  values.reserve(items_->size());
  for (const OutputPtr& item : *items_) {
    auto value = item ? item->parse(blobs) : cel::Value::null();
    if (!value) return value;
    values.push_back(std::move(*value));
  }
  return cel::Value::list(std::move(values));
}

base::Result<const cel::Value*> Output::value(const Blobs& blobs) const {
  if (!value_) {
    auto value = parse(blobs);
    if (!value) return std::unexpected(std::move(value.error()));
    value_ = std::make_unique<const cel::Value>(std::move(*value));
    const std::size_t added = (bytes_ + ref_.size) * kValueBytesPerTextByte;
    bytes_ += added;
    ledger_.bytes += added;
  }
  return value_.get();
}

OutputRef inlineRef(base::Payload payload) {
  const std::uint64_t size = payload.size();
  return {.store = OutputRef::Store::kInline, .payload = std::move(payload), .key = {}, .size = size};
}

base::Result<base::Payload> textOf(const OutputPtr& output, const Blobs& blobs) {
  if (!output) return base::Payload();
  return output->text(blobs);
}

base::Result<const cel::Value*> valueOf(const OutputPtr& output, const Blobs& blobs) {
  static const cel::Value kNull;
  if (!output) return &kNull;
  return output->value(blobs);
}

OutputRef::Store storeOf(const OutputPtr& output) {
  return output && !output->isList() ? output->ref().store : OutputRef::Store::kInline;
}

}  // namespace faasbatch::engine
