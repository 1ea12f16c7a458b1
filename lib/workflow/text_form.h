// What a text of a manifest may look like: as a check that says what is wrong, and as a regular expression
// for those that cannot call it (the schema of the CustomResourceDefinition).
#pragma once

#include <string>
#include <string_view>

namespace faasbatch::workflow {

// Both accept the same texts, whatever their length: text_form_test.cpp compares them. The pattern is written
// in what RE2 and ECMA 262 have in common and is empty where every text is right.
struct TextForm {
  std::string_view name;  // for messages of tests
  std::string_view pattern;
  std::string (*check)(std::string_view text);  // "" where it is right, else the message
};

extern const TextForm kAnyText;
extern const TextForm kStepNameForm;      // names.h: checkStepName
extern const TextForm kObjectNameForm;    // names.h: checkObjectName
extern const TextForm kConfigKeyForm;     // a key of a ConfigMap or Secret
extern const TextForm kErrorTypeForm;     // an identifier, or "*"
extern const TextForm kConstructorForm;   // identifiers joined by dots, two at least: "redis.Redis"
extern const TextForm kHttpUrlForm;       // begins with http:// or https://
extern const TextForm kSha256Form;        // 64 hex digits
extern const TextForm kVariableNameForm;  // of the environment: without "="
extern const TextForm kLabelKeyForm;      // a label's key: [DNS subdomain/]name
extern const TextForm kLabelValueForm;    // a label's value; may be empty
extern const TextForm kQuantityForm;      // Kubernetes' resource.Quantity, not negative: "500m", "1.5Gi"
extern const TextForm kDurationForm;      // duration.h: parseDuration, but for what does not fit 64 bits
extern const TextForm kExpressionForm;    // looks like one ${...}; whether it is one, template.h says
extern const TextForm kWaitForm;          // a duration or a kExpressionForm

}  // namespace faasbatch::workflow
