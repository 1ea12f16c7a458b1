#include "node-agent/gateway/receipt_header.h"

#include <cstdio>

namespace faasbatch::gateway {

std::string serverTiming(const calls::Receipt& receipt) {
  char text[320];
  const auto ms = [](base::Duration d) { return base::toMillis(d); };
  int length = std::snprintf(
      text, sizeof text,
      "total;dur=%.3f, engine;dur=%.3f, queue;dur=%.3f, window;dur=%.3f, cold;dur=%.3f, transport;dur=%.3f, "
      "exec;dur=%.3f, store;dur=%.3f",
      ms(receipt.total()), ms(receipt.engine), ms(receipt.queue), ms(receipt.window), ms(receipt.cold),
      ms(receipt.transport), ms(receipt.exec), ms(receipt.store));
  if (receipt.wait.count() != 0) {
    length += std::snprintf(text + length, sizeof text - static_cast<std::size_t>(length), ", wait;dur=%.3f",
                            ms(receipt.wait));
  }
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace faasbatch::gateway
