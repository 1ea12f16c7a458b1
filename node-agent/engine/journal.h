// What writing and reading the journal's form share.
#pragma once

#include <array>

#include "node-agent/engine/event.h"

namespace faasbatch::engine {

inline constexpr int kJournalVersion = 1;

// The order in which a receipt is written.
inline constexpr std::array kReceiptParts{
    &calls::Receipt::engine,    &calls::Receipt::queue, &calls::Receipt::window, &calls::Receipt::cold,
    &calls::Receipt::transport, &calls::Receipt::exec,  &calls::Receipt::store,  &calls::Receipt::wait};

}  // namespace faasbatch::engine
