#pragma once

#include <string_view>

namespace faasbatch::workflow::faasflow {

// The text of the Python module `synthetic` (standard library only), whose `handler` stands in for a measured
// function: it reads its declared inputs, sleeps its run time and writes outputs of the declared sizes. Its
// event:
//
//   {"seconds": 0.5,
//    "inputs": {NAME: {"value": ANY, "size": BYTES, "drop": true}},
//    "outputs": {NAME: {"size": BYTES, "stored": true, "drop": true} or {"keys": N}}}
//
// An input's value is a text of `size` bytes, or {"stored": KEY, "pieces": N, "size": BYTES} for one that
// lies in context.store, or a list of either (what all calls of a foreach put out), or null (left out by the
// caller, or of a function that was skipped), or anything else that the caller gave. `drop`: nobody reads it
// after this.
std::string_view syntheticSource();

}  // namespace faasbatch::workflow::faasflow
