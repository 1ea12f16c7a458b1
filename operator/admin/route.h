// What the admin API answers to what.
#pragma once

#include <string>

#include "operator/admin/question.h"
#include "operator/admin/view.h"

namespace faasbatch::admin {

// Pure. `secret` is what `Authorization: Bearer SECRET` must show, empty where anyone may ask; `view` is
// nullptr where this operator does not lead. GET of
//   /v1/workflows                  a line of each
//   /v1/workflows/NAMESPACE/NAME   its status
//   /v1/placement                  by node, what is placed there
//   /v1/nodes                      the agents
// Who does not show the secret gets 401, other methods 405, other paths 404; 503 without a view. All as
// problem details (RFC 9457) with the reason in `reason`.
Answer answer(const Question& question, const std::string& secret, const View* view);

}  // namespace faasbatch::admin
