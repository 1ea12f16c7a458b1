#include "operator/admin/question.h"

#include "lib/json/write.h"

namespace faasbatch::admin {

Answer problem(int status, std::string_view reason, std::string_view detail) {
  Answer answer{.status = status, .type = "application/problem+json"};
  json::Object object(answer.body);
  object.text("type", "about:blank")
      .text("title", reason)
      .number("status", status)
      .text("detail", detail)
      .text("reason", reason);
  object.end();
  answer.body += '\n';
  return answer;
}

}  // namespace faasbatch::admin
