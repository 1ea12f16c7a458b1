// faasbatch-unpack DIRECTORY: unpacks an archive that comes as a Load frame on descriptor 3 (its payload is
// the zip in base64) and answers Loaded: docs/worker-protocol.md. A process of its own, as it reads what
// anybody may have made.
#include <absl/strings/escaping.h>

#include <cstdio>
#include <string>
#include <utility>

#include "runtime/archive/unpack.h"
#include "runtime/protocol/heads.h"
#include "runtime/protocol/receive.h"
#include "runtime/protocol/send.h"

namespace {

using namespace faasbatch;

base::Result<void> unpackFrame(const protocol::InFrame& frame, const std::string& directory) {
  std::string zip;
  {
    const auto text = frame.payload();
    if (!text) return std::unexpected(text.error());
    if (!absl::Base64Unescape(*text, &zip)) return base::fail("LoadFailed", "the archive is not base64");
  }
  return archive::unpack(zip, directory);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: faasbatch-unpack DIRECTORY (with a worker's socket as descriptor 3)\n", stderr);
    return 2;
  }
  protocol::FrameReceiver receiver(1);
  base::Result<void> result = base::fail("LoadFailed", "no archive came");
  receiver.receive(protocol::kWorkerFd,
                   [&](const protocol::InFrame& frame) { result = unpackFrame(frame, argv[1]); });
  std::string head = "{}";
  if (!result) head = protocol::encodeErrorHead({result.error().kind, result.error().message, "", false});
  const bool sent = protocol::sendFrame(protocol::kWorkerFd,
                                        {protocol::FrameType::kLoaded, 0, std::move(head), {}, nullptr, {}});
  return result && sent ? 0 : 1;
}
