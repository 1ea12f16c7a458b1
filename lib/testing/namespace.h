// `testing::Test` in a test of ours means GoogleTest's, although namespace faasbatch has a `testing` of its
// own.
#pragma once

namespace testing {}

namespace faasbatch::testing {
using namespace ::testing;  // NOLINT(google-build-using-namespace)
}  // namespace faasbatch::testing
