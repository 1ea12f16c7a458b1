// contains, startsWith, endsWith and the string extensions.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "lib/cel/function.h"
#include "lib/cel/text_edit.h"
#include "lib/cel/text_search.h"
#include "lib/cel/utf8.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;

constexpr std::size_t kNone = std::string_view::npos;

bool chargeText(const Invocation& call, std::size_t bytes) { return call.budget.charge(textCost(bytes)); }

Evaluated exceeded(const Invocation& call) { return call.budget.exceeded(call.offset); }

std::unexpected<Failure> outOfRange(const Invocation& call, std::int64_t index) {
  return call.fail("index out of range: " + std::to_string(index));
}

// Byte offset of a code point given by its index, which may be the one behind the last.
std::expected<std::size_t, Failure> offsetAt(const Invocation& call, std::int64_t index) {
  const std::size_t offset =
      index < 0 ? kNone : offsetOfCodePoint(call.text(0), static_cast<std::uint64_t>(index));
  if (offset == kNone) return outOfRange(call, index);
  return offset;
}

Evaluated contains(const Invocation& call) {
  if (!chargeText(call, call.text(0).size() + call.text(1).size())) return exceeded(call);
  return Value::boolean(findText(call.text(0), call.text(1)) != kNone);
}

Evaluated startsWith(const Invocation& call) {
  if (!chargeText(call, call.text(1).size())) return exceeded(call);
  return Value::boolean(call.text(0).starts_with(call.text(1)));
}

Evaluated endsWith(const Invocation& call) {
  if (!chargeText(call, call.text(1).size())) return exceeded(call);
  return Value::boolean(call.text(0).ends_with(call.text(1)));
}

Evaluated charAt(const Invocation& call) {
  if (!chargeText(call, call.text(0).size())) return exceeded(call);
  const auto offset = offsetAt(call, call[1].asInt());
  if (!offset) return std::unexpected(offset.error());
  const std::string_view rest = std::string_view(call.text(0)).substr(*offset);
  return Value::string(std::string(rest.empty() ? rest : rest.substr(0, codePointBytes(rest))));
}

Evaluated indexOf(const Invocation& call) {
  const std::string& text = call.text(0);
  if (!chargeText(call, text.size() + call.text(1).size())) return exceeded(call);
  const std::int64_t first = call.arguments.size() > 2 ? call[2].asInt() : 0;
  const auto from = offsetAt(call, first);
  if (!from) return std::unexpected(from.error());
  const std::size_t found = findText(text, call.text(1), *from);
  if (found == kNone) return Value::integer(-1);
  const std::size_t between = countCodePoints(std::string_view(text).substr(*from, found - *from));
  return Value::integer(first + static_cast<std::int64_t>(between));
}

Evaluated lastIndexOf(const Invocation& call) {
  const std::string_view text = call.text(0);
  const std::string_view needle = call.text(1);
  if (!chargeText(call, 2 * (text.size() + needle.size()))) return exceeded(call);
  std::size_t end = text.size();  // of the place where the needle may stand
  if (call.arguments.size() > 2) {
    const auto last = offsetAt(call, call[2].asInt());
    if (!last) return std::unexpected(last.error());
    if (needle.empty()) return call[2];
    if (*last == text.size()) return Value::integer(-1);
    end = *last + std::min(needle.size(), text.size() - *last);
  }
  const std::size_t found = findLastText(text.substr(0, end), needle);
  if (found == kNone) return Value::integer(-1);
  return Value::integer(static_cast<std::int64_t>(countCodePoints(text.substr(0, found))));
}

Evaluated substring(const Invocation& call) {
  const std::string& text = call.text(0);
  if (!chargeText(call, 2 * text.size())) return exceeded(call);
  const std::int64_t first = call[1].asInt();
  const bool hasEnd = call.arguments.size() > 2;
  if (hasEnd && first > call[2].asInt())
    return call.fail("substring from " + std::to_string(first) + " to " + std::to_string(call[2].asInt()) +
                     ": the end is before the start");
  const auto begin = offsetAt(call, first);
  if (!begin) return std::unexpected(begin.error());
  const auto end = hasEnd ? offsetAt(call, call[2].asInt()) : text.size();
  if (!end) return std::unexpected(end.error());
  return Value::string(text.substr(*begin, *end - *begin));
}

Evaluated replace(const Invocation& call) {
  const std::int64_t limit = call.arguments.size() > 3 ? call[3].asInt() : kUnlimited;
  if (!chargeText(call, call.text(0).size() + call.text(1).size())) return exceeded(call);
  const std::size_t maxBytes = call.budget.left() * kTextBytesPerStep;
  Replaced replaced = replaceText(call.text(0), call.text(1), call.text(2), limit, maxBytes);
  if (!replaced.fits) {
    call.budget.charge(call.budget.left());
    return exceeded(call);
  }
  if (!chargeText(call, replaced.text.size())) return exceeded(call);
  return Value::string(std::move(replaced.text));
}

Evaluated split(const Invocation& call) {
  const std::int64_t limit = call.arguments.size() > 2 ? call[2].asInt() : kUnlimited;
  if (!chargeText(call, 2 * call.text(0).size() + call.text(1).size())) return exceeded(call);
  // Before they are made: no more parts than the budget allows, one more to see whether there are.
  const auto affordable =
      static_cast<std::int64_t>(std::min<std::uint64_t>(call.budget.left(), INT32_MAX)) + 1;
  const auto parts =
      splitText(call.text(0), call.text(1), limit < 0 ? affordable : std::min(limit, affordable));
  if (!call.budget.charge(parts.size())) return exceeded(call);
  std::vector<Value> items;
  items.reserve(parts.size());
  for (const std::string_view part : parts) items.push_back(Value::string(std::string(part)));
  return Value::list(std::move(items));
}

Evaluated join(const Invocation& call) {
  const std::string_view separator = call.arguments.size() > 1 ? call.text(1) : std::string_view();
  const auto& items = call[0].asList();
  std::string joined;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].kind() != Kind::kString)
      return call.fail("join() takes a list of strings; item " + std::to_string(i) + " is of type " +
                       std::string(items[i].kindName()));
    const std::string& item = items[i].asString();
    if (!call.budget.charge(1 + textCost(separator.size() + item.size()))) return exceeded(call);
    if (i > 0) joined += separator;
    joined += item;
  }
  return Value::string(std::move(joined));
}

template <std::string (*Edit)(std::string)>
Evaluated edited(const Invocation& call) {
  if (!chargeText(call, 2 * call.text(0).size())) return exceeded(call);
  return Value::string(Edit(call.text(0)));
}

template <std::string (*Edit)(std::string_view)>
Evaluated rewritten(const Invocation& call) {
  if (!chargeText(call, 2 * call.text(0).size())) return exceeded(call);
  return Value::string(Edit(call.text(0)));
}

std::string trimmed(std::string_view text) { return std::string(trimText(text)); }

std::vector<Overload> makeOverloads() {
  constexpr CallStyle kMember = CallStyle::kMember;
  constexpr Kind kString = Kind::kString;
  constexpr Kind kInt = Kind::kInt;
  return {
      {"contains", kMember, {kString, kString}, contains},
      {"startsWith", kMember, {kString, kString}, startsWith},
      {"endsWith", kMember, {kString, kString}, endsWith},
      {"charAt", kMember, {kString, kInt}, charAt},
      {"indexOf", kMember, {kString, kString}, indexOf},
      {"indexOf", kMember, {kString, kString, kInt}, indexOf},
      {"lastIndexOf", kMember, {kString, kString}, lastIndexOf},
      {"lastIndexOf", kMember, {kString, kString, kInt}, lastIndexOf},
      {"substring", kMember, {kString, kInt}, substring},
      {"substring", kMember, {kString, kInt, kInt}, substring},
      {"replace", kMember, {kString, kString, kString}, replace},
      {"replace", kMember, {kString, kString, kString, kInt}, replace},
      {"split", kMember, {kString, kString}, split},
      {"split", kMember, {kString, kString, kInt}, split},
      {"join", kMember, {Kind::kList}, join},
      {"join", kMember, {Kind::kList, kString}, join},
      {"lowerAscii", kMember, {kString}, edited<lowerAsciiText>},
      {"upperAscii", kMember, {kString}, edited<upperAsciiText>},
      {"trim", kMember, {kString}, rewritten<trimmed>},
      {"reverse", kMember, {kString}, rewritten<reverseText>},
      {"strings.quote", CallStyle::kGlobal, {kString}, rewritten<quoteText>},
  };
}

}  // namespace

std::span<const Overload> stringFunctions() {
  static const std::vector<Overload> overloads = makeOverloads();
  return overloads;
}

}  // namespace faasbatch::cel
