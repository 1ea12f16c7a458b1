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

namespace faasbatch::engine {

// What the outputs of one run hold on to. Outlives every Output that was made with it.
struct Ledger {
  std::size_t bytes = 0;              // of inline texts and of values parsed from outputs, an estimate
  std::uint32_t stored = 0;           // outputs that lie in a store
  std::vector<std::string> dropped;   // keys of stored outputs whose last user has gone, to be released
  std::vector<std::string> released;  // keys for which Release was given
};

class Output;
using OutputPtr = std::shared_ptr<const Output>;  // null pointer: JSON null

// Immutable but for what it caches; one thread at a time. When the last pointer to a stored output goes, its
// key goes to `Ledger::dropped`.
class Output {
 public:
  // `ledger` outlives the output.
  static OutputPtr of(OutputRef ref, Ledger& ledger);
  static OutputPtr list(std::vector<OutputPtr> items, Ledger& ledger);

  Output(OutputRef ref, std::optional<std::vector<OutputPtr>> items, Ledger& ledger);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool isList() const { return items_.has_value(); }
  const OutputRef& ref() const { return ref_; }  // not of a list

  // Appends the keys that text() and value() need.
  void textKeys(std::vector<std::string>& keys) const;
  void valueKeys(std::vector<std::string>& keys) const;  // none once it is parsed

  // The JSON text; a list is joined once, where all of it is inline. Kind "StoreUnavailable" where a blob is
  // missing.
  base::Result<base::Payload> text(const Blobs& blobs) const;

  // The value, parsed once; lives as long as the output. Also kind "ExpressionFailed" where the text is not
  // JSON.
  base::Result<const cel::Value*> value(const Blobs& blobs) const;

 private:
  base::Result<base::Payload> stored(const Blobs& blobs) const;
  base::Result<cel::Value> parse(const Blobs& blobs) const;

  Ledger& ledger_;
  OutputRef ref_;
  std::optional<std::vector<OutputPtr>> items_;
  mutable std::unique_ptr<const cel::Value> value_;
  mutable std::optional<base::Payload> joined_;
  mutable std::size_t bytes_ = 0;  // this output's part of Ledger::bytes
};

OutputRef inlineRef(base::Payload payload);
base::Result<base::Payload> textOf(const OutputPtr& output, const Blobs& blobs);
base::Result<const cel::Value*> valueOf(const OutputPtr& output, const Blobs& blobs);
OutputRef::Store storeOf(const OutputPtr& output);

}  // namespace faasbatch::engine
