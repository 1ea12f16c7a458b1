#include "node-agent/engine/output.h"

#include <algorithm>
#include <utility>

namespace faasbatch::engine {
namespace {

// A payload takes so many bytes beside its text: counts, a string, and the allocator's for two blocks.
constexpr std::size_t kPayloadBytes = 80;

// Where what the value shares with its copies lies.
const void* identity(const cel::Value& value) {
  switch (value.kind()) {
    case cel::Value::Kind::kList:
      return &value.asList();
    case cel::Value::Kind::kMap:
      return &value.asMap();
    case cel::Value::Kind::kString:
    case cel::Value::Kind::kBytes:
      return &value.asString();
    default:
      return &value;
  }
}

}  // namespace

// With the counts of its shared pointer and the allocator's for the block.
constexpr std::size_t kOutputBytes = sizeof(Output) + 32;

OutputPtr Output::of(OutputRef ref, Ledger& ledger, Keeping keeping) {
  return std::make_shared<Output>(std::move(ref), std::nullopt, ledger, keeping);
}

OutputPtr Output::list(std::vector<OutputPtr> items, Ledger& ledger) {
  return std::make_shared<Output>(OutputRef{}, std::move(items), ledger);
}

Output::Output(OutputRef ref, std::optional<std::vector<OutputPtr>> items, Ledger& ledger, Keeping keeping)
    : ledger_(ledger), ref_(std::move(ref)), items_(std::move(items)), keeping_(keeping) {
  if (ref_.store != OutputRef::Store::kInline) {
    ++ledger_.stored;
  } else if (!items_) {
    held_ = hold(ledger_, ref_.payload);
  } else {
    held_ = Holding(ledger_, this, items_->size() * sizeof(OutputPtr));
  }
  ledger_.bytes += kOutputBytes;
}

Output::~Output() {
  ledger_.bytes -= kOutputBytes;
  if (ref_.store == OutputRef::Store::kInline) return;
  --ledger_.stored;
  if (keeping_ == Keeping::kBorrowed) return;
  ledger_.dropped.push_back({ref_.store, std::move(ref_.key), ref_.size});
}

Output::Seen& Output::seen() const {
  if (!seen_) seen_ = std::make_unique<Seen>();
  return *seen_;
}

void Output::lend() const {
  if (ref_.store == OutputRef::Store::kCluster) keeping_ = Keeping::kBorrowed;
  if (!items_) return;
  for (const OutputPtr& item : *items_) {
    if (item) item->lend();
  }
}

void Output::textKeys(std::vector<StoreKey>& keys) const {
  if (ref_.store != OutputRef::Store::kInline) keys.push_back({ref_.store, ref_.key, ref_.size});
  if (!items_ || (seen_ && seen_->joined)) return;
  for (const OutputPtr& item : *items_) {
    if (item) item->textKeys(keys);
  }
}

void Output::valueKeys(std::vector<StoreKey>& keys) const {
  if (!seen_ || !seen_->value) textKeys(keys);
}

base::Result<base::Payload> Output::stored(const Blobs& blobs) const {
  const auto blob = blobs.find(ref_.key);
  if (blob == blobs.end()) {
    return base::fail("StoreUnavailable",
                      "the output stored under \"" + ref_.key +
                          "\" could not be read: its store does not answer, or has lost it");
  }
  return blob->second;
}

base::Result<base::Payload> Output::text(const Blobs& blobs) const {
  if (ref_.store != OutputRef::Store::kInline) return stored(blobs);
  if (!items_) return ref_.payload;
  if (seen_ && seen_->joined) return *seen_->joined;
  bool allInline = true;
  std::string out = "[";
  for (const OutputPtr& item : *items_) {
    if (out.size() > 1) out += ',';
    const auto text = textOf(item, blobs);
    if (!text) return text;
    if (out.size() + text->size() > kMaxJoinedBytes) {
      return base::fail("ExpressionFailed", "the outputs of the foreach have more than " +
                                                std::to_string(kMaxJoinedBytes) + " bytes together");
    }
    out += text->view();
    allInline = allInline && storeOf(item) == OutputRef::Store::kInline;
  }
  out += ']';
  base::Payload joined(std::move(out));
  if (allInline) {
    seen().joined = joined;
    seen().heldJoined = hold(ledger_, joined);
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
  std::size_t bytes = 0;
  for (const OutputPtr& item : *items_) {
    auto value = item ? item->parse(blobs) : cel::Value::null();
    if (!value) return value;
    bytes += value->memoryBytes(kMaxItemsBytes);
    if (bytes >= kMaxItemsBytes) {
      return base::fail("ExpressionFailed", "the outputs of the foreach hold more than " +
                                                std::to_string(kMaxItemsBytes) + " bytes together");
    }
    values.push_back(std::move(*value));
  }
  return cel::Value::list(std::move(values));
}

base::Result<const cel::Value*> Output::value(const Blobs& blobs) const {
  if (!seen().value) {
    auto value = parse(blobs);
    if (!value) return std::unexpected(std::move(value.error()));
    seen().value = std::move(*value);
    seen().heldValue = hold(ledger_, *seen().value);
  }
  return &*seen().value;
}

Holding hold(Ledger& ledger, const base::Payload& payload) {
  const std::string_view text = payload.view();
  return {ledger, text.data(), text == "null" ? 0 : text.size() + kPayloadBytes};
}

Holding hold(Ledger& ledger, const cel::Value& value) {
  return {ledger, identity(value), value.memoryBytes()};
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

OutputValue toValue(const OutputPtr& output) {
  OutputValue value;
  if (!output) {
    value.ref = inlineRef({});
    return value;
  }
  if (!output->isList()) {
    value.ref = output->ref();
    return value;
  }
  if (const auto joined = output->text({})) {
    value.ref = inlineRef(*joined);
    return value;
  }
  value.list = true;
  value.items.reserve(output->items().size());
  for (const OutputPtr& item : output->items()) value.items.push_back(toValue(item));
  return value;
}

OutputPtr fromValue(const OutputValue& value, Ledger& ledger, std::optional<OutputRef::Store> own) {
  if (!value.list) {
    return Output::of(value.ref, ledger, own == value.ref.store ? Keeping::kOwn : Keeping::kBorrowed);
  }
  std::vector<OutputPtr> items;
  items.reserve(value.items.size());
  for (const OutputValue& item : value.items) items.push_back(fromValue(item, ledger, own));
  return Output::list(std::move(items), ledger);
}

bool inNodeStore(const OutputValue& value) {
  if (!value.list) return value.ref.store == OutputRef::Store::kNode;
  return std::ranges::any_of(value.items, inNodeStore);
}

}  // namespace faasbatch::engine
