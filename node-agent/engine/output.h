// Outputs of steps as the engine holds them: shared, and known to be forgotten when the last user has gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/cel/value.h"
#include "node-agent/engine/engine.h"
#include "node-agent/engine/ledger.h"

namespace faasbatch::engine {

class Output;
using OutputPtr = std::shared_ptr<const Output>;  // null pointer: JSON null

// Whether a stored output is released with its last user here, or by another agent.
enum class Keeping { kOwn, kBorrowed };

// Immutable but for what it caches; one thread at a time. When the last pointer to a stored output goes, its
// key goes to `Ledger::dropped`, unless it is borrowed.
class Output {
 public:
  // `ledger` outlives the output.
  static OutputPtr of(OutputRef ref, Ledger& ledger, Keeping keeping = Keeping::kOwn);
  static OutputPtr list(std::vector<OutputPtr> items, Ledger& ledger);

  Output(OutputRef ref, std::optional<std::vector<OutputPtr>> items, Ledger& ledger,
         Keeping keeping = Keeping::kOwn);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool isList() const { return items_.has_value(); }
  const OutputRef& ref() const { return ref_; }  // not of a list
  const std::vector<OutputPtr>& items() const { return *items_; }

  // Another agent releases what of it lies in the cluster's store.
  void lend() const;

  // Appends the keys that text() and value() need.
  void textKeys(std::vector<StoreKey>& keys) const;
  void valueKeys(std::vector<StoreKey>& keys) const;  // none once it is parsed

  // The JSON text; a list is joined once, where all of it is inline. Kind "StoreUnavailable" where a blob is
  // missing.
  base::Result<base::Payload> text(const Blobs& blobs) const;

  // The value, parsed once; lives as long as the output. Also kind "ExpressionFailed" where the text is not
  // JSON.
  base::Result<const cel::Value*> value(const Blobs& blobs) const;

 private:
  base::Result<base::Payload> stored(const Blobs& blobs) const;
  base::Result<cel::Value> parse(const Blobs& blobs) const;

  // What it found out when somebody looked.
  struct Seen {
    std::optional<cel::Value> value;
    std::optional<base::Payload> joined;
    Holding heldValue;
    Holding heldJoined;
  };
  Seen& seen() const;

  Ledger& ledger_;
  OutputRef ref_;
  std::optional<std::vector<OutputPtr>> items_;
  mutable Keeping keeping_;
  Holding held_;
  mutable std::unique_ptr<Seen> seen_;
};

OutputRef inlineRef(base::Payload payload);
// The text, counted in the ledger; 0 bytes where it is the text `null` that needs none.
Holding hold(Ledger& ledger, const base::Payload& payload);
// The value likewise; lists and maps that share their elements are counted once.
Holding hold(Ledger& ledger, const cel::Value& value);
base::Result<base::Payload> textOf(const OutputPtr& output, const Blobs& blobs);
base::Result<const cel::Value*> valueOf(const OutputPtr& output, const Blobs& blobs);
OutputRef::Store storeOf(const OutputPtr& output);

// As it travels: a list of inline parts is joined. And back; of what is stored, only that in `own` is
// released from here.
OutputValue toValue(const OutputPtr& output);
OutputPtr fromValue(const OutputValue& value, Ledger& ledger, std::optional<OutputRef::Store> own);

// Whether some of it lies in a node's store.
bool inNodeStore(const OutputValue& value);

}  // namespace faasbatch::engine
