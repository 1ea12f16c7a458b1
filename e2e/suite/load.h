// Invocations that were accepted (202), and what became of them: none may be lost.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "e2e/suite/gateway.h"

namespace faasbatch::e2e {

// Accepts `count` invocations; throws where one is refused. Their records' paths.
std::vector<std::string> accept(Gateway& gateway, std::string_view nameSpace, std::string_view workflow,
                                std::string_view input, std::size_t count);

struct Fate {
  std::size_t succeeded = 0;
  std::vector<std::string> others;  // records of all that did not, or why there is none
};
// Waits until each has ended. A gateway that does not answer for a while is asked again.
Fate fateOf(Gateway& gateway, const std::vector<std::string>& records,
            base::Duration atMost = std::chrono::minutes(3));

}  // namespace faasbatch::e2e
