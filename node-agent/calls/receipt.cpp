#include "node-agent/calls/receipt.h"

namespace faasbatch::calls {

Receipt& Receipt::operator+=(const Receipt& other) {
  engine += other.engine;
  queue += other.queue;
  window += other.window;
  cold += other.cold;
  transport += other.transport;
  exec += other.exec;
  store += other.store;
  wait += other.wait;
  return *this;
}

}  // namespace faasbatch::calls
